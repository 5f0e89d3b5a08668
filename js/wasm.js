/**
 * The WebAssembly module: compiled once for each entry, inside the first call that needs it, and run in one instance at a time.
 *
 * Always: a load that failed changes nothing, and the next call or `load` tries again. An instance that failed is followed by a
 * fresh one of the same module.
 *
 * @module
 */

import { PACKAGE } from "../pkg/bindings.js";
import { SlideRuleError } from "./errors.js";
import { Instance } from "./instance.js";

/** @import { Version } from "./index.js" */

/** @typedef {BufferSource | WebAssembly.Module | Response | URL | Request | string} Source What can be compiled. */

export class WasmModule {
  #source;
  /** The module of an instance that could be used. @type {WebAssembly.Module | undefined} */
  #compiled;
  /** @type {Promise<Instance> | undefined} */
  #current;

  /** @param {() => Promise<Source>} [source] Where the bytes come from; without it, they come by `load`. */
  constructor(source) {
    this.#source = source;
  }

  /**
   * The instance that calls are to use now.
   *
   * @returns {Promise<Instance>}
   */
  async ready() {
    if (this.#current === undefined && this.#compiled === undefined && this.#source === undefined) {
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
    const instance = await this.ready();
    return { package: PACKAGE, ...JSON.parse(instance.version()) };
  }

  /** @param {(() => Promise<Source>) | undefined} source */
  #load(source) {
    if (this.#current !== undefined) return this.#current;
    const opening = this.#open(source);
    const forget = () => {
      if (this.#current === opening) this.#current = undefined;
    };
    this.#current = opening;
    opening.then((instance) => instance.watch(forget), forget);
    return opening;
  }

  /** @param {(() => Promise<Source>) | undefined} source */
  async #open(source) {
    const module = this.#compiled ?? (await compiled(source));
    checkRelease(module);
    const opened = await Instance.of(module);
    this.#compiled = module;
    return opened;
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
 * Refuses a module with which this package was not built, before any of it runs.
 *
 * @param {WebAssembly.Module} module
 */
function checkRelease(module) {
  const [label] = WebAssembly.Module.customSections(module, "sliderule-wasm");
  const release = label && new TextDecoder().decode(label);
  if (release === PACKAGE) return;
  const found = release ? `of ${release}` : "something else";
  throw unusable(
    `sliderule-wasm ${PACKAGE} needs its own sliderule.wasm, and this one is ${found}; take both from one release`,
  );
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
