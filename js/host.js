/**
 * The object that the WebAssembly module knows of this world: token store, locks, other tabs, and the callers.
 *
 * @module
 */

import { locks } from "./locks.js";
import { memoryStore } from "./store/memory.js";
import { sessionStorageStore } from "./store/session-storage.js";

/** @import { TokenStore, Warning } from "./index.js" */

/** How long other tabs have to answer a question. */
const SIBLINGS_MS = 200;

/** The channel on which the tabs of an origin tell each other of renewed tokens. */
const CHANNEL = "sliderule-wasm";

/**
 * @typedef {object} Listener What a session does with what the module tells.
 * @property {(call: number | undefined, event: any) => void} event
 * @property {(call: number, value: string, response: Response | undefined) => void} succeeded
 * @property {(call: number, failure: string) => void} failed
 * @property {(message: string) => void} heard
 */

/** Carries out what a session's mind decides, apart from requests and timers. */
export class Host {
  /** @type {TokenStore} */
  #store;
  #listener;
  /** @type {BroadcastChannel | undefined} */
  #channel;
  /** @type {import("./locks.js").Take} */
  #take;
  /** @type {Map<number, { release: () => void, abort: AbortController }>} */
  #held = new Map();
  #closing = false;

  /**
   * @param {"memory" | "session" | TokenStore | undefined} wanted
   * @param {Listener} listener
   */
  constructor(wanted, listener) {
    this.#listener = listener;
    this.#store = this.#open(wanted);
    const shared = typeof wanted === "object" || this.#channel !== undefined;
    this.#take = locks(shared);
  }

  /** Listens to other tabs no more. A refresh under way, which holds a lock, is told to them before. */
  close() {
    this.#closing = true;
    if (this.#held.size > 0) return;
    this.#channel?.close();
    this.#channel = undefined;
  }

  /** @param {string} key */
  async load(key) {
    return (await this.#stored((store) => store.load(key))) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  async save(key, value) {
    await this.#stored((store) => store.save(key, value));
  }

  /** @param {string} key */
  async forget(key) {
    await this.#stored((store) => store.forget(key));
  }

  /**
   * @param {string} name
   * @param {number} number
   */
  async lock(name, number) {
    const abort = new AbortController();
    /** @type {Promise<void>} */
    const released = new Promise((release) => this.#held.set(number, { release, abort }));
    await this.#take(name, released, abort.signal);
  }

  /** @param {number} number */
  unlock(number) {
    const lock = this.#held.get(number);
    this.#held.delete(number);
    lock?.release();
    lock?.abort.abort();
    if (this.#closing) this.close();
  }

  /**
   * Asks the other tabs, and resolves once they had their time to answer: at once where there is no way to ask them.
   *
   * @param {string} message
   */
  async ask(message) {
    if (this.#channel === undefined) return;
    this.broadcast(message);
    await new Promise((resolve) => setTimeout(resolve, SIBLINGS_MS));
  }

  /** @param {string} message */
  broadcast(message) {
    this.#channel?.postMessage(message);
  }

  /**
   * @param {number | undefined} call
   * @param {string} event
   */
  emit(call, event) {
    this.#listener.event(call, JSON.parse(event));
  }

  /**
   * @param {number} call
   * @param {string} value
   * @param {Response | undefined} response
   */
  succeeded(call, value, response) {
    this.#listener.succeeded(call, value, response);
  }

  /**
   * @param {number} call
   * @param {string} failure
   */
  failed(call, failure) {
    this.#listener.failed(call, failure);
  }

  /**
   * @param {"memory" | "session" | TokenStore | undefined} wanted
   * @returns {TokenStore}
   */
  #open(wanted) {
    if (typeof wanted === "object") return wanted;
    // Node has a sessionStorage too by now, which no reload ever reads.
    const isPage = globalThis.document !== undefined;
    if (wanted === "memory" || (wanted === undefined && !isPage)) return memoryStore();
    try {
      const store = sessionStorageStore();
      if (store !== undefined) {
        this.#listen();
        return store;
      }
      if (wanted === "session") this.#degraded("there is no sessionStorage here");
    } catch {
      this.#degraded("the browser forbids this page its sessionStorage");
    }
    return memoryStore();
  }

  /** A duplicated tab has the same tokens, and each of them can be renewed only once. */
  #listen() {
    if (globalThis.BroadcastChannel === undefined) return;
    this.#channel = new BroadcastChannel(CHANNEL);
    // In Node, an open channel would keep the program from ending.
    /** @type {{ unref?: () => void }} */ (this.#channel).unref?.();
    this.#channel.onmessage = ({ data }) => {
      if (typeof data === "string") this.#listener.heard(data);
    };
  }

  /**
   * Does something with the store; a store that fails gives way to memory.
   *
   * @template T
   * @param {(store: TokenStore) => T} act
   */
  async #stored(act) {
    try {
      return await act(this.#store);
    } catch {
      this.#degraded("the token store failed");
      this.#store = memoryStore();
      return await act(this.#store);
    }
  }

  /** @param {string} why */
  #degraded(why) {
    /** @type {Warning & { type: "warning" }} */
    const event = {
      type: "warning",
      code: "storage_degraded",
      message: `${why}; tokens are kept in memory, so a reload signs out`,
    };
    this.#listener.event(undefined, event);
  }
}
