/**
 * The records of a processing request, read as they are asked for.
 *
 * @module
 */

import { notify } from "../callbacks.js";
import { Disposing } from "../dispose.js";
import { invalid, SlideRuleError } from "../errors.js";
import { either, unlessAborted } from "../signals.js";
import { joinAncillary } from "./ancillary.js";
import { Chunks } from "./chunks.js";
import { batch, joined, rawColumns } from "./columns.js";
import { RecordDecoder } from "./decoder.js";
import { FileTransfers } from "./files.js";
import { Messages } from "./messages.js";
import { aMoment, atOnce, Pace, soon } from "./pace.js";
import { wholeRecord } from "./whole-record.js";

/**
 * @import {
 *   Batch, RecordStream as Stream, ServerMessage, StreamedFile, StreamProgress, StreamResult,
 * } from "../index.js"
 */

const LEVELS = /** @type {const} */ (["debug", "info", "warning", "error", "critical"]);
/** How much is decoded at a time: a bound on the memory that a chunk takes, whatever the chunk. */
const PIECE = 64 * 1024;
/** How long rows wait for more of their batch before they are handed over, in milliseconds. */
const LINGER_MS = 10;
/** How long a failed stream waits for what `onFile` began to clean up behind itself, in milliseconds. */
const CLEAN_UP_MS = 2000;

/**
 * @typedef {object} Settings
 * @property {(signal: AbortSignal) => Promise<Opened>} open Sends the request.
 * @property {object} parameters What was asked for; it names the ancillary fields.
 * @property {number} timeoutMs
 * @property {AbortSignal} [signal]
 * @property {(progress: StreamProgress) => void} [onProgress]
 * @property {(message: ServerMessage) => void} [onMessage]
 * @property {(file: StreamedFile) => unknown} [onFile]
 * @property {Record<string, (record: any) => unknown>} [callbacks]
 * @property {boolean} [allowPartial]
 */

/**
 * @typedef {object} Opened An answer that has begun.
 * @property {Response} response
 * @property {import("../instance.js").Instance} instance What decodes it; the stream fails with it.
 * @property {string | null} release The server's, where it is known: it says what exceptions mean.
 * @property {(recordType: string) => Promise<string>} definition The layout of a record type, as the server wrote it.
 * @property {(end: (reason: unknown) => void) => () => void} whileOpen Has the stream ended with its session.
 */

/** @implements {Stream} */
export class RecordStream extends Disposing {
  #settings;
  #begun = false;
  #ending = new AbortController();
  #bytes = 0;
  #rows = 0;
  #messages = new Messages();
  /** @type {FileTransfers | undefined} */
  #transfers;
  /** What the server said is missing from the result, first things first. */
  #complaint = "";

  /** @param {Settings | SlideRuleError} settings An error to fail with, where the options were wrong. */
  constructor(settings) {
    super("dispose");
    this.#settings = settings;
  }

  get messages() {
    return this.#messages.all;
  }

  get files() {
    return this.#transfers?.files ?? [];
  }

  get remoteFiles() {
    return this.#transfers?.remoteFiles ?? [];
  }

  [Symbol.asyncIterator]() {
    const batches = this.#read(this.#begin());
    const leave = batches.return.bind(batches);
    // A generator alone would leave only once the server has said something more.
    batches.return = (value) => {
      this.#ending.abort(left());
      return leave(value);
    };
    return batches;
  }

