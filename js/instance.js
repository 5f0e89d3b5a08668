/**
 * One instance of the WebAssembly module, and its end.
 *
 * A panic or a trap leaves an instance in no state to go on: whatever was borrowed stays borrowed. It is given up then, and the
 * next call has a fresh one.
 *
 * Always: an instance that has ended does nothing any more. What calls it is told how it ended. Whoever watches it hears of
 * its end once, and ends what it began outside.
 *
 * @module
 */

import { instantiate, UNATTENDED } from "../pkg/bindings.js";
import { SlideRuleError } from "./errors.js";

/** @typedef {Awaited<ReturnType<typeof instantiate>>} Bindings What the module exports, by way of wasm-bindgen. */

export class Instance {
  /** @type {Bindings | undefined} */
  #bindings;
  /** @type {SlideRuleError | undefined} */
  #fault;
  /** @type {Set<(fault: SlideRuleError) => void>} */
  #watchers = new Set();

  /**
   * @param {WebAssembly.Module} module
   * @returns {Promise<Instance>}
   */
  static async of(module) {
    const instance = new Instance();
    const bindings = await instantiate(module, instance.#world());
    instance.#bindings = bindings;
    return instance;
  }

  /** @param {ConstructorParameters<Bindings["Client"]>} given */
  client(...given) {
    return new (this.#live().Client)(...given);
  }

  /** @param {ConstructorParameters<Bindings["Decoder"]>} given */
  decoder(...given) {
    return new (this.#live().Decoder)(...given);
  }

  /** What the module says of itself; JSON. */
  version() {
    return this.#live().version();
  }

  /** How many bytes of memory it has; they never become fewer. */
  get size() {
    return this.#bindings?.memory.buffer.byteLength ?? 0;
  }

  /** How it ended; nothing while it has not. */
  get fault() {
    return this.#fault;
  }

  /**
   * Calls the function when the instance ends, should it ever.
   *
   * @param {(fault: SlideRuleError) => void} ended
   * @returns {() => void} Ends the watch.
   */
  watch(ended) {
    if (this.#fault !== undefined) ended(this.#fault);
    else this.#watchers.add(ended);
    return () => this.#watchers.delete(ended);
  }

  #live() {
    if (this.#bindings === undefined || this.#fault !== undefined) throw this.#fault;
    return this.#bindings;
  }

  /** @param {unknown} cause A trap, or what JavaScript threw through the module. */
  #end(cause) {
    if (this.#fault !== undefined) return;
    const what = cause instanceof Error ? cause.message : String(cause);
    const message = `the client failed by a fault of its own (${what}); please report it. The next call begins anew`;
    this.#fault = new SlideRuleError("internal_error", message, { cause });
    for (const ended of [...this.#watchers]) ended(this.#fault);
    this.#watchers.clear();
  }

  /** What the glue takes from the world: the exports and imports of the module are watched over. */
  #world() {
    return {
      WebAssembly: {
        instantiate: async (/** @type {WebAssembly.Module} */ module, /** @type {Imports} */ imports) => {
          const { exports } = await WebAssembly.instantiate(module, this.#guardedImports(imports));
          return { exports: this.#guardedExports(exports) };
        },
      },
    };
  }

  /** @param {WebAssembly.Exports} exports */
  #guardedExports(exports) {
    return mapped(exports, (call, name) => (...given) => {
      if (this.#fault === undefined) {
        try {
          return call(...given);
        } catch (cause) {
          this.#end(cause);
        }
      }
      if (!UNATTENDED.includes(name)) throw this.#fault;
      // No error, in the way in which some of them tell of one.
      return [];
    });
  }

  /**
   * While an instance ends, its code may still be running: what it calls then, throws, and so ends that too.
   *
   * @param {Imports} imports
   */
  #guardedImports(imports) {
    const refuse = () => {
      if (this.#fault !== undefined) throw this.#fault;
    };
    const modules = Object.entries(imports).map(([name, functions]) => [
      name,
      mapped(
        functions,
        (call) =>
          /** @this {unknown} */ function (...given) {
            refuse();
            const result = call.apply(this, given);
            refuse();
            return result;
          },
      ),
    ]);
    return Object.fromEntries(modules);
  }
}

/** @typedef {Record<string, Record<string, any>>} Imports */

/**
 * The same names, with each function replaced.
 *
 * @param {Record<string, any>} all
 * @param {(call: (...given: any[]) => any, name: string) => (...given: any[]) => any} replace
 * @returns {Record<string, any>}
 */
function mapped(all, replace) {
  const each = Object.entries(all).map(([name, value]) => [
    name,
    typeof value === "function" ? replace(value, name) : value,
  ]);
  return Object.fromEntries(each);
}
