import assert from "node:assert/strict";
import test from "node:test";
import { barEnd, bars, indexAt, positionAt, seconds, where } from "../src/time.ts";
import { music } from "./music.ts";

const piece = music([[0, 0, 60, 0, 960, 80, 15]], { tempo: { 0: [[0, 500_000], [96, 1_000_000], [192, 250_000]] } });

test("seconds follow the tempo map and positionAt is its inverse", () => {
  assert.equal(seconds(piece, 0, 96), 2);
  assert.equal(seconds(piece, 0, 192), 6);
  assert.equal(seconds(piece, 0, 240), 6.5);
  for (const x of [0, 1, 50, 96, 97, 150, 192, 193, 900]) assert.ok(Math.abs(positionAt(piece, 0, seconds(piece, 0, x)) - x) < 1e-9, String(x));
});

test("a version without a tempo plays 120 to the minute", () => assert.equal(seconds(piece, 3, 48), 1));

test("a tempo of nothing stops time and does not loop", () => {
  const stopped = music([], { tempo: { 0: [[0, 0]] } });
  assert.equal(seconds(stopped, 0, 500), 0);
  assert.equal(positionAt(stopped, 0, 3), 0);
});

test("places are named as the score counts them", () => {
  assert.equal(where(piece, 0), "bar 1 beat 1");
  assert.equal(where(piece, 96 + 49), "bar 2 beat 3");
  assert.equal(bars(piece, 96, 192), "bar 2");
  assert.equal(bars(piece, 96, 193), "bars 2-3");
  assert.equal(barEnd(piece, 100), 192);
});

test("6/8 counts eighths", () => {
  const six = music([[0, 0, 60, 0, 144, 80, 15]], { bars: [[0, 1, 12], [72, 2, 12]] });
  assert.equal(where(six, 72 + 25), "bar 2 beat 3");
});

test("indexAt finds the last that is not after", () => {
  const rows: [number][] = [[0], [10], [10], [20]];
  assert.deepEqual([-5, 0, 9, 10, 19, 20, 99].map((x) => indexAt(rows, x)), [0, 0, 0, 2, 2, 3, 3]);
});

test("bars that a version lacks take it no time, and no place in them is reached", () => {
  const gapped = music([[0, 0, 60, 0, 960, 80, 15]], { tempo: { 1: [[0, 500_000], [120, 1_000_000], [288, 250_000]] }, gaps: { 1: [[96, 192], [192, 288]] } });
  assert.deepEqual([96, 150, 192, 288, 312].map((x) => seconds(gapped, 1, x)), [2, 2, 2, 2, 2.25]);
  assert.equal(positionAt(gapped, 1, 1.9), 91.2);
  assert.equal(positionAt(gapped, 1, 2.25), 312);
  assert.equal(seconds(gapped, 0, 288), 6, "the others play on");
});
