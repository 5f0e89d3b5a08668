/**
 * Bundles the npm package and what Python calls of it into the one file that the wheel carries:
 * `node python/bundle.mjs [folder]`, by default into the Python package itself.
 *
 * The WebAssembly module is inlined, so `cargo xtask build` builds it first.
 */

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { BUNDLING } from "../js/build/bundling.mjs";

const folder = process.argv[2] ?? fileURLToPath(new URL("./sliderule_wasm", import.meta.url));

await build({
  entryPoints: [fileURLToPath(new URL("./bridge.js", import.meta.url))],
  outfile: `${folder}/bridge.mjs`,
  ...BUNDLING,
});
