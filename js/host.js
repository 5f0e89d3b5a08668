/**
 * What a session has of this world, whichever instance of the WebAssembly module runs it: token store, locks, other tabs.
 *
 * @module
 */

import { locks, patiently } from "./locks.js";
import { DegradingStore } from "./store/degrading.js";
import { storeFor } from "./store/kinds.js";
import { traitsOf } from "./store/traits.js";

/**
 * @import { SessionOptions } from "./index.js"
 * @import { Environment } from "./entry.js"
 * @import { Listeners } from "./mind.js"
 */

/** How long other tabs have to answer a question. */
const SIBLINGS_MS = 200;

/** The channels on which sessions over the same kind of store tell each other of renewed tokens. */
const CHANNEL = "sliderule-wasm";

/**
 * @typedef {object} Listener What a session does with what happens here.
 * @property {Listeners} listeners Of warnings and lines for the log.
 * @property {(message: string) => void} heard
 * @property {() => void} closed Nothing is under way any more after `close`.
 */

export class Host {
  #store;
  #listener;
  /** @type {BroadcastChannel | undefined} */
  #channel;
  /** @type {import("./locks.js").Take} */
  #take;
  /** @type {Map<number, { release: () => void, abort: AbortController }>} */
  #held = new Map();
  #isClosing = false;
  #hasDegraded = false;

  /**
   * @param {SessionOptions["store"]} wanted
   * @param {Environment} environment
   * @param {Listener} listener
   */
  constructor(wanted, environment, listener) {
    this.#listener = listener;
    const store = storeFor(wanted, environment);
    const { channel, take } = traitsOf(store);
    this.#store = new DegradingStore(store, (what) => this.#degraded(what));
    this.#take = take === undefined ? locks(channel !== undefined) : patiently(take);
    if (channel !== undefined) this.#listen(`${CHANNEL} ${channel}`);
  }

  /** Listens to other tabs no more. A refresh under way, which holds a lock, is told to them before. */
  close() {
    this.#isClosing = true;
    if (this.#held.size > 0) return;
    this.#channel?.close();
    this.#channel = undefined;
    this.#store.close();
    this.#listener.closed();
  }

  /** Gives back every lock, and stops waiting for others: whoever took them is no more. */
  unlockAll() {
    for (const number of [...this.#held.keys()]) this.unlock(number);
  }

  /** @param {string} key */
  load(key) {
    return this.#store.load(key);
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  save(key, value) {
    return this.#store.save(key, value);
  }

  /** @param {string} key */
  forget(key) {
    return this.#store.forget(key);
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
    if (this.#isClosing) this.close();
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
    try {
      this.#channel?.postMessage(message);
    } catch {
      // The others find it in the store.
    }
  }

  /**
   * A duplicated tab has the same tokens, and each of them can be renewed only once.
   *
   * @param {string} name
   */
  #listen(name) {
    try {
      this.#channel = new BroadcastChannel(name);
    } catch {
      // There are none here; then there is only the store.
      return;
    }
    // In Node, an open channel would keep the program from ending.
    /** @type {{ unref?: () => void }} */ (this.#channel).unref?.();
    this.#channel.onmessage = ({ data }) => {
      if (typeof data === "string") this.#listener.heard(data);
    };
  }

  /** @param {string} message */
  #degraded(message) {
    // One warning for each session: what follows from the first failure is no news to anybody but a reader of logs.
    const { listeners } = this.#listener;
    if (this.#hasDegraded) listeners.log?.({ level: "warn", message: `storage_degraded: ${message}` });
    else listeners.warning?.({ code: "storage_degraded", message });
    this.#hasDegraded = true;
  }
}
