/**
 * The records of a processing request, read as they are asked for.
 *
 * @module
 */

import { Decoder } from "../pkg/sliderule_wasm.js";
import { notify } from "./callbacks.js";
import { batch, joined } from "./columns.js";
import { fromFailure, invalid, SlideRuleError } from "./errors.js";

/** @import { Batch, RecordStream as Stream, ServerMessage, StreamProgress, StreamResult } from "./index.js" */

const LEVELS = /** @type {const} */ (["debug", "info", "warning", "error", "critical"]);
/** From this level on a message says that something is missing from the result. */
const ERROR = 3;
/** How much is decoded at a time: a bound on the memory that a chunk takes, whatever the chunk. */
const PIECE = 64 * 1024;
/** How long rows wait for more of their batch before they are handed over, in milliseconds. */
const LINGER_MS = 10;
/** How long decoding may hold up everything else in a page, in milliseconds; half a frame. */
const SLICE_MS = 8;

/**
 * @typedef {object} Settings
 * @property {() => Promise<Opened>} open Sends the request.
 * @property {number} timeoutMs
 * @property {AbortSignal} [signal]
 * @property {(progress: StreamProgress) => void} [onProgress]
 * @property {(message: ServerMessage) => void} [onMessage]
 * @property {boolean} [allowPartial]
 */

/**
 * @typedef {object} Opened An answer that has begun.
 * @property {Response} response
 * @property {(recordType: string) => Promise<string>} definition The layout of a record type, as the server wrote it.
 * @property {(end: (reason: unknown) => void) => () => void} whileOpen Has the stream ended with its session.
 */

/** @implements {Stream} */
export class RecordStream {
  #settings;
  #begun = false;
  #bytes = 0;
  #rows = 0;
  /** @type {ServerMessage[]} */
  #messages = [];
  /** @type {string | undefined} */
  #complaint;

  /** @param {Settings | SlideRuleError} settings An error to fail with, where the options were wrong. */
  constructor(settings) {
    this.#settings = settings;
  }

  [Symbol.asyncIterator]() {
    return this.#read(this.#begin());
  }

  /** @returns {Promise<StreamResult>} */
  async collect() {
    const settings = this.#begin();
    /** @type {Batch[]} */
    const batches = [];
    for await (const each of this.#read({ ...settings, allowPartial: true })) batches.push(each);
    const pace = new Pace();
    const tables = await joined(batches, () => (pace.isOver() ? pace.rest() : undefined));
    const result = { tables, messages: this.#messages, bytes: this.#bytes };
    if (this.#complaint !== undefined && !settings.allowPartial) {
      const error = incomplete(this.#complaint);
      error.partial = result;
      throw error;
    }
    return result;
  }

  #begin() {
    if (this.#settings instanceof SlideRuleError) throw this.#settings;
    if (this.#begun) throw invalid("a stream can be read once; call stream again");
    this.#begun = true;
    return this.#settings;
  }

  /**
   * @param {Settings} settings
   * @returns {AsyncGenerator<Batch, void, undefined>}
   */
  async *#read(settings) {
    const { response, definition, whileOpen } = await settings.open();
    const chunks = new Chunks(response, whileOpen, settings);
    const decoder = new Decoder();
    const pace = new Pace();
    try {
      let next = chunks.next();
      for (;;) {
        // Whoever leaves while rows are handed over awaits it no more.
        next.catch(() => {});
        if (decoder.isGathering() && !(await soon(next)))
          yield* this.#take(
            decoded(() => decoder.flush()),
            settings,
          );
        const chunk = await next.catch((error) => error);
        if (chunk === undefined) break;
        if (!(chunk instanceof Uint8Array)) {
          // What came whole before the stream broke off is handed over; who ended it wants no more.
          if (chunk?.code === "stream_truncated")
            yield* this.#take(
              decoded(() => decoder.flush()),
              settings,
            );
          throw chunk;
        }
        for (let at = 0; at < chunk.length; at += PIECE) {
          const piece = chunk.subarray(at, at + PIECE);
          this.#bytes += piece.length;
          yield* this.#take(
            decoded(() => decoder.push(piece)),
            settings,
          );
          for (let needs = decoder.needs(); needs.length > 0; needs = decoder.needs()) {
            const definitions = await unlessAborted(Promise.all(needs.map(definition)), settings.signal);
            for (const [index, recordType] of needs.entries()) {
              const items = decoded(() => decoder.define(recordType, definitions[index] ?? "null"));
              yield* this.#take(items, settings);
            }
          }
          if (pace.isOver()) await pace.rest();
        }
        notify(settings.onProgress, { bytes: this.#bytes, rows: this.#rows });
        next = chunks.next();
      }
      yield* this.#take(
        decoded(() => decoder.flush()),
        settings,
      );
      decoded(() => decoder.finish());
    } finally {
      decoder.free();
      chunks.close();
    }
    if (this.#complaint !== undefined && !settings.allowPartial) throw incomplete(this.#complaint);
  }

  /**
   * @param {any[] | undefined} items
   * @param {Settings} settings
   */
  *#take(items, settings) {
    for (const item of items ?? []) {
      if (item.columns !== undefined) {
        this.#rows += item.rows;
        yield batch(item);
        continue;
      }
      /** @type {ServerMessage} */
      const message = {
        recordType: item.recordType,
        level: LEVELS[Math.min(Math.max(item.level, 0), 4)] ?? "critical",
        code: item.code ?? null,
        text: item.text,
      };
      this.#messages.push(message);
      if (item.level >= ERROR) this.#complaint ??= item.text;
      notify(settings.onMessage, message);
    }
  }
}

/** Lets other work in between: a body that has arrived already would otherwise be decoded in one go. */
class Pace {
  #began = performance.now();

