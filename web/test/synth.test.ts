import assert from "node:assert/strict";
import test from "node:test";
import { sounding } from "../src/synth.ts";
import { music } from "./music.ts";

test("program, volume, expression, pan, bend and sustain count, per channel and version", () => {
  const piece = music([[0, 0, 60, 0, 24, 127, 15], [0, 0, 62, 48, 24, 127, 15], [0, 1, 64, 48, 24, 127, 2]], {
    controls: { 1: [[0, 0xc0, 40, 0], [0, 0xb0, 7, 127], [12, 0xb0, 11, 64], [30, 0xb0, 10, 127], [40, 0xe0, 0, 96], [60, 0xb0, 64, 127], [90, 0xb0, 64, 0]] },
  });
  const [first, second, other] = sounding(piece, 1, 0, Infinity, () => true);
  assert.deepEqual([first!.program, first!.gain, first!.pan], [40, 1, 0]);
  assert.ok(Math.abs(second!.gain - 64 / 127) < 1e-9 && Math.abs(second!.pan - 63 / 64) < 1e-9);
  assert.deepEqual(second!.bend.map(([, value]) => value), [4096]);
  assert.equal(second!.to, 90 / 48, "sustain holds the note until the pedal is lifted");
  assert.deepEqual([other!.program, other!.gain.toFixed(3), other!.to], [0, (100 / 127).toFixed(3), 72 / 48]);
  assert.deepEqual(sounding(piece, 0, 0, Infinity, () => true).map((each) => each.program), [0, 0]);
});

test("only what is asked for is heard", () => {
  const piece = music([[0, 0, 60, 0, 24, 80, 15], [1, 9, 38, 24, 24, 80, 15], [0, 0, 60, 96, 24, 80, 15]]);
  assert.equal(sounding(piece, 0, 0, 96, (track) => track === 0).length, 1);
});
