/**
 * The slim entry: the same functions without the WebAssembly module, which `load` brings.
 *
 * @module
 */

import { provide, ready } from "./wasm.js";

/**
 * @param {import("./wasm.js").Source} source
 */
export async function load(source) {
  provide(async () => source);
  await ready();
}

export * from "./default-session.js";
export { SlideRuleError } from "./errors.js";
export { rowsOf, toArrow, toDate, toDates } from "./tables.js";
