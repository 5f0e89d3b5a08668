/**
 * A token store that cannot fail: where the one that is wanted does, memory takes its place.
 *
 * Always: every question is answered within seconds, whatever the store does. What this session has kept or read goes on
 * being there. A store that has failed is given nothing more to keep, and what it keeps of a record that has changed since, or
 * that is to be forgotten, is removed from it if it can be. A record that this release cannot read is not there.
 *
 * @module
 */

import { within } from "../deadline.js";
import { StoreProblem, UnreadableRecord, whatHappened } from "./problem.js";
import { pack, unpack } from "./record.js";
import { traitsOf } from "./traits.js";

/** @import { Store } from "./traits.js" */

/** How long a store may take for one thing. */
const PATIENCE_MS = 2000;

export class DegradingStore {
  #store;
  #traits;
  #degraded;
  /**
   * The same records, for the time after a failure.
   *
   * @type {Map<string, string>}
   */
  #memory = new Map();
  #hasFailed = false;
  #isClosed = false;
  /** @type {Promise<void> | undefined} */
  #tried;
  /** Records of which the failed store may keep an earlier state. */
  #outdated = new Set();

  /**
   * @param {Store} store
   * @param {(what: string) => void} degraded Told what happened, in a clause.
   */
  constructor(store, degraded) {
    this.#store = store;
    this.#traits = traitsOf(store);
    this.#degraded = degraded;
  }

  /**
   * @param {string} key
   * @returns {Promise<string | null>}
   */
  async load(key) {
    await this.#unlessFailed(() => this.#read(key));
    return this.#memory.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  async save(key, value) {
    this.#memory.set(key, value);
    await this.#unlessFailed(() => this.#asked("set", key, pack(value)));
    if (!this.#hasFailed || this.#outdated.has(key)) return;
    // The next page would find a refresh token that was used, and be refused with it.
    this.#outdated.add(key);
    this.#remove(key);
  }

  /** @param {string} key */
  async forget(key) {
    this.#memory.delete(key);
    if (this.#hasFailed) await this.#remove(key);
    else await this.#unlessFailed(() => this.#asked("delete", key));
  }

  /** Lets go of what the store has open, now and after each further use. */
  close() {
    this.#isClosed = true;
    this.#traits.close?.();
  }

  /**
   * Does something with the store while it works; a failure is its last.
   *
   * @param {() => Promise<unknown>} act
   */
  async #unlessFailed(act) {
    if (this.#hasFailed) return;
    try {
      this.#tried ??= this.#traits.isTried ? this.#try() : Promise.resolve();
      await this.#tried;
      await act();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#isClosed || this.#hasFailed) this.#traits.close?.();
  }

  /**
   * @param {"get" | "set" | "delete"} method
   * @param {[key: string, value?: any]} given
   * @returns {Promise<any>}
   */
  async #asked(method, ...given) {
    return await within(PATIENCE_MS, this.#store[method](...given), () => {
      const place = this.#traits.place ?? "the token store";
      return new StoreProblem(`${place} did not answer within ${PATIENCE_MS / 1000} s`);
    });
  }

  /** @param {string} key */
  async #read(key) {
    try {
      const kept = await this.#asked("get", key);
      if (kept === null || kept === undefined) this.#memory.delete(key);
      else this.#memory.set(key, unpack(kept));
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      this.#memory.delete(key);
      await this.#asked("delete", key);
      this.#degraded("a record of tokens was damaged, or of another release, and was removed; sign in again");
    }
  }

  /** A real write: some storages are there and keep nothing. */
  async #try() {
    const [key, written] = [`sliderule probe ${Math.random()}`, String(Math.random())];
    await this.#asked("set", key, written);
    const read = await this.#asked("get", key);
    await this.#asked("delete", key);
    if (read !== written) throw new StoreProblem(`${this.#traits.place} does not keep what is written to it`);
  }

  /**
   * Removes a record from a store that has failed, if that can be done.
   *
   * @param {string} key
   */
  async #remove(key) {
    try {
      await this.#asked("delete", key);
    } catch {
      // It has been told that it fails.
    }
    this.#traits.close?.();
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const what = whatHappened(error, this.#traits.place);
    this.#degraded(`${what}; tokens are kept in memory from now on, and a new page or program has to sign in again`);
  }
}
