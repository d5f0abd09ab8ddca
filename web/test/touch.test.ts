import assert from "node:assert/strict";
import test from "node:test";
import { turned } from "../src/touch.ts";

test("a notch of a mouse zooms by a sixth, a trackpad's pinch in small steps, and both ways alike", () => {
  assert.deepEqual([turned(-120), turned(120)].map((by) => by.toFixed(2)), ["1.16", "0.86"]);
  assert.ok(turned(-2) > 1.01 && turned(-2) < 1.03);
  assert.equal((turned(-7) * turned(7)).toFixed(6), "1.000000");
});
