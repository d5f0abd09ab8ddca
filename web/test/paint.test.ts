import assert from "node:assert/strict";
import test from "node:test";
import { trackColour, trackEdge, trackPattern } from "../src/paint.ts";

const light = (colour: string) => Number(/(\d+)%\)$/.exec(colour)![1]);

test("no two of 32 tracks look alike: by hue, and by pattern where hues come again", () => {
  for (const dark of [false, true]) {
    const looks = Array.from({ length: 32 }, (_, track) => `${trackColour(track, 80, dark)} ${trackPattern(track)}`);
    assert.equal(new Set(looks).size, 32);
  }
  const neighbours = Array.from({ length: 31 }, (_, track) => trackPattern(track) !== trackPattern(track + 1) || trackColour(track, 80, false) !== trackColour(track + 1, 80, false));
  assert.ok(neighbours.every(Boolean));
});

test("loud notes stand out from the paper, soft ones are nearer to it", () => {
  for (const dark of [false, true]) {
    const steps = [1, 32, 64, 96, 127].map((velocity) => light(trackColour(3, velocity, dark)));
    const sorted = [...steps].sort((a, b) => (dark ? a - b : b - a));
    assert.deepEqual(steps, sorted);
    assert.equal(new Set(steps).size, 5);
    assert.ok(dark ? light(trackEdge(3, true)) > 60 : light(trackEdge(3, false)) < 40, "the edge is seen however soft");
  }
});
