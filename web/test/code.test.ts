import assert from "node:assert/strict";
import test from "node:test";
import { linesOf, options, type Token } from "../src/code.ts";
import "../src/syntax.ts";

const colour = (text: string, path: string) => (globalThis as unknown as { museColour: (text: string, path: string) => Token[] }).museColour(text, path);

test("tokens are cut at the ends of lines and lose nothing", () => {
  assert.deepEqual(linesOf([["string", "'a\nb'"], ["", " + c\n"]]), [[["string", "'a"]], [["string", "b'"], ["", " + c"]]]);
  const text = "def f(x):\n    return '<b>' + x  # no\n";
  const lines = linesOf(colour(text, "a/b.py"));
  assert.equal(lines.map((line) => line.map(([, part]) => part).join("")).join("\n") + "\n", text);
  assert.ok(lines[1]!.some(([kind, part]) => kind === "keyword" && part === "return"));
  assert.ok(lines[1]!.some(([kind, part]) => kind === "string" && part === "'<b>'"));
});

test("what is not known stays as it is", () => {
  assert.deepEqual(colour("x = 1", "README"), [["", "x = 1"]]);
});

test("a conflict over text takes more than a side, each offered once", () => {
  const conflict = { address: "", kind: "", base: "", ours: "", theirs: "", hint: "", both: true, texts: null, offers: [] };
  const offer = (choice: string) => ({ choice, name: "", text: "", sure: 0, reason: "" });
  assert.deepEqual(options(conflict), ["ours", "theirs", "base", "both"]);
  assert.deepEqual(options({ ...conflict, both: false, offers: ["theirs", "by-word"].map(offer) }), ["ours", "theirs", "base", "by-word"]);
});
