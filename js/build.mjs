/**
 * Builds what npm publishes: `node js/build.mjs`, after wasm-pack and wasm-opt have made the module in `pkg/`.
 *
 * First two files in `pkg/`, which the sources in `js/` import: the bindings, and the module as text. Then `dist/`: each
 * entry as one file, whatever it imports, and the module beside them.
 *
 * @module
 */

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { BINDINGS_TYPES, bindings } from "./build/bindings.mjs";
import { BUNDLING } from "./build/bundling.mjs";
import { INLINED_TYPES, inlined } from "./build/inlined.mjs";
import { labelled, shorten } from "./build/module.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MODULE = `${ROOT}pkg/sliderule_wasm_bg.wasm`;
const SHORTENED = `${ROOT}pkg/shortened.wasm`;
/** Optional: the command line is an entry as soon as it is there. */
const ENTRIES = ["index", "slim", "node", "cli"].filter((name) => existsSync(`${ROOT}js/${name}.js`));

/** The last of them last, since its time is what says that `dist/` is complete. */
const TYPES = ["platform.d.ts", "slim.d.ts", "node.d.ts", "index.d.ts"];

const { name, version } = JSON.parse(await readFile(`${ROOT}package.json`, "utf8"));
const glue = await readFile(`${ROOT}pkg/sliderule_wasm.js`, "utf8");
const names = shorten(MODULE, SHORTENED);
const module = labelled(SHORTENED, name, version);

await writeFile(`${ROOT}pkg/bindings.js`, bindings(glue, names, version));
await writeFile(`${ROOT}pkg/bindings.d.ts`, BINDINGS_TYPES);
await writeFile(`${ROOT}pkg/inlined.js`, inlined(module));
await writeFile(`${ROOT}pkg/inlined.d.ts`, INLINED_TYPES);

await rm(`${ROOT}dist`, { recursive: true, force: true });
await mkdir(`${ROOT}dist`);
await writeFile(`${ROOT}dist/sliderule.wasm`, module);
await build({
  entryPoints: ENTRIES.map((name) => `${ROOT}js/${name}.js`),
  outdir: `${ROOT}dist`,
  ...BUNDLING,
  plugins: [{ name: "the command line uses the entry for Node", setup: (own) => useEntryForNode(own) }],
});
for (const types of TYPES) await copyFile(`${ROOT}js/${types}`, `${ROOT}dist/${types}`);

/**
 * `js/cli.js` and what lies in `js/cli/` find the client in `dist/node.js` instead of bringing it a second time.
 *
 * @param {import("esbuild").PluginBuild} own
 */
function useEntryForNode(own) {
  own.onResolve({ filter: /\/node\.js$/ }, ({ importer }) =>
    /[\\/]js[\\/]cli/.test(importer) ? { path: "./node.js", external: true } : undefined,
  );
}
