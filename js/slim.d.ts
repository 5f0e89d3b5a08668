/** The slim entry: the same functions without the WebAssembly module, which `load` brings. */
export * from "./index.js";

/**
 * Loads `sliderule-wasm/sliderule.wasm` from wherever it is kept; resolves once it can be used. Calls before that reject
 * `wasm_not_loaded`. A second load changes nothing.
 */
export function load(source: BufferSource | WebAssembly.Module | Response | URL | Request | string): Promise<void>;
