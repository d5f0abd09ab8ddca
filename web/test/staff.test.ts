import assert from "node:assert/strict";
import test from "node:test";
import type { Note } from "../src/model.ts";
import { abcOf, keyAt, spelled } from "../src/staff.ts";
import { music } from "./music.ts";

const at = (pitch: number, x: number, width: number, have = 15, track = 0): Note => [track, track ? 9 : 0, pitch, x, width, 80, have];
const body = (abc: string) => abc.split("\n").filter((line) => !/^([XMLK]:|%%|V:)/.test(line)).join("\n").trim();

/** What is written in each bar of each voice, in sixteenths; triplets count two thirds. Knows ABC, not how it was made. */
function lengths(abc: string): number[][] {
  return body(abc).split("\n").flatMap((staff) => staff.replace("|]", "").split("|").map((bar) => bar.split("&").map((voice) => {
    let total = 0, left = 0;
    for (const [, tuplet, size] of voice.matchAll(/\(3:2:(\d)|(?:z|\[[^\]]+\]|[_^=]*[A-Ga-g][,']*)(\d+)-?/g)) {
      if (tuplet) { left = Number(tuplet); continue; }
      total += Number(size) * (left > 0 ? 2 / 3 : 1);
      left--;
    }
    return Math.round(total * 1000) / 1000;
  })));
}

test("a melody is written as a musician writes it", () => {
  const piece = music([at(67, 0, 24), at(69, 24, 12), at(71, 36, 12), at(66, 48, 48), at(62, 96, 96), at(74, 108, 12)], { signs: [[0, "G major", 15]] });
  const staff = abcOf(piece, 1, 0, 0, 192)!;
  assert.match(staff.abc, /M:4\/4\nL:1\/16\nK:G\nV:1 clef=treble\n/);
  assert.equal(body(staff.abc), "G4 A2B2 F8 | D16 & z2d2 z12 |]");
  assert.equal(staff.notes, 6);
});

test("a syncopation is tied where a bar or a beat is crossed, and rests fill the rest", () => {
  assert.equal(body(abcOf(music([at(60, 84, 24)]), 1, 0, 0, 190)!.abc), "z12 z2C2- | C2z2 z12 |]");
  assert.equal(body(abcOf(music([at(60, 12, 24)]), 1, 0, 0, 90)!.abc), "z2C4z2 z8 |]");
});

test("notes that fall on thirds of a beat are a triplet", () => {
  assert.equal(body(abcOf(music([at(60, 0, 8), at(62, 8, 8), at(64, 16, 8), at(65, 24, 16), at(67, 40, 8)]), 1, 0, 0, 90)!.abc), "(3:2:3C2D2E2 (3:2:2F4G2 z8 |]");
});

test("accidentals hold for a bar and follow the key", () => {
  const flat = { signs: [[0, "G minor", 15]] as [number, string, number][] };
  assert.equal(body(abcOf(music([at(66, 0, 24), at(66, 24, 24), at(65, 48, 24), at(70, 72, 24), at(66, 96, 96)], flat), 1, 0, 0, 190)!.abc), "^F4 F4 =F4 B4 | ^F16 |]");
  assert.deepEqual(keyAt(music([], flat), 1, 5), { fifths: -2, minor: true, text: "Gm" });
  const c = { fifths: 0, minor: false, text: "C" };
  assert.deepEqual([61, 63, 66, 68, 70, 60].map((pitch) => spelled(pitch, c).slice(0, 2)), [["C", 1], ["E", -1], ["F", 1], ["A", -1], ["B", -1], ["C", 0]]);
  assert.deepEqual(spelled(59, { fifths: -7, minor: false, text: "Cb" }), ["C", -1, 4]);
  assert.deepEqual(spelled(60, { fifths: 7, minor: false, text: "C#" }), ["B", 1, 3]);
});

test("every spelling sounds as the pitch it spells", () => {
  const half: Record<string, number> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
  for (let fifths = -7; fifths <= 7; fifths++) for (const minor of [true, false]) for (let pitch = 0; pitch < 128; pitch++) {
    const [letter, altered, octave] = spelled(pitch, { fifths, minor, text: "" });
    assert.equal(half[letter]! + altered + 12 * (octave + 1), pitch);
    assert.ok(Math.abs(altered) <= 2);
  }
});

test("bars are as long as their metre says, whatever is played", () => {
  let seed = 11;
  const random = (below: number) => { seed = (seed * 16807) % 2147483647; return seed % below; };
  for (let round = 0; round < 150; round++) {
    const notes = Array.from({ length: 1 + random(40) }, () => at(30 + random(60), random(384) + (random(2) ? 0 : random(100) / 100), 1 + random(random(3) ? 30 : 200), 15, round % 3 === 0 ? 1 : 0));
    const metre = round % 2 ? 24 : 12;
    const bars = Array.from({ length: 9 }, (_, number): [number, number, number] => [number * metre * (metre === 24 ? 4 : 6), number + 1, metre]);
    const piece = music(notes, { bars });
    const staff = abcOf(piece, 1, round % 3 === 0 ? 1 : 0, 0, 280)!;
    for (const voices of lengths(staff.abc)) for (const length of voices) assert.equal(length, metre === 24 ? 16 : 12, staff.abc);
    assert.ok(lengths(staff.abc).length >= 3);
  }
});

test("what changed is marked, alike versions are one", () => {
  const piece = music([at(60, 0, 24, 0b1010), at(62, 0, 24, 0b0101), at(64, 24, 24)]);
  const ours = abcOf(piece, 1, 0, 0, 90)!;
  assert.deepEqual(ours.changed.map(([from, to]) => ours.abc.slice(from, to)), ["C4"]);
  assert.equal(abcOf(piece, 3, 0, 0, 90)!.abc, ours.abc);
});

test("drums have their own places, cymbals crosses", () => {
  const piece = music([at(36, 0, 3, 15, 1), at(42, 0, 3, 15, 1), at(42, 12, 3, 15, 1), at(38, 24, 3, 15, 1)]);
  assert.equal(body(abcOf(piece, 1, 1, 0, 90)!.abc), "!style=x!g2!style=x!g2 z12 & F4 c4 z8 |]");
});

test("every version of a bar stands under one clef, however far apart they are", () => {
  const piece = music([at(64, 0, 48), at(66, 48, 48, 0b0001), at(54, 48, 48, 0b1010), at(90, 48, 48, 0b0100)]);
  const clefs = [0, 1, 2, 3].map((side) => /clef=(\S+)/.exec(abcOf(piece, side, 0, 0, 96)!.abc)![1]);
  assert.deepEqual(clefs, ["treble", "treble", "treble", "treble"]);
  const low = music([at(72, 0, 48), at(74, 48, 48, 0b0001), at(40, 48, 48, 0b1010), at(38, 72, 24, 0b1010), at(76, 48, 48, 0b0100)]);
  assert.equal(new Set([0, 1, 2, 3].map((side) => abcOf(low, side, 0, 0, 96)!.abc.match(/clef=\S+/g)!.join(" "))).size, 1);
});
