// Colours for code: a script of its own, in pages that show code. Prism cuts a text into tokens; it makes no markup here.
import "./prism-manual.ts";
import Prism from "prismjs";
import "prismjs/components/prism-bash";
import "prismjs/components/prism-c";
import "prismjs/components/prism-cpp";
import "prismjs/components/prism-csharp";
import "prismjs/components/prism-go";
import "prismjs/components/prism-java";
import "prismjs/components/prism-json";
import "prismjs/components/prism-kotlin";
import "prismjs/components/prism-lua";
import "prismjs/components/prism-markup-templating";
import "prismjs/components/prism-php";
import "prismjs/components/prism-python";
import "prismjs/components/prism-ruby";
import "prismjs/components/prism-rust";
import "prismjs/components/prism-scala";
import "prismjs/components/prism-sql";
import "prismjs/components/prism-swift";
import "prismjs/components/prism-toml";
import "prismjs/components/prism-typescript";
import "prismjs/components/prism-yaml";
import type { Token } from "./code.ts";

const ENDINGS: Record<string, string> = {
  sh: "bash", bash: "bash", c: "c", h: "cpp", cc: "cpp", cpp: "cpp", cxx: "cpp", hpp: "cpp", cs: "csharp", css: "css", go: "go", java: "java", js: "javascript", mjs: "javascript",
  cjs: "javascript", jsx: "javascript", json: "json", ipynb: "json", kt: "kotlin", kts: "kotlin", lua: "lua", html: "markup", htm: "markup", xml: "markup", svg: "markup",
  musicxml: "markup", mscx: "markup", php: "php", py: "python", pyi: "python", rb: "ruby", rs: "rust", scala: "scala", sql: "sql", swift: "swift", toml: "toml", ts: "typescript",
  mts: "typescript", tsx: "typescript", yaml: "yaml", yml: "yaml",
};
const LARGEST = 50_000;
const KINDS = new Set(["keyword", "string", "comment", "number", "function", "class-name", "builtin", "boolean", "operator", "tag", "attr-name", "attr-value", "property", "regex", "decorator", "constant"]);

function flat(found: Array<string | Prism.Token>, outer: string, out: Token[]): void {
  for (const each of found) {
    if (typeof each === "string") { out.push([outer, each]); continue; }
    const kind = KINDS.has(each.type) ? each.type : outer;
    flat(Array.isArray(each.content) ? each.content : [each.content], kind, out);
  }
}

function colour(text: string, path: string): Token[] {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "", grammar = Prism.languages[ENDINGS[ending] ?? ""];
  if (!grammar || text.length > LARGEST) return [["", text]];
  const out: Token[] = [];
  flat(Prism.tokenize(text, grammar), "", out);
  return out;
}

Object.assign(globalThis, { museColour: colour });
