/**
 * The decoder of a record stream: the WebAssembly one, and what it tells.
 *
 * @module
 */

import { fromFailure } from "../errors.js";
import { Items } from "./items.js";

/** @import { Instance } from "../instance.js" */

/** What the decoder says of itself, bit by bit: see `src/decoder.rs`. */
const STATE = { gathering: 1, waiting: 2, failed: 4 };

/** Each call that decodes gives the batches and messages that are whole by then, in the order of the stream. */
export class RecordDecoder {
  #items = new Items();
  #decoder;

  /**
   * @param {Instance} instance Of the module, which the session uses.
   * @param {string | null} release The server's, where it is known.
   * @param {string[]} whole The types whose records are not taken apart into rows.
   */
  constructor(instance, release, whole) {
    this.#decoder = instance.decoder(release ?? "", this.#items);
    for (const recordType of whole) this.#decoder.keepWhole(recordType);
  }

  /** @param {Uint8Array} chunk */
  push(chunk) {
    return this.#decoded(() => this.#decoder.push(chunk));
  }

  /** The rows that wait for their batch to become full. */
  flush() {
    return this.#decoded(() => this.#decoder.flush());
  }

  /** Whether `flush` would give anything. */
  isGathering() {
    return this.#is(STATE.gathering);
  }

  /** Whether records wait for a definition; then `needs` says which. */
  isWaiting() {
    return this.#is(STATE.waiting);
  }

  needs() {
    this.#decoder.needs();
    return this.#items.takeNeeds();
  }

  /**
   * @param {string} recordType
   * @param {string} definition As the server wrote it.
   */
  define(recordType, definition) {
    this.#items.forgetLayouts();
    return this.#decoded(() => this.#decoder.define(recordType, definition));
  }

  /** Whether the stream is damaged, and nothing but what `flush` gives can come any more. */
  hasFailed() {
    return this.#is(STATE.failed);
  }

  /** Ends the stream; throws if it is not whole. */
  finish() {
    this.#decoded(() => this.#decoder.finish());
  }

  free() {
    this.#decoder.free();
  }

  /** @param {() => void} act */
  #decoded(act) {
    try {
      act();
      return this.#items.take();
    } catch (failure) {
      throw fromFailure(failure);
    }
  }

  /** @param {number} state */
  #is(state) {
    return (this.#decoder.state() & state) !== 0;
  }
}
