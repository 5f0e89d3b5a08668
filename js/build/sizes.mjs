/**
 * How large what npm publishes is, as JSON on the standard output: `node js/build/sizes.mjs`, after the build.
 *
 * Bytes, as they are, by gzip at level 9 and by Brotli at quality 11.
 *
 * | name | what is counted |
 * |---|---|
 * | `wasm` | `dist/sliderule.wasm` |
 * | `js` | what is written by hand: `js/slim.js` with all it imports, minified, without wasm-bindgen's glue |
 * | `slim` | `dist/slim.js`: the same with the glue |
 * | `entry` | `dist/index.js`: the same with the glue and the module |
 * | `node` | `dist/node.js`: with the glue, and what only Node has |
 * | `cli` | `dist/cli.js`, which uses `dist/node.js` |
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

import { BUNDLING } from "./bundling.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (/** @type {string} */ name) => readFile(`${ROOT}dist/${name}`);

/** What is written by hand, bundled as `dist/slim.js` is. */
async function byHand() {
  const external = [...BUNDLING.external, "*/pkg/bindings.js"];
  const { outputFiles } = await build({ ...BUNDLING, external, entryPoints: [`${ROOT}js/slim.js`], write: false });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

const parts = {
  wasm: await read("sliderule.wasm"),
  js: await byHand(),
  slim: await read("slim.js"),
  entry: await read("index.js"),
  node: await read("node.js"),
  cli: await read("cli.js"),
};
const sizes = Object.entries(parts).flatMap(([name, bytes]) => [
  [`${name}_raw`, bytes.length],
  [`${name}_gzip`, gzipSync(bytes, { level: 9 }).length],
  [`${name}_brotli`, brotliCompressSync(bytes).length],
]);
console.log(JSON.stringify(Object.fromEntries(sizes)));
