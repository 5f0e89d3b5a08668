/**
 * The WebAssembly module: loaded once, inside the first call that needs it.
 *
 * An entry says where the bytes come from; all entries of one program share the module.
 *
 * @module
 */

import initialise, { onPanic } from "../pkg/sliderule_wasm.js";
import { SlideRuleError } from "./errors.js";

/** @typedef {BufferSource | WebAssembly.Module | Response | URL | Request | string} Source What can be compiled. */

/** @type {(() => Promise<Source>) | undefined} */
let provider;
/** @type {Promise<void> | undefined} */
let loading;
/** @type {SlideRuleError | undefined} */
let broken;
/** @type {Set<(error: SlideRuleError) => void>} */
const pending = new Set();

/**
 * Says where the bytes come from, unless an entry has said so before.
 *
 * @param {() => Promise<Source>} source
 */
export function provide(source) {
  provider ??= source;
}

/**
 * Resolves once the module can be used.
 *
 * @returns {Promise<void>}
 */
export function ready() {
  if (broken !== undefined) return Promise.reject(broken);
  if (provider === undefined) {
    const message = "the slim entry brings no WebAssembly module; call load(…) first";
    return Promise.reject(new SlideRuleError("wasm_not_loaded", message));
  }
  // A load that failed, say for want of a network, is tried again by the next call.
  loading ??= load(provider).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/**
 * Watches for the end of the module: the function is called should it ever panic.
 *
 * @param {(error: SlideRuleError) => void} reject
 * @returns {() => void} Ends the watch.
 */
export function whilePending(reject) {
  pending.add(reject);
  return () => pending.delete(reject);
}

/**
 * @param {() => Promise<Source>} source
 */
async function load(source) {
  try {
    await initialise({ module_or_path: await source() });
  } catch (cause) {
    throw unloadable(cause);
  }
  onPanic((/** @type {string} */ place) => {
    broken = new SlideRuleError(
      "internal_error",
      `the client failed by a fault of its own (${place}); please report it, and load the program again`,
    );
    for (const reject of pending) reject(broken);
    pending.clear();
  });
}

/**
 * @param {unknown} cause
 */
function unloadable(cause) {
  if (cause instanceof SlideRuleError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  const blocked = typeof WebAssembly === "undefined" || /unsafe-eval|content security policy|disallowed/i.test(words);
  return blocked
    ? new SlideRuleError(
        "wasm_blocked",
        "this page does not allow WebAssembly; add 'wasm-unsafe-eval' to script-src of its Content-Security-Policy",
        { cause },
      )
    : new SlideRuleError("internal_error", `the WebAssembly module cannot be loaded: ${words}`, { cause });
}