  /** @returns {Promise<StreamResult>} */
  async collect() {
    const settings = this.#begin();
    /** @type {Batch[]} */
    const batches = [];
    for await (const each of this.#read({ ...settings, allowPartial: true })) batches.push(each);
    const pace = new Pace();
    const tables = await joined(batches, () => (pace.isOver() ? pace.rest() : undefined));
    const result = {
      tables: joinAncillary(tables, settings.parameters),
      messages: this.messages,
      warnings: this.messages.filter(({ meaning }) => meaning !== "progress"),
      files: this.files,
      remoteFiles: this.remoteFiles,
      bytes: this.#bytes,
    };
    if (this.#complaint !== "" && !settings.allowPartial) {
      const error = incomplete(this.#complaint);
      error.partial = result;
      throw error;
    }
    return result;
  }

  dispose() {
    this.#ending.abort(invalid("the stream was disposed of"));
  }

  #begin() {
    this.#ending.signal.throwIfAborted();
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
    // Whatever ends the stream before its end: the caller, the session, a file that could not be taken.
    const ending = this.#ending;
    const { signal, untie } = either(settings.signal, ending.signal);
    const { response, instance, release, definition, whileOpen } = await settings.open(signal).catch((error) => {
      untie();
      throw error;
    });
    const end = (/** @type {unknown} */ reason) => ending.abort(reason);
    const unwatch = [whileOpen(end), instance.watch(end), untie];
    const chunks = new Chunks(response, { signal, timeoutMs: settings.timeoutMs });
    const decoder = new RecordDecoder(instance, release, Object.keys(settings.callbacks ?? {}));
    const transfers = new FileTransfers({ onFile: settings.onFile, onFailure: end });
    signal.addEventListener("abort", () => transfers.fail(signal.reason));
    this.#transfers = transfers;
    const sinks = { settings, transfers, signal };
    const pace = new Pace();
    /** Since when rows have waited for more of their batch. */
    let gathering = 0;
    const flush = () => {
      gathering = 0;
      return this.#take(decoder.flush(), sinks);
    };
    /** @type {{ reason: unknown } | undefined} */
    let failure = { reason: left() };
    try {
      let next = chunks.next();
      for (;;) {
        // Whoever leaves while rows are handed over awaits it no more.
        next.catch(() => {});
        const arrived = await atOnce(next);
        if (decoder.isGathering()) {
          gathering ||= performance.now();
          const left = gathering + LINGER_MS - performance.now();
          if (left <= 0 || !(arrived || (await soon(next, left)))) yield* flush();
        }
        const chunk = await next.catch((error) => error);
        if (chunk === undefined) break;
        if (!(chunk instanceof Uint8Array)) {
          // What came whole before the stream broke off is handed over; who ended it wants no more.
          if (chunk?.code === "stream_truncated") yield* flush();
          throw chunk;
        }
        if (!arrived) {
          // Whoever sends has to be woken for each gap in the reading, which takes as long as decoding a chunk.
          await chunks.readAhead(aMoment);
          pace.rested();
        }
        for (let at = 0; at < chunk.length; at += PIECE) {
          const piece = chunk.subarray(at, at + PIECE);
          this.#bytes += piece.length;
          const items = decoder.push(piece);
          if (items.length > 0) {
            gathering = 0;
            yield* this.#take(items, sinks);
          }
          while (decoder.isWaiting()) {
            const needs = decoder.needs();
            const asked = Promise.all(needs.map(definition));
            await chunks.readAhead(() => asked);
            const definitions = await unlessAborted(asked, signal);
            for (const [index, recordType] of needs.entries()) {
              yield* this.#take(decoder.define(recordType, definitions[index] ?? "null"), sinks);
            }
          }
          // What came before the damage has been handed over, and nothing can come after it.
          if (decoder.hasFailed()) {
            yield* flush();
            decoder.finish();
          }
          if (pace.isOver()) await pace.rest();
        }
        notify(settings.onProgress, { bytes: this.#bytes, rows: this.#rows });
        next = chunks.next();
      }
      yield* flush();
      decoder.finish();
      await unlessAborted(transfers.finish(), signal);
      failure = undefined;
    } catch (error) {
      failure = { reason: error };
      throw error;
    } finally {
      for (const each of unwatch) each();
      chunks.close();
      decoder.free();
      if (failure !== undefined) {
        transfers.fail(failure.reason);
        await transfers.settled(CLEAN_UP_MS);
      }
    }
    if (this.#complaint !== "" && !settings.allowPartial) throw incomplete(this.#complaint);
  }

  /**
   * Brings each item, in order, to whoever it is for.
   *
   * @param {any[]} items
   * @param {{ settings: Settings, transfers: FileTransfers, signal: AbortSignal }} sinks
   * @returns {AsyncGenerator<Batch, void, undefined>}
   */
  async *#take(items, { settings, transfers, signal }) {
    for (const item of items) {
      signal.throwIfAborted();
      if (item.layout === undefined) {
        this.#hear(item, settings);
      } else if (settings.callbacks !== undefined && Object.hasOwn(settings.callbacks, item.recordType)) {
        const record = wholeRecord({ recordType: item.recordType, columns: rawColumns(item) });
        await unlessAborted(Promise.resolve(settings.callbacks[item.recordType]?.(record)), signal);
      } else if (FileTransfers.takes(item.recordType)) {
        await unlessAborted(transfers.take(batch(item)), signal);
      } else {
        this.#rows += item.length;
        yield batch(item);
      }
    }
  }

  /**
   * @param {any} item
   * @param {Settings} settings
   */
  #hear(item, settings) {
    /** @type {ServerMessage} */
    const message = { ...item, level: LEVELS[Math.max(item.level, 0)] ?? "critical" };
    this.#messages.add(message);
    if (item.meaning === "missing") this.#complaint ||= item.text || "an exception without a text";
    notify(settings.onMessage, message);
  }
}

function left() {
  return invalid("the stream was left before its end");
}

/** @param {string} complaint */
function incomplete(complaint) {
  const message = `the server reports that the result lacks data (${complaint}); pass allowPartial to take what came`;
  return new SlideRuleError("incomplete_result", message);
}
