import assert from "node:assert/strict";
import test from "node:test";
import { around, spot } from "../src/decisions.ts";
import type { Note } from "../src/model.ts";
import { music } from "./music.ts";

const group = (track: number | null, conflicts: number[]) => ({ address: "", words: "", track, conflicts });
const at = (track: number, pitch: number, x: number, have: number): Note => [track, 0, pitch, x, 24, 80, have];

test("a decision's frame holds every version of its notes, and no other track's", () => {
  const piece = music([at(0, 60, 96, 0b0001), at(0, 62, 96, 0b1010), at(0, 72, 120, 0b0100), at(1, 20, 96, 0b0010), at(0, 30, 480, 0b0010)], { marks: [[0, 96, 60], [1, 120, 65], [2, 480, null]] });
  assert.deepEqual(spot(piece, group(0, [0, 1])), { from: 96, to: 144, low: 60, high: 72, whole: false });
  assert.equal(spot(piece, group(null, [2]))!.whole, true);
  assert.equal(spot(piece, group(null, [7])), null);
});

test("what is gone to holds every version of what its track has in these bars", () => {
  const piece = music([at(0, 60, 96, 0b0001), at(0, 84, 144, 0b1010), at(0, 36, 120, 0b0100), at(1, 20, 96, 0b0010), at(0, 30, 480, 0b0010), at(0, 10, 100, 0b1111)], { marks: [[0, 96, 60]] });
  const found = spot(piece, group(0, [0]))!;
  assert.deepEqual([found.low, found.high], [60, 60], "the frame is the conflict's own");
  assert.deepEqual(around(piece, found, 0), { ...found, from: 96, to: 168, low: 36, high: 84 });
});
