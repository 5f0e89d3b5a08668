/**
 * The WebAssembly module as the default entry brings it: compressed, and in base64, for where nothing serves a second file.
 *
 * @module
 */

import text from "../pkg/inlined.js";
import { SlideRuleError } from "./errors.js";

/** @returns {Promise<ArrayBuffer>} */
export async function inlined() {
  if (typeof DecompressionStream === "undefined") {
    const message = "this engine has no DecompressionStream; use sliderule-wasm/slim, and load its sliderule.wasm";
    throw new SlideRuleError("unsupported", message);
  }
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const whole = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(whole).arrayBuffer();
}
