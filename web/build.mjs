// Build the page's script and style into the Python package: `npm run build`. With --test, bundle the tests for node.
// The first line of a script names what it was made from, with a hash; a test of the package compares it. A script whose
// sources did not change stays the same file, byte for byte: the large ones are not new in every commit.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const target = new URL("../muse/view/templates/", import.meta.url);

/** Each becomes a script of its own; a page carries only those that it needs. */
const SCRIPTS = { "main.ts": "page.js", "syntax.ts": "syntax.js", "engrave.ts": "staff.js" };

/** What is in the scripts and is not ours: name, version, licence text. */
function licences() {
  const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url)));
  return Object.keys(dependencies).sort().map((name) => {
    const folder = new URL(`node_modules/${name}/`, import.meta.url);
    const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder)));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version} (${license})\n\n${readFileSync(new URL(file, folder), "utf8").trim()}\n`;
  }).join(`\n${"-".repeat(72)}\n\n`);
}

/** The first line of a script made from these files. */
function madeFrom(sources) {
  const hash = createHash("sha256"), names = [...sources, "build.mjs", "package-lock.json", "tsconfig.json"].sort();
  for (const name of names) {
    const data = readFileSync(new URL(name, import.meta.url));
    hash.update(`${name}\0${data.length}\0`).update(data);
  }
  return `/* made by web/build.mjs from ${hash.digest("hex")} ${names.join(" ")} */\n`;
}

if (process.argv.includes("--test")) {
  const tests = readdirSync(new URL("test/", import.meta.url)).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => `test/${name}`), outdir: "out", bundle: true, platform: "node", format: "esm",
    outExtension: { ".js": ".mjs" }, logLevel: "warning",
  });
} else {
  const common = { bundle: true, minify: true, charset: "utf8", target: "es2022", write: false, logLevel: "warning", legalComments: "none" };
  for (const [from, to] of Object.entries(SCRIPTS)) {
    const script = await build({ ...common, entryPoints: [`src/${from}`], format: "iife", metafile: true });
    const sources = Object.keys(script.metafile.inputs).filter((name) => name.startsWith("src/"));
    if (to === "page.js") sources.push("src/page.css"); // which is written beside it
    // </script> cannot stand inside an inline script, nor <!-- ; both may come from a string.
    const code = script.outputFiles[0].text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
    writeFileSync(new URL(to, target), madeFrom(sources) + code);
  }
  const style = await build({ ...common, entryPoints: ["src/page.css"] });
  writeFileSync(new URL("page.css", target), style.outputFiles[0].text);
  writeFileSync(new URL("THIRD-PARTY.txt", target), licences());
}
