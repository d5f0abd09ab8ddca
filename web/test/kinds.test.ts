import assert from "node:assert/strict";
import test from "node:test";
import { kindOf, phrases, whoseIs } from "../src/kinds.ts";
import type { Note } from "../src/model.ts";
import { music } from "./music.ts";

test("every note is drawn as what became of it", () => {
  assert.deepEqual([0, 1, 2, 3].map((side) => kindOf(0b1111, side, 4)), ["same", "same", "same", "same"]);
  assert.deepEqual([0, 1, 2, 3].map((side) => kindOf(0b1010, side, 4)), [null, "ours", null, "ours"]);
  assert.deepEqual([0, 1, 2, 3].map((side) => kindOf(0b1100, side, 4)), [null, null, "theirs", "theirs"]);
  assert.deepEqual([0, 1, 2, 3].map((side) => kindOf(0b0101, side, 4)), ["goes", "gone", "same", "gone"]);
  assert.equal(kindOf(0b0010, 3, 4), "lost");
  assert.equal(kindOf(0b1000, 3, 4), "made");
  assert.equal(kindOf(0b1110, 3, 4), "both");
  assert.deepEqual([kindOf(1, 0, 2), kindOf(1, 1, 2), kindOf(2, 0, 2), kindOf(2, 1, 2)], ["goes", "gone", null, "new"]);
});

const at = (track: number, pitch: number, x: number, have: number): Note => [track, track ? 9 : 0, pitch, x, 24, 80, have];

test("neighbouring changes of one track are one phrase, apart where a bar and more is quiet", () => {
  const found = phrases(music([at(0, 60, 0, 0b1010), at(0, 62, 24, 0b1010), at(0, 64, 120, 0b1010), at(0, 64, 480, 0b1100), at(1, 38, 0, 0b1100), at(0, 50, 0, 15)]));
  assert.deepEqual(found.map((phrase) => [phrase.track, phrase.notes.length]), [[0, 3], [1, 1], [0, 1]]);
  assert.equal(found[0]!.words, "Melody, bars 1-2: ours added 3 notes");
  assert.equal(found[2]!.words, "Melody, bar 6: theirs added 1 note");
});

test("two versions: new, removed, changed, transposed", () => {
  const two = (notes: Note[]) => phrases(music(notes, { sides: ["before", "after"] })).map((phrase) => phrase.words);
  assert.deepEqual(two([at(0, 60, 0, 2)]), ["Melody, bar 1: 1 note new"]);
  assert.deepEqual(two([at(0, 60, 0, 1), at(0, 62, 24, 1)]), ["Melody, bar 1: 2 notes removed"]);
  assert.deepEqual(two([at(0, 60, 0, 1), at(0, 72, 0, 2), at(0, 62, 24, 1), at(0, 74, 24, 2)]), ["Melody, bar 1: 2 notes transposed +12"]);
  assert.deepEqual(two([at(0, 60, 0, 1), at(0, 60, 6, 2)]), ["Melody, bar 1: 1 note changed"]);
});

test("a note that hangs for a hundred bars does not swallow what comes after it", () => {
  const hanging: Note = [0, 0, 60, 0, 9600, 80, 2];
  const found = phrases(music([hanging, at(0, 64, 4800, 2)], { sides: ["before", "after"] }));
  assert.equal(found.length, 2);
});

test("five changes are five, however far apart and in whichever track", () => {
  const all = Array.from({ length: 60 }, (_, bar): Note => [bar % 2, 0, 60, bar * 96, 24, 80, 3]);
  for (const bar of [3, 14, 25, 36, 47]) { all[bar]![6] = 1; all.push([bar % 2, 0, 72, bar * 96, 24, 80, 2]); }
  const found = phrases(music(all, { sides: ["before", "after"] }));
  assert.deepEqual(found.map((phrase) => phrase.words.replace(/^\w+, /, "")), [4, 15, 26, 37, 48].map((bar) => `bar ${bar}: 1 note transposed +12`));
});

