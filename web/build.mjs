// Build the page's script and style into the Python package: `npm run build`. With --test, bundle the tests for node.
// The first line of page.js holds a hash of everything it was made from; a test of the package compares it.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const target = new URL("../muse/view/templates/", import.meta.url);

export function fingerprint(folder = new URL("./", import.meta.url)) {
  const hash = createHash("sha256");
  const sources = readdirSync(new URL("src/", folder)).sort().map((name) => `src/${name}`);
  for (const name of [...sources, "build.mjs", "package-lock.json", "tsconfig.json"]) {
    const data = readFileSync(new URL(name, folder));
    hash.update(`${name}\0${data.length}\0`).update(data);
  }
  return hash.digest("hex");
}

if (process.argv.includes("--test")) {
  const tests = readdirSync(new URL("test/", import.meta.url)).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => `test/${name}`), outdir: "out", bundle: true, platform: "node", format: "esm",
    outExtension: { ".js": ".mjs" }, logLevel: "warning",
  });
} else {
  const common = { bundle: true, minify: true, charset: "utf8", target: "es2022", write: false, logLevel: "warning" };
  const script = await build({ ...common, entryPoints: ["src/main.ts"], format: "iife" });
  const style = await build({ ...common, entryPoints: ["src/page.css"] });
  // </script> cannot stand inside an inline script, nor <!-- ; both may come from a string.
  const code = script.outputFiles[0].text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  writeFileSync(new URL("page.js", target), `/* made by web/build.mjs from ${fingerprint()} */\n${code}`);
  writeFileSync(new URL("page.css", target), style.outputFiles[0].text);
}
