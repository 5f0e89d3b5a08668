/**
 * The WebAssembly module as the default entry brings it: compressed, and in base64, for where nothing serves a second file.
 *
 * @module
 */

import { length, text } from "../pkg/inlined.js";
import { SlideRuleError } from "./errors.js";

/** @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function inlined() {
  // Node's own streams would take three times as long to load and run. This asks for no import, so that bundlers see none.
  const { process } = /** @type {any} */ (globalThis);
  const zlib = process?.getBuiltinModule?.("node:zlib");
  if (zlib !== undefined) return new Uint8Array(zlib.inflateSync(bytesOf(text)));
  if (typeof DecompressionStream === "undefined") {
    const message = "this engine has no DecompressionStream; use sliderule-wasm/slim, and load its sliderule.wasm";
    throw new SlideRuleError("unsupported", message);
  }
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  // What goes wrong is met by whoever reads.
  writer.write(bytesOf(text)).catch(() => {});
  writer.close().catch(() => {});
  // A Response would do the rest, and cost Node the time to load its fetch.
  const whole = new Uint8Array(length);
  const reader = readable.getReader();
  for (let at = 0; ; ) {
    const { value } = await reader.read();
    if (value === undefined) return whole;
    whole.set(value, at);
    at += value.length;
  }
}

/** @param {string} base64 */
function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  // Uint8Array.from would take three times as long.
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
