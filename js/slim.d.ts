/** The slim entry: the same functions without the WebAssembly module, which `load` brings. */
export * from "./index.js";

import type { Address, CompiledModule, FetchRequest, FetchResponse } from "./platform.js";

/** What `load` takes: bytes, a compiled module, an answer of `fetch`, or an address to fetch from. */
export type WasmSource =
  | ArrayBuffer
  | ArrayBufferView
  | CompiledModule
  | FetchResponse
  | FetchRequest
  | Address
  | string;

/**
 * Loads `sliderule-wasm/sliderule.wasm` from wherever it is kept; resolves once it can be used. Calls made before it reject
 * `wasm_not_loaded`; those made while it is under way wait for it. It rejects `wasm_not_loaded` where it is given something else, or
 * the file of another release, and can be called again then; once it was loaded, a further `load` changes nothing.
 *
 * ```js
 * await load(new URL("sliderule-wasm/sliderule.wasm", import.meta.url)); // as bundlers understand it
 * await load(await readFile(new URL(import.meta.resolve("sliderule-wasm/sliderule.wasm")))); // in Node
 * ```
 */
export function load(source: WasmSource | PromiseLike<WasmSource>): Promise<void>;
