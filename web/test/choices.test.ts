import assert from "node:assert/strict";
import test from "node:test";
import { Choices, groups } from "../src/choices.ts";
import { drumName, noteName, pitchName } from "../src/words.ts";

const conflict = (address: string) => ({ address, kind: "", base: "", ours: "", theirs: "", hint: "" });

test("choices are made, made together, and taken back together", () => {
  const choices = new Choices(["a", "b", "c"].map(conflict));
  let told = 0;
  choices.listen(() => told++);
  choices.choose([0], "ours");
  choices.choose([0, 1, 2], "theirs");
  assert.deepEqual(choices.picks(), { a: "theirs", b: "theirs", c: "theirs" });
  assert.ok(choices.undo());
  assert.deepEqual([choices.picks(), choices.left], [{ a: "ours" }, 2]);
  assert.ok(choices.undo());
  assert.ok(!choices.undo());
  assert.deepEqual([choices.picks(), told], [{}, 4]);
});

test("conflicts of one track in a row are one passage", () => {
  const found = groups(["track:1/a", "track:1/b", "track:2/a", "lib.py::f", "lib.py::f", "track:1/c"].map(conflict));
  assert.deepEqual(found, [[0, 1], [2], [3], [4], [5]]);
});

test("names", () => {
  assert.deepEqual([pitchName(60), pitchName(61), pitchName(61, true), pitchName(0)], ["C4", "C♯4", "D♭4", "C-1"]);
  assert.deepEqual([drumName(36), drumName(38), drumName(42), drumName(20)], ["kick", "snare", "closed hi-hat", "drum 20"]);
  assert.equal(noteName(9, 49), "crash");
});
