/**
 * Ctrl-C, and the other ways to ask a program to end.
 *
 * Always: the first time, what is under way is ended in order; whoever asks a second time does not want to wait for that.
 *
 * @module
 */

import { exitCodeOfSignal, Interrupted } from "./exit-codes.js";

/** @type {NodeJS.Signals[]} */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

export class Interrupts {
  #abort = new AbortController();
  /** @type {((signal: NodeJS.Signals) => void) | undefined} */
  #handler;
  /** @type {NodeJS.Signals | undefined} */
  #received;
  #listener = (/** @type {NodeJS.Signals} */ signal) => this.#receive(signal);

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Aborts at the first of them, unless somebody handles it. */
  get signal() {
    return this.#abort.signal;
  }

  /** The error that the first of them means; nothing while there was none. */
  get received() {
    return this.#received === undefined ? undefined : new Interrupted(this.#received);
  }

  /**
   * Has a function hear of each of them for as long as something runs, in place of what happens otherwise.
   *
   * @template T
   * @param {(signal: NodeJS.Signals) => void} handler
   * @param {() => Promise<T>} act
   */
  async during(handler, act) {
    const before = this.#handler;
    this.#handler = handler;
    try {
      return await act();
    } finally {
      this.#handler = before;
    }
  }

  close() {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }

  /** @param {NodeJS.Signals} signal */
  #receive(signal) {
    const isFirst = this.#received === undefined;
    this.#received ??= signal;
    if (this.#handler !== undefined) this.#handler(signal);
    else if (isFirst) this.#abort.abort(new Interrupted(signal));
    else process.exit(exitCodeOfSignal(signal));
  }
}
