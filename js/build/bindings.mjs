/**
 * From wasm-bindgen's glue to a module without side effects: one function that makes bindings to one new instance.
 *
 * The glue keeps the instance, and much else, in variables of its module, and touches some of them when it is imported.
 * As the body of a function it does nothing before it is called, a bundler can leave it out, and a second
 * call gives a second instance. What it fetches by itself is left out: `js/wasm.js` hands in a compiled module.
 *
 * @module
 */

/** Where the glue begins to load; `__wbg_finalize_init`, before it, is kept. */
const LOADING = "\nasync function __wbg_load(";
const EXPORTED = /^export (?=(?:class|function) (\w+))/gm;
/** Every engine that has the vector instructions of the module has `encodeInto`. */
const POLYFILL = /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n[\s\S]*?^\}\n/m;

/**
 * @param {string} glue What wasm-bindgen wrote, for the target `web`.
 * @param {string} version Of the package.
 * @returns {string}
 */
export function bindings(glue, version) {
  const end = glue.indexOf(LOADING);
  if (end < 0 || !POLYFILL.test(glue)) throw new Error("wasm-bindgen writes its glue in another way than it did");
  const body = glue.slice(0, end).replace(POLYFILL, "");
  const names = [...body.matchAll(EXPORTED)].map(([, name]) => name);
  return [
    `export const PACKAGE = ${JSON.stringify(version)};`,
    "export async function instantiate(module) {",
    body.replace(EXPORTED, ""),
    "__wbg_finalize_init(await WebAssembly.instantiate(module, __wbg_get_imports()), module);",
    `return { ${names.join(", ")} };`,
    "}\n",
  ].join("\n");
}

/** The types of that module, for our own check. */
export const BINDINGS_TYPES = `import type * as glue from "./sliderule_wasm.js";
/** The version of the package. */
export const PACKAGE: string;
/** Bindings to a new instance of the module. */
export function instantiate(module: WebAssembly.Module): Promise<Omit<typeof glue, "default" | "initSync">>;
`;
