import assert from "node:assert/strict";
import test from "node:test";
import { sounding } from "../src/synth.ts";
import { music } from "./music.ts";

test("program, volume, expression, pan, bend and sustain count, per channel and version", () => {
  const piece = music([[0, 0, 60, 0, 24, 127, 15], [0, 0, 62, 48, 24, 127, 15], [0, 1, 64, 48, 24, 127, 2]], {
    controls: { 1: [[0, 0xc0, 40, 0], [0, 0xb0, 7, 127], [12, 0xb0, 11, 64], [30, 0xb0, 10, 127], [40, 0xe0, 0, 96], [60, 0xb0, 64, 127], [90, 0xb0, 64, 0]] },
  });
  const [first, second, other] = sounding(piece, 1, 0, Infinity, () => true);
  assert.deepEqual([first!.program, first!.levels, first!.pans], [40, [[0, 1], [12 / 48, 64 / 127]], [[0, 0]]], "expression changes while it sounds");
  assert.deepEqual([second!.levels, second!.pans], [[[1, 64 / 127]], [[1, 63 / 64]]]);
  assert.deepEqual(second!.bend.map(([, value]) => value), [4096]);
  assert.equal(second!.to, 90 / 48, "sustain holds the note until the pedal is lifted");
  assert.deepEqual([other!.program, other!.levels[0]![1].toFixed(3), other!.to], [0, (100 / 127).toFixed(3), 72 / 48]);
  assert.deepEqual(sounding(piece, 0, 0, Infinity, () => true).map((each) => each.program), [0, 0]);
});

test("only what is asked for is heard", () => {
  const piece = music([[0, 0, 60, 0, 24, 80, 15], [1, 9, 38, 24, 24, 80, 15], [0, 0, 60, 96, 24, 80, 15]]);
  assert.equal(sounding(piece, 0, 0, 96, ([track]) => track === 0).length, 1);
});

test("what began before and still sounds is there, from its middle", () => {
  const piece = music([[0, 0, 60, 0, 96, 80, 15], [0, 0, 62, 0, 24, 80, 15], [0, 0, 64, 72, 24, 80, 15]]);
  assert.deepEqual(sounding(piece, 1, 48, 96, () => true).map((each) => each.note[2]), [60, 64]);
});

test("a closed hi-hat ends an open one; a drum bank makes another channel drums", () => {
  const piece = music([[1, 9, 46, 0, 24, 80, 15], [1, 9, 42, 48, 24, 80, 15], [1, 9, 46, 96, 24, 80, 15], [0, 3, 38, 0, 24, 80, 15]], { controls: { 1: [[0, 0xb3, 0, 127]] } });
  const heard = sounding(piece, 1, 0, Infinity, () => true);
  assert.deepEqual(heard.filter((each) => each.note[2] === 46).map((each) => each.choke), [1, null]);
  assert.ok(heard.every((each) => each.drums));
});

test("at half the speed everything takes twice as long, and the pitch stays", () => {
  const piece = music([[0, 0, 60, 24, 24, 80, 15]], { controls: { 0: [[0, 0xe0, 0, 64], [36, 0xe0, 0, 96]] } });
  const [as, slow] = [1, 0.5].map((speed) => sounding(piece, 0, 0, Infinity, () => true, speed)[0]!);
  assert.deepEqual([as!.from, as!.to, slow!.from, slow!.to], [0.5, 1, 1, 2]);
  assert.deepEqual(slow!.bend, [[1, 0], [1.5, 4096]]);
  assert.equal(slow!.note, as!.note);
});