test("whose a note is does not depend on what is looked at", () => {
  assert.deepEqual([0b1111, 0b1010, 0b0101, 0b1110, 0b0001, 0b1000, 0b1100].map((have) => whoseIs(have, 4)), ["unchanged", "ours", "ours", "both", "both", "merge", "theirs"]);
  assert.deepEqual([3, 1, 2].map((have) => whoseIs(have, 2)), ["unchanged", "before", "after"]);
});

test("a merge says how each side moved its notes, also where an octave falls on a note that was there", () => {
  const moved = (shift: number, bit: number): Note[] => [at(0, 60 + shift, 0, bit), at(0, 64 + shift, 24, bit)];
  const found = phrases(music([...moved(0, 0b0001), ...moved(-12, 0b1010), ...moved(7, 0b0100)]));
  assert.deepEqual(found.map((phrase) => phrase.words), ["Melody, bar 1: ours transposed -12, theirs transposed +7"]);
  const octaves = phrases(music([at(0, 72, 0, 0b0101), at(0, 60, 0, 0b1111), at(0, 48, 0, 0b1010)]));
  assert.deepEqual(octaves.map((phrase) => phrase.words), ["Melody, bar 1: ours transposed -12"]);
});

test("tempo, signs and controllers are changes too, in the order of time", () => {
  const piece = music([at(0, 60, 480, 0b1100)], {
    tempo: { 0: [[0, 500_000], [0, 600_000]], 1: [[0, 500_000], [0, 500_000]], 2: [[0, 500_000], [0, 600_000]], 3: [[0, 500_000], [0, 500_000]] },
    signs: [[0, "♩=100", 0b0101], [0, "4/4", 0b1111], [96, "B♭ major", 0b1010]],
    lanes: [{ name: "volume, channel 1", track: 0, low: 0, high: 127, points: { 0: [[0, 90]], 1: [[0, 90]], 2: [[0, 90], [192, 40], [300, 50]], 3: [[0, 90], [192, 40], [300, 50]] } },
      { name: "pan, channel 1", track: 0, low: 0, high: 127, points: { 0: [[0, 64]], 1: [[0, 64]], 2: [[0, 64]], 3: [[0, 64]] } }],
  });
  assert.deepEqual(phrases(piece).map((phrase) => phrase.words), [
    "Tempo, bar 1: ours 100 → 120", "bar 2: B♭ major (ours, result)", "Melody, volume, channel 1, bars 3-4: added by theirs", "Melody, bar 6: theirs added 1 note",
  ]);
});

test("bars put in or cut are one change with their notes, and what stands behind them is none", () => {
  const piece = music([at(0, 60, 0, 15), at(0, 62, 96, 0b1010), at(1, 38, 120, 0b1010), at(0, 64, 192, 15), at(0, 65, 288, 0b0011), at(0, 66, 312, 0b0110), at(0, 67, 384, 15)],
    { gaps: { 0: [[96, 192]], 2: [[96, 192], [288, 384]], 3: [[288, 384]] } });
  assert.deepEqual(phrases(piece).map((phrase) => [phrase.words, phrase.track]), [
    ["bar 2 inserted by ours (2 notes)", -1], ["bar 4 cut by theirs (1 note)", -1], ["Melody, bar 4: ours added 1 note, theirs added 1 note", 0],
  ]);
  const two = music([at(0, 60, 0, 3), at(0, 62, 96, 2)], { sides: ["before", "after"], gaps: { 0: [[96, 192]] } });
  assert.deepEqual(phrases(two).map((phrase) => phrase.words), ["bar 2 inserted (1 note)"]);
});

test("both what came and what went is said of a side", () => {
  const found = phrases(music([at(0, 60, 0, 0b0101), at(0, 61, 24, 0b0101), at(0, 70, 0, 0b1010), at(0, 72, 30, 0b1010), at(0, 74, 60, 0b1010), at(0, 40, 0, 0b1011)]));
  assert.deepEqual(found.map((phrase) => phrase.words), ["Melody, bar 1: ours added 3 notes and removed 2, theirs removed 1 note"]);
});
