import assert from "node:assert/strict";
import test from "node:test";
import { Choices } from "../src/choices.ts";
import { drumName, noteName, pitchName } from "../src/words.ts";

const conflict = (address: string) => ({ address, kind: "", base: "", ours: "", theirs: "", hint: "", both: false, texts: null, offers: [] });
const group = (conflicts: number[]) => ({ address: "", words: "", track: null, conflicts });

test("choices are made, made together, and taken back together", () => {
  const choices = new Choices(["a", "b", "c"].map(conflict), [group([0, 1]), group([2])]);
  let told = 0;
  choices.listen(() => told++);
  choices.choose([0], "ours");
  choices.choose([0, 1, 2], "theirs");
  assert.deepEqual(choices.picks(), { a: "theirs", b: "theirs", c: "theirs" });
  assert.equal(choices.undo(), 0, "where the choice was, to go back to");
  assert.deepEqual([choices.picks(), choices.left], [{ a: "ours" }, 2]);
  assert.equal(choices.undo(), 0);
  assert.equal(choices.undo(), -1);
  assert.deepEqual([choices.picks(), told], [{}, 4]);
});

test("a decision is settled when all of its conflicts are, and the next open one comes round", () => {
  const choices = new Choices(["a", "b", "c", "d"].map(conflict), [group([0, 1]), group([2]), group([3])]);
  choices.choose([0], "ours");
  assert.deepEqual([choices.settled(0), choices.ofGroup(0), choices.open, choices.next(2)], [false, undefined, 3, 0]);
  choices.choose([1], "theirs");
  assert.deepEqual([choices.settled(0), choices.ofGroup(0), choices.open], [true, undefined, 2], "settled, though not alike");
  choices.choose([0, 1], "base");
  assert.deepEqual([choices.ofGroup(0), choices.next(0), choices.next(2)], ["base", 1, 1]);
  choices.choose([2, 3], "both");
  assert.deepEqual([choices.open, choices.next(0)], [0, -1]);
});

test("names", () => {
  assert.deepEqual([pitchName(60), pitchName(61), pitchName(61, true), pitchName(0)], ["C4", "C♯4", "D♭4", "C-1"]);
  assert.deepEqual([drumName(36), drumName(38), drumName(42), drumName(20)], ["kick", "snare", "closed hi-hat", "drum 20"]);
  assert.equal(noteName(9, 49), "crash");
});
