/**
 * A cluster on its way to a size: await it, iterate over it, or leave it.
 *
 * @module
 */

import { Disposing } from "./dispose.js";
import { SlideRuleError } from "./errors.js";

/** @import { Capacity, ScaleOperation as Operation, ScaleProgress } from "./index.js" */

/**
 * @typedef {object} Reports What a running `scaleout` tells while it runs.
 * @property {(progress: ScaleProgress) => void} progress
 * @property {(capacity: Capacity) => void} granted
 */

/** @implements {Operation} */
export class ScaleOperation extends Disposing {
  /** @type {Promise<Capacity>} */
  #promise;
  /** @type {Capacity | undefined} */
  #granted;
  /** @type {ScaleProgress[]} */
  #seen = [];
  #settled = false;
  #stopped = false;
  /** @type {(() => void)[]} */
  #waiters = [];
  #stop = new AbortController();

  /**
   * @param {(reports: Reports, stop: AbortSignal) => Promise<Capacity>} run
   */
  constructor(run) {
    super("stopWaiting");
    /** @type {Reports} */
    const reports = {
      progress: (progress) => {
        this.#seen.push(progress);
        if (this.#granted !== undefined) this.#granted = { ...this.#granted, availableNodes: progress.nodes };
        this.#wake();
      },
      granted: (capacity) => {
        this.#granted = capacity;
        if (this.#stopped) this.#stop.abort();
      },
    };
    this.#promise = run(reports, this.#stop.signal)
      .catch((error) => {
        if (this.#stop.signal.aborted && this.#granted !== undefined) return this.#granted;
        if (error instanceof SlideRuleError && error.code === "scale_timeout") error.progress = this.#seen.at(-1);
        throw error;
      })
      .finally(() => {
        this.#settled = true;
        this.#wake();
      });
    // Whoever awaits or iterates hears of a failure, even if they begin later; nobody else's program ends by it.
    this.#promise.catch(() => {});
  }

  /** What was granted, with the nodes seen last; nothing until the order is placed. The command line tells of it after a failure. */
  get granted() {
    return this.#granted;
  }

  /** Ends the wait as soon as the order is placed; until then there is nothing to leave standing. */
  stopWaiting() {
    this.#stopped = true;
    if (this.#granted !== undefined) this.#stop.abort();
  }

  /**
   * @template [T=Capacity]
   * @template [E=never]
   * @param {((capacity: Capacity) => T | PromiseLike<T>) | null} [fulfilled]
   * @param {((reason: any) => E | PromiseLike<E>) | null} [rejected]
   */
  // biome-ignore lint/suspicious/noThenProperty: being awaitable is what it is for.
  then(fulfilled, rejected) {
    return this.#promise.then(fulfilled, rejected);
  }

  /**
   * @template [E=never]
   * @param {((reason: any) => E | PromiseLike<E>) | null} [rejected]
   */
  catch(rejected) {
    return this.#promise.catch(rejected);
  }

  /** @param {(() => void) | null} [settled] */
  finally(settled) {
    return this.#promise.finally(settled);
  }

  get [Symbol.toStringTag]() {
    return "ScaleOperation";
  }

  /** Every report from the beginning on, then the end; a failure is thrown. */
  async *[Symbol.asyncIterator]() {
    for (let next = 0; ; next += 1) {
      while (next >= this.#seen.length && !this.#settled) {
        await new Promise((/** @type {(value?: undefined) => void} */ resolve) => this.#waiters.push(resolve));
      }
      const progress = this.#seen[next];
      if (progress === undefined) break;
      yield progress;
    }
    await this.#promise;
  }

  #wake() {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
