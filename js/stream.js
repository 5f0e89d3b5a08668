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
    const result = { tables: joined(batches), messages: this.#messages, bytes: this.#bytes };
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
    const chunks = read(response, whileOpen, settings);
    const decoder = new Decoder();
    try {
      for await (const chunk of chunks) {
        this.#bytes += chunk.length;
        yield* this.#take(
          decoded(() => decoder.push(chunk)),
          settings,
        );
        for (let needs = decoder.needs(); needs.length > 0; needs = decoder.needs()) {
          const definitions = await unlessAborted(Promise.all(needs.map(definition)), settings.signal);
          for (const [index, recordType] of needs.entries()) {
            const items = decoded(() => decoder.define(recordType, definitions[index] ?? "null"));
            yield* this.#take(items, settings);
          }
        }
        notify(settings.onProgress, { bytes: this.#bytes, rows: this.#rows });
      }
      decoded(() => decoder.finish());
    } finally {
      decoder.free();
    }
    if (this.#complaint !== undefined && !settings.allowPartial) throw incomplete(this.#complaint);
  }

  /**
   * @param {any[]} items
   * @param {Settings} settings
   */
  *#take(items, settings) {
    for (const item of items) {
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

/**
 * The chunks of a body. A body that breaks off is a truncated stream; leaving the loop ends the request.
 *
 * @param {Response} response
 * @param {Opened["whileOpen"]} whileOpen
 * @param {Settings} settings
 */
async function* read(response, whileOpen, { signal, timeoutMs }) {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  /** @type {unknown} */
  let ended;
  const end = (/** @type {unknown} */ reason) => {
    ended ??= reason;
    reader.cancel(reason).catch(() => {});
  };
  const unwatch = whileOpen(end);
  const onAbort = () => end(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      const timer = setTimeout(() => end(silent(timeoutMs, response.url)), timeoutMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (ended !== undefined) throw ended;
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw ended ?? broken(cause, response.url);
  } finally {
    unwatch();
    signal?.removeEventListener("abort", onAbort);
    reader.cancel().catch(() => {});
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
