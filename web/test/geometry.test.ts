import assert from "node:assert/strict";
import test from "node:test";
import { Line, NoteIndex, barStep, fit, fitRows, pitchSpan } from "../src/geometry.ts";
import type { Note } from "../src/model.ts";

test("the index finds each note in sight once, as looking at all of them does", () => {
  let seed = 7;
  const random = (below: number) => { seed = (seed * 16807) % 2147483647; return seed % below; };
  const notes = Array.from({ length: 3000 }, (): Note => [0, 0, random(128), random(20_000), 1 + random(random(20) ? 200 : 9000), 80, 1]);
  const index = new NoteIndex(notes);
  for (let round = 0; round < 200; round++) {
    const from = random(21_000), to = from + random(2000);
    const found = [...index.between(from, to)], wanted = notes.filter((note) => note[3] <= to && note[3] + note[4] >= from);
    assert.equal(found.length, new Set(found).size);
    assert.deepEqual(new Set(found), new Set(wanted));
  }
});

test("pitches have room and rows stay readable", () => {
  assert.deepEqual(pitchSpan([[0, 0, 60, 0, 1, 1, 1]]), { low: 48, high: 72 });
  assert.deepEqual(pitchSpan([[0, 0, 0, 0, 1, 1, 1], [0, 0, 127, 0, 1, 1, 1]]), { low: 0, high: 127 });
  const all = { low: 0, high: 127 };
  for (const [low, high] of [[60, 60], [36, 84], [0, 3], [120, 127], [0, 127]] as const) {
    const { row, top } = fitRows(all, low, high, 420);
    assert.ok(row >= (high - low === 48 ? 8 : 9) && row <= 16 && top >= 0 && top + 420 <= 128 * row, "rows can be read, and the picture is full");
    if (high - low < 60) assert.ok((127 - high) * row >= top && (128 - low) * row <= top + 420, "all of it is in sight");
  }
});

test("bar numbers never overprint", () => {
  const bars = Array.from({ length: 300 }, (_, at): [number, number, number] => [at * 96, at + 1, 24]);
  for (const zoom of [0.02, 0.1, 0.5, 1, 4]) assert.ok(barStep(bars, zoom, 34) * 96 * zoom >= 34 || barStep(bars, zoom, 34) === 512);
});

test("fit centres what it shows", () => {
  const { zoom, left } = fit(960, 1056, 1000);
  assert.ok(960 * zoom - left > 0 && 1056 * zoom - left < 1000);
});

test("what is written on a line never overprints", () => {
  const line = new Line();
  assert.deepEqual([line.place(0, 40), line.place(30, 50), line.place(40, 60), line.place(-5, 1), line.place(60, 70)], [true, false, true, false, true]);
});
