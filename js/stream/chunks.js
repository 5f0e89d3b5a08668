/**
 * The chunks of an answer, as they are asked for.
 *
 * @module
 */

import { SlideRuleError } from "../errors.js";

/** How many bytes are read ahead at most. */
const AHEAD = 4 * 1024 * 1024;

/** The chunks of a body. A body that breaks off is a truncated stream; closing ends the request. */
export class Chunks {
  /**
   * What was read ahead, in its order; the last may still be on its way.
   *
   * @type {Promise<Uint8Array | undefined>[]}
   */
  #ahead = [];
  /** How many bytes of that are there. */
  #held = 0;
  #reader;
  #url;
  #timeoutMs;
  /** @type {{ reason: unknown } | undefined} */
  #ended;
  #untie;
  /** When the chunk was asked for that is waited for. */
  #asked = 0;
  /** How many chunks are waited for. */
  #waiting = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Response} response
   * @param {{ signal: AbortSignal, timeoutMs: number }} options
   */
  constructor(response, { signal, timeoutMs }) {
    this.#reader = response.body?.getReader();
    this.#url = response.url;
    this.#timeoutMs = timeoutMs;
    const onAbort = () => this.#end(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    this.#untie = () => signal.removeEventListener("abort", onAbort);
  }

  /**
   * The next chunk; nothing at the end.
   *
   * @returns {Promise<Uint8Array | undefined>}
   */
  next() {
    const next = this.#ahead.shift();
    if (next === undefined) return this.#read();
    next.then(
      (chunk) => {
        this.#held -= chunk?.length ?? 0;
      },
      () => {},
    );
    return next;
  }

  /**
   * Goes on reading: until enough is there, or what else is waited for comes before a chunk does.
   *
   * @param {() => Promise<unknown>} other Called for each chunk.
   */
  async readAhead(other) {
    while (this.#held < AHEAD) {
      const next = this.#read();
      this.#ahead.push(next);
      const isMore = next.then((chunk) => {
        this.#held += chunk?.length ?? 0;
        return chunk !== undefined;
      });
      // At the end, and where the body broke off, there is nothing more to read.
      const first = Promise.race([isMore, other().then(() => false)]);
      if (!(await first.catch(() => false))) return;
    }
  }

  /** @returns {Promise<Uint8Array | undefined>} */
  async #read() {
    if (this.#reader === undefined) return undefined;
    this.#asked = performance.now();
    this.#waiting += 1;
    // One timer serves many chunks: setting one for each would cost more than reading it.
    this.#timer ??= setTimeout(() => this.#look(), this.#timeoutMs);
    try {
      const { done, value } = await this.#reader.read();
      if (this.#ended === undefined) return done ? undefined : value;
    } catch (cause) {
      if (this.#ended === undefined) throw broken(cause, this.#url);
    } finally {
      this.#waiting -= 1;
    }
    throw this.#ended.reason;
  }

  close() {
    clearTimeout(this.#timer);
    this.#untie();
    this.#reader?.cancel().catch(() => {});
  }

  /** @param {unknown} reason */
  #end(reason) {
    this.#ended ??= { reason };
    // Whoever reads no more never closes it.
    clearTimeout(this.#timer);
    this.#reader?.cancel(reason).catch(() => {});
  }

  #look() {
    this.#timer = undefined;
    if (this.#waiting === 0) return;
    const left = this.#asked + this.#timeoutMs - performance.now();
    if (left <= 0) this.#end(silent(this.#timeoutMs, this.#url));
    else this.#timer = setTimeout(() => this.#look(), left);
  }
}

/**
 * @param {unknown} cause
 * @param {string} endpoint
 */
function broken(cause, endpoint) {
  const message = "the stream broke off before its end, so the result would lack rows; send the request again";
  return new SlideRuleError("stream_truncated", message, { endpoint, retryable: true, cause });
}

/**
 * @param {number} timeoutMs
 * @param {string} endpoint
 */
function silent(timeoutMs, endpoint) {
  const message = `the server sent nothing for ${timeoutMs} ms; allow more with timeoutMs`;
  return new SlideRuleError("timed_out", message, { endpoint, retryable: true });
}
