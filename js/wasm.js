/**
 * The WebAssembly module: loaded once for each entry, inside the first call that needs it.
 *
 * Always: a load that failed changes nothing, and the next call or `load` tries again.
 *
 * @module
 */

import { instantiate, PACKAGE } from "../pkg/bindings.js";
import { SlideRuleError } from "./errors.js";

/** @import { Version } from "./index.js" */

/** @typedef {BufferSource | WebAssembly.Module | Response | URL | Request | string} Source What can be compiled. */

/** @typedef {Awaited<ReturnType<typeof instantiate>>} Bindings What the module exports, by way of wasm-bindgen. */

export class WasmModule {
  #source;
  /** @type {Promise<Bindings> | undefined} */
  #loading;
  /** @type {SlideRuleError | undefined} */
  #broken;
  /** @type {Set<(error: SlideRuleError) => void>} */
  #pending = new Set();

  /** @param {() => Promise<Source>} [source] Where the bytes come from; without it, they come by `load`. */
  constructor(source) {
    this.#source = source;
  }

  /**
   * The module's exports, once it can be used.
   *
   * @returns {Promise<Bindings>}
   */
  async ready() {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#loading === undefined && this.#source === undefined) {
      throw unusable("sliderule-wasm/slim brings no WebAssembly; await load(…) first");
    }
    return this.#load(this.#source);
  }

  /**
   * Loads what the caller brings, unless that has been done or is under way.
   *
   * @param {Source | Promise<Source>} source
   */
  async load(source) {
    const given = Promise.resolve(source);
    // Where it is not needed, nobody has to hear that it cannot be had.
    given.catch(() => {});
    await this.#load(() => given);
  }

  /** @returns {Promise<Version>} */
  async version() {
    const { version } = await this.ready();
    return { package: PACKAGE, ...JSON.parse(version()) };
  }

  /**
   * Watches for the end of the module: the function is called should it ever panic.
   *
   * @param {(error: SlideRuleError) => void} reject
   * @returns {() => void} Ends the watch.
   */
  whilePending(reject) {
    this.#pending.add(reject);
    return () => this.#pending.delete(reject);
  }

  /** @param {(() => Promise<Source>) | undefined} source */
  #load(source) {
    this.#loading ??= this.#instance(source).catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** @param {(() => Promise<Source>) | undefined} source */
  async #instance(source) {
    const bindings = await instance(await compiled(source));
    bindings.onPanic((/** @type {string} */ place) => {
      const message = `the client failed by a fault of its own (${place}); please report it, and load the program again`;
      const error = new SlideRuleError("internal_error", message);
      this.#broken = error;
      for (const reject of this.#pending) reject(error);
      this.#pending.clear();
    });
    return bindings;
  }
}

/**
 * @param {(() => Promise<Source>) | undefined} given
 * @returns {Promise<WebAssembly.Module>}
 */
async function compiled(given) {
  try {
    /** @type {any} */
    let source = await given?.();
    if (is(source, "WebAssembly.Module")) return source;
    if (typeof source === "string" || is(source, "URL") || is(source, "Request")) source = await fetch(source);
    if (is(source, "Response")) return await fromAnswer(source);
    // Not every engine takes a DataView. Whatever else it is, the engine says what is wrong with it.
    const bytes = ArrayBuffer.isView(source)
      ? new Uint8Array(/** @type {ArrayBuffer} */ (source.buffer), source.byteOffset, source.byteLength)
      : source;
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw unloadable(cause);
  }
}

/** @param {Response} answer */
async function fromAnswer(answer) {
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`);
  // Only files that are served as WebAssembly can be compiled while they arrive.
  const isServedAsWasm = /^application\/wasm/i.test(answer.headers.get("Content-Type") ?? "");
  return isServedAsWasm ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}

/**
 * What was compiled as bindings, if it is what this package was built with.
 *
 * @param {WebAssembly.Module} module
 */
async function instance(module) {
  try {
    const bindings = await instantiate(module);
    const { wasm } = JSON.parse(bindings.version());
    if (wasm === PACKAGE) return bindings;
    throw new Error(`it is of ${wasm}`);
  } catch (cause) {
    const message = `this WebAssembly is not the sliderule.wasm of sliderule-wasm ${PACKAGE}; take both from one release`;
    throw unusable(message, { cause });
  }
}

/**
 * Whether a value is of a class of the platform, whichever realm it comes from.
 *
 * @param {any} value
 * @param {string} name
 */
function is(value, name) {
  return Object.prototype.toString.call(value) === `[object ${name}]`;
}

/** @param {unknown} cause */
function unloadable(cause) {
  if (cause instanceof SlideRuleError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  const isBlocked = typeof WebAssembly === "undefined" || /unsafe-eval|content security policy|disallowed/i.test(words);
  return isBlocked
    ? new SlideRuleError(
        "wasm_blocked",
        "this page does not allow WebAssembly; add 'wasm-unsafe-eval' to script-src of its Content-Security-Policy",
        { cause },
      )
    : unusable(`the WebAssembly module cannot be loaded: ${words}`, { cause });
}

/**
 * @param {string} message
 * @param {{ cause?: unknown }} [details]
 */
function unusable(message, details) {
  return new SlideRuleError("wasm_not_loaded", message, details);
}
