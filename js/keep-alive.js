/**
 * A request for nodes that lives for as long as somebody works with them.
 *
 * Always holds: at most one extension is under way, and none once it was let go: the nodes then end by themselves, after
 * the time to live at most. A page that is closed has let go. One that the browser only puts aside, and may bring back, asks
 * for nothing meanwhile, and for an extension as soon as it is back.
 *
 * @module
 */

import { LONGEST_TIMEOUT_MS } from "./deadline.js";
import { Disposing } from "./dispose.js";
import { onAbort } from "./signals.js";

/** @import { KeepAlive as Type } from "./index.js" */
/** @import { SlideRuleError } from "./errors.js" */

const MINUTE_MS = 60_000;
/** The shortest pause between two extensions, also after one that failed in passing, but not after a fault of the client's own. */
const SHORTEST_PAUSE_MS = 15_000;

/** @implements {Type} */
export class KeepAlive extends Disposing {
  #letGo = new AbortController();
  #isAsking = false;
  /** Whether the last extension failed by a fault of the client's own. */
  #hasFailed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Date | null} */
  #expiresAt = null;
  #minutes;
  #extend;
  #refused;

  /**
   * @param {object} request
   * @param {number} request.minutes How long the request shall live beyond each extension.
   * @param {(signal: AbortSignal) => Promise<{ expiresAt: Date }>} request.extend
   * @param {(error: SlideRuleError) => void} request.refused Hears why it is kept alive no more.
   * @param {(stop: () => void) => () => void} request.until Has it stopped with whatever it depends on.
   */
  constructor({ minutes, extend, refused, until }) {
    super("stop");
    this.#minutes = minutes;
    this.#extend = extend;
    this.#refused = refused;
    const stop = () => this.stop();
    const hide = (/** @type {any} */ { persisted }) => {
      if (!persisted) stop();
    };
    const show = (/** @type {any} */ { persisted }) => {
      if (persisted) void this.#again();
    };
    const { signal } = this.#letGo;
    globalThis.addEventListener?.("pagehide", hide, { signal });
    globalThis.addEventListener?.("pageshow", show, { signal });
    onAbort(signal, until(stop));
    if (!this.stopped) void this.#again();
  }

  /** When the request ends if nothing extends it; null before the first extension. */
  get expiresAt() {
    return this.#expiresAt;
  }

  get stopped() {
    return this.#letGo.signal.aborted;
  }

  stop() {
    if (this.stopped) return;
    this.#letGo.abort();
    clearTimeout(this.#timer);
  }

  async #again() {
    if (this.#isAsking) return;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    let pause = Math.max((this.#minutes * MINUTE_MS) / 2, SHORTEST_PAUSE_MS);
    try {
      const { expiresAt } = await this.#extend(this.#letGo.signal);
      this.#expiresAt = expiresAt;
      this.#hasFailed = false;
    } catch (/** @type {any} */ error) {
      if (this.stopped) return;
      const isFirstFault = error.code === "internal_error" && !this.#hasFailed;
      if (!isFirstFault && !error.retryable) {
        this.stop();
        this.#refused(error);
        return;
      }
      // After a fault the next call has a fresh instance of the module, so that one fault says nothing of the request.
      this.#hasFailed ||= isFirstFault;
      pause = isFirstFault ? 0 : Math.max(pause / 10, SHORTEST_PAUSE_MS);
    } finally {
      this.#isAsking = false;
    }
    if (this.stopped) return;
    this.#timer = setTimeout(() => this.#again(), Math.min(pause, LONGEST_TIMEOUT_MS));
    // Whoever forgets to let go must still be able to end the program.
    /** @type {{ unref?: () => void }} */ (/** @type {unknown} */ (this.#timer)).unref?.();
  }
}
