/**
 * The WebAssembly module: compiled once, inside the first call that needs it, and run in one instance at a time.
 *
 * An entry says where the bytes come from; all entries of one program share the module. An instance that failed is followed by a
 * fresh one of the same module.
 *
 * @module
 */

import { SlideRuleError } from "./errors.js";
import { Instance } from "./instance.js";

/** @typedef {BufferSource | WebAssembly.Module | Response | URL | Request | string} Source What can be compiled. */

/** @type {(() => Promise<Source>) | undefined} */
let provider;
/** @type {Promise<WebAssembly.Module> | undefined} */
let compiled;
/** @type {Promise<Instance> | undefined} */
let current;

/**
 * Says where the bytes come from, unless an entry has said so before.
 *
 * @param {() => Promise<Source>} source
 */
export function provide(source) {
  provider ??= source;
}

/**
 * The instance that calls are to use now.
 *
 * @returns {Promise<Instance>}
 */
export function ready() {
  if (provider === undefined) {
    const message = "the slim entry brings no WebAssembly module; call load(…) first";
    return Promise.reject(new SlideRuleError("wasm_not_loaded", message));
  }
  if (current !== undefined) return current;
  const opening = open(provider);
  const forget = () => {
    if (current === opening) current = undefined;
  };
  current = opening;
  opening.then((instance) => instance.watch(forget), forget);
  return opening;
}

/** @param {() => Promise<Source>} source */
async function open(source) {
  try {
    // A load that failed, say for want of a network, is tried again by the next call.
    compiled ??= source().then(compile);
    const module = await compiled.catch((error) => {
      compiled = undefined;
      throw error;
    });
    return await Instance.of(module);
  } catch (cause) {
    throw unloadable(cause);
  }
}

/**
 * @param {Source} source
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(source) {
  // Modules and answers may come from another frame, whose classes are not ours.
  if (Object.prototype.toString.call(source) === "[object WebAssembly.Module]") {
    return /** @type {WebAssembly.Module} */ (source);
  }
  const isAddress =
    typeof source === "string" || source instanceof URL || (typeof Request === "function" && source instanceof Request);
  const found = isAddress ? await fetch(source) : source;
  if (!isResponse(found)) return WebAssembly.compile(/** @type {BufferSource} */ (found));
  if (!found.ok) throw new Error(`${found.url || "the server"} answered ${found.status}`);
  // Compiling while it arrives insists on the media type, which not every server knows.
  const isTyped = found.headers.get("content-type")?.split(";")[0]?.trim() === "application/wasm";
  if (isTyped && typeof WebAssembly.compileStreaming === "function") return WebAssembly.compileStreaming(found);
  return WebAssembly.compile(await found.arrayBuffer());
}

/**
 * @param {unknown} source
 * @returns {source is Response}
 */
function isResponse(source) {
  return typeof source === "object" && source !== null && "arrayBuffer" in source;
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
