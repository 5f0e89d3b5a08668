/**
 * What the README says of the package is so: its examples are those that are shipped, its table has every entry with its size.
 *
 * The sizes are the recorded ones (`cargo xtask size --record`); then `SLIDERULE_RENEW=1 node --test tests/docs/readme.test.mjs`
 * writes them into the table.
 */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../browser/harness/static-server.mjs";

const read = (/** @type {string} */ file) => readFile(join(ROOT, file), "utf8");

/**
 * How the table calls an entry, and under which name its size is recorded.
 *
 * @type {Record<string, [title: string, size: string]>}
 */
const ENTRIES = {
  ".": ["`sliderule-wasm`", "entry"],
  "./slim": ["`sliderule-wasm/slim`", "slim"],
  "./node": ["`sliderule-wasm/node`", "node"],
  "./sliderule.wasm": ["`sliderule-wasm/sliderule.wasm`", "wasm"],
  bin: ["the program `sliderule-wasm`", "cli"],
};

test("the README shows the examples as they are shipped, and they have about ten lines", async () => {
  const readme = await read("README.md");
  for (const [fence, file] of [
    ["js node", "examples/ten-lines.mjs"],
    ["html", "examples/ten-lines.html"],
  ]) {
    const text = await read(file ?? "");
    assert.ok(readme.includes(`\`\`\`${fence}\n${text}\`\`\`\n`), `README.md shows ${file} as it is`);
    assert.ok(text.trimEnd().split("\n").length <= 12, `${file} is about ten lines long`);
  }
});

test("the README's table has what the package exports", async () => {
  const { exports, bin } = JSON.parse(await read("package.json"));
  const offered = Object.keys(exports).filter((entry) => entry !== "./package.json");
  assert.deepEqual(Object.keys(ENTRIES).sort(), [...offered, "bin"].sort());
  assert.deepEqual(Object.keys(bin), ["sliderule-wasm"]);
});

test("the README's table has the recorded sizes", async () => {
  const { size } = JSON.parse(await read("docs/sizes.json"));
  const readme = await read("README.md");
  let renewed = readme;
  for (const [title, name] of Object.values(ENTRIES)) {
    const line = new RegExp(`^(\\| ${title.replaceAll(/[./]/g, "\\$&")} \\|.*\\| )[^|]+( \\|)$`, "m");
    assert.match(readme, line);
    renewed = renewed.replace(line, `$1${(size[`${name}_gzip`] / 1024).toFixed(1)} KB$2`);
  }
  if (process.env.SLIDERULE_RENEW !== undefined) await writeFile(join(ROOT, "README.md"), renewed);
  else assert.equal(readme, renewed);
});
