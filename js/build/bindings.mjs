/**
 * From wasm-bindgen's glue to a module without side effects: one function that makes bindings to one new instance.
 *
 * The glue keeps the instance, and much else, in variables of its module, and touches some of them when it is imported.
 * As the body of a function it does nothing before it is called, a bundler can leave it out, and a second
 * call gives a second instance. What it fetches by itself is left out: `js/wasm.js` hands in a compiled module. What it takes
 * from the world is given to it: see `js/instance.js`.
 *
 * @module
 */

/** @import { Names } from "./module.mjs" */

/** Where the glue begins to load; `__wbg_finalize_init`, before it, is kept. */
const LOADING = "\nasync function __wbg_load(";
const EXPORTED = /^export (?=(?:class|function) (\w+))/gm;
/** Exports that the collector of garbage calls: nobody is there to catch what they throw. */
const UNATTENDED = /_free$/;
/** Every engine that has the vector instructions of the module has `encodeInto`. */
const POLYFILL = /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n[\s\S]*?^\}\n/m;

/**
 * @param {string} glue What wasm-bindgen wrote, for the target `web`.
 * @param {Names} names
 * @param {string} version Of the package.
 * @returns {string}
 */
export function bindings(glue, names, version) {
  const end = glue.indexOf(LOADING);
  if (end < 0 || !POLYFILL.test(glue)) throw different();
  const body = glue.slice(0, end).replace(POLYFILL, "");
  const exported = [...body.matchAll(EXPORTED)].map(([, name]) => name);
  const memory = names.exports.find(([name]) => name === "memory")?.[1];
  const unattended = names.exports.filter(([name]) => UNATTENDED.test(name)).map(([, short]) => short);
  return [
    `export const PACKAGE = ${JSON.stringify(version)};`,
    `export const UNATTENDED = ${JSON.stringify(unattended)};`,
    "export async function instantiate(module, { WebAssembly }) {",
    renamed(body.replace(EXPORTED, ""), names),
    "__wbg_finalize_init(await WebAssembly.instantiate(module, __wbg_get_imports()), module);",
    `return { ${exported.join(", ")}, memory: wasm[${JSON.stringify(memory)}] };`,
    "}\n",
  ].join("\n");
}

/**
 * The glue, with the short names.
 *
 * @param {string} glue
 * @param {Names} names
 */
function renamed(glue, { imports, exports }) {
  const short = new Map(imports.map(([, name, to]) => [name, to]));
  const ofModule = new Map(exports);
  let found = 0;
  const text = glue
    .replace(/^( {8})(\w+)(?=: function)/gm, (line, indent, name) => {
      const to = short.get(name);
      if (to === undefined) return line;
      found += 1;
      return `${indent}${JSON.stringify(to)}`;
    })
    .replace(/\bwasm\.(\w+)/g, (whole, name) =>
      ofModule.has(name) ? `wasm[${JSON.stringify(ofModule.get(name))}]` : whole,
    )
    .replaceAll('"./sliderule_wasm_bg.js"', '"a"');
  if (found !== imports.length) throw different();
  return text;
}

function different() {
  return new Error("wasm-bindgen writes its glue in another way than it did");
}

/** The types of that module, for our own check. */
export const BINDINGS_TYPES = `import type * as glue from "./sliderule_wasm.js";
/** The version of the package. */
export const PACKAGE: string;
/** Exports that nobody calls who could catch what they throw. */
export const UNATTENDED: string[];
/** What the bindings take from the world. */
export interface World {
  WebAssembly: { instantiate(module: WebAssembly.Module, imports: object): Promise<{ exports: object }> };
}
/** Bindings to a new instance of the module, and its memory. */
export function instantiate(
  module: WebAssembly.Module,
  world: World,
): Promise<Omit<typeof glue, "default" | "initSync"> & { memory: WebAssembly.Memory }>;
`;