  isOver() {
    return performance.now() - this.#began > SLICE_MS;
  }

  /** Waits for a turn of the event loop. A message takes none of the delay that timers have in pages. */
  async rest() {
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(undefined);
    });
    port1.close();
    this.#began = performance.now();
  }
}

/**
 * Whether a promise settles within a moment.
 *
 * @param {Promise<unknown>} promise
 * @returns {Promise<boolean>}
 */
function soon(promise) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LINGER_MS);
    const settle = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}

/** The chunks of a body. A body that breaks off is a truncated stream; closing ends the request. */
class Chunks {
  #reader;
  #url;
  #timeoutMs;
  /** @type {unknown} */
  #ended;
  #unwatch;
  #untie;
  /** When the chunk was asked for that is waited for. */
  #asked = 0;
  #waiting = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Response} response
   * @param {Opened["whileOpen"]} whileOpen
   * @param {Settings} settings
   */
  constructor(response, whileOpen, { signal, timeoutMs }) {
    this.#reader = response.body?.getReader();
    this.#url = response.url;
    this.#timeoutMs = timeoutMs;
    this.#unwatch = whileOpen((reason) => this.#end(reason));
    const onAbort = () => this.#end(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
    this.#untie = () => signal?.removeEventListener("abort", onAbort);
  }

  /**
   * The next chunk; nothing at the end.
   *
   * @returns {Promise<Uint8Array | undefined>}
   */
  async next() {
    if (this.#reader === undefined) return undefined;
    this.#asked = performance.now();
    this.#waiting = true;
    // One timer serves many chunks: setting one for each would cost more than reading it.
    this.#timer ??= setTimeout(() => this.#look(), this.#timeoutMs);
    try {
      const { done, value } = await this.#reader.read();
      if (this.#ended !== undefined) throw this.#ended;
      return done ? undefined : value;
    } catch (cause) {
      throw this.#ended ?? broken(cause, this.#url);
    } finally {
      this.#waiting = false;
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#untie();
    this.#reader?.cancel().catch(() => {});
  }

  /** @param {unknown} reason */
  #end(reason) {
    this.#ended ??= reason;
    this.#reader?.cancel(reason).catch(() => {});
  }

  #look() {
    this.#timer = undefined;
    if (!this.#waiting) return;
    const left = this.#asked + this.#timeoutMs - performance.now();
    if (left <= 0) this.#end(silent(this.#timeoutMs, this.#url));
    else this.#timer = setTimeout(() => this.#look(), left);
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
function unlessAborted(promise, signal) {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * @template T
 * @param {() => T} act
 */
function decoded(act) {
  try {
    return act();
  } catch (failure) {
    throw fromFailure(failure);
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

/** @param {string} complaint */
function incomplete(complaint) {
  const message = `the server reports that the result lacks data (${complaint}); pass allowPartial to take what came`;
  return new SlideRuleError("incomplete_result", message);
}
