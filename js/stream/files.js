/**
 * Files that a cluster sends inside a record stream, such as the Parquet file of a request with `output`.
 *
 * A file is announced by `arrowrec.meta`, comes in pieces as `arrowrec.data`, and is checked by `arrowrec.eof` where
 * the server sends that. Several may come at once, told apart by their names. `arrowrec.remote` says where the server
 * has put a file instead of sending it.
 *
 * Always: a file counts as whole only if exactly the announced bytes have come and no checksum says otherwise; what is
 * read from the stream stays bounded, since its records wait for whoever reads the files; and the names are text of the
 * server's, keys and labels, never paths.
 *
 * @module
 */

import { SlideRuleError } from "../errors.js";
import { unlessAborted } from "../signals.js";
import { bytes, DATA, EOF, integer, META, malformed, REMOTE, size, text } from "./file-records.js";
import { FileTransfer, quoted, tooLarge } from "./file-transfer.js";
import { soon } from "./pace.js";

/** @import { Batch, FileResult, RemoteFile, StreamedFile } from "../index.js" */

const RECORD_TYPES = new Set([META, DATA, EOF, REMOTE]);
/** How much files may take in memory unless the caller says. */
const LIMIT = 2 * 1024 ** 3;
/** How many files a stream may hold; each costs memory even where it has no bytes. */
const FILES = 1000;
/**
 * How long a reader may hold up the stream before files whose bytes have all come are called whole without waiting for
 * a checksum, where the server has not sent any: it may wait for just that.
 */
const GRACE_MS = 5000;

export class FileTransfers {
  #onFile;
  #budget;
  /** @type {Map<string, FileTransfer>} The last file of each name, also when it is whole: its checksum may follow. */
  #transfers = new Map();
  /** @type {Set<FileTransfer>} Files whose bytes have come and whose readers do not know yet that they are whole. */
  #full = new Set();
  /** @type {Set<Promise<void>>} What `onFile` has returned that has not settled. */
  #handlers = new Set();
  /** Aborted when the files are to fail. */
  #failing = new AbortController();
  /** Files announced so far. */
  #begun = 0;
  /** Whether the server sends checksums. */
  #verifies = false;
  #onFailure;
  /** @type {FileResult[]} */
  files = [];
  /** @type {RemoteFile[]} */
  remoteFiles = [];

  /**
   * @param {{ onFile?: (file: StreamedFile) => unknown, limit?: number, onFailure?: (reason: unknown) => void }} [options]
   *   `limit` bounds the bytes that are gathered in memory at a time; without `onFile`, all files are. `onFailure` hears
   *   at once of what `onFile` throws or rejects with.
   */
  constructor({ onFile, limit = LIMIT, onFailure } = {}) {
    this.#onFailure = onFailure;
    this.#onFile = onFile ?? ((file) => this.#gather(file));
    this.#budget = { limit, held: 0, keeps: onFile === undefined };
  }

  /** @param {string} recordType */
  static takes(recordType) {
    return RECORD_TYPES.has(recordType);
  }

  /**
   * Takes the records of a batch, in their order. While it waits for a slow reader only `fail` ends the wait.
   *
   * @param {Batch} batch
   */
  async take(batch) {
    try {
      for (let row = 0; row < batch.length; row += 1) {
        this.#failing.signal.throwIfAborted();
        await this.#record(batch, row);
      }
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /**
   * Ends all files that are not whole yet, with the reason; what waits rejects with it. The first reason stays.
   *
   * @param {unknown} reason
   */
  fail(reason) {
    if (this.#failing.signal.aborted) return;
    this.#failing.abort(reason);
    for (const transfer of this.#transfers.values()) transfer.fail(reason);
  }

  /**
   * Ends the stream: all files must be whole. Resolves once all that `onFile` returned has settled, so that what it
   * began, such as saving a file, is done or has failed.
   */
  async finish() {
    for (const transfer of this.#transfers.values()) {
      if (!transfer.isFull) this.fail(truncated(transfer));
    }
    const { signal } = this.#failing;
    signal.throwIfAborted();
    this.#settle();
    while (this.#handlers.size > 0) await unlessAborted(Promise.all(this.#handlers), signal);
  }

  /**
   * Waits until what `onFile` began has cleaned up behind itself, after a failure and for a while at most.
   *
   * @param {number} atMostMs
   */
  async settled(atMostMs) {
    if (this.#handlers.size > 0) await soon(Promise.all(this.#handlers), atMostMs);
  }

  /**
   * @param {Batch} batch
   * @param {number} row
   */
  #record(batch, row) {
    switch (batch.recordType) {
      case META:
        return this.#begin(text(batch, "filename", row), size(batch, row));
      case DATA:
        return this.#continue(text(batch, "filename", row), bytes(batch, row));
      case EOF:
        return this.#verify(text(batch, "filename", row), integer(batch, "checksum", row));
      default:
        this.remoteFiles.push({ url: text(batch, "url", row), size: size(batch, row) });
    }
  }

  /**
   * @param {string} name
   * @param {number} size
   */
  #begin(name, size) {
    this.#begun += 1;
    if (this.#begun > FILES) throw tooLarge(`the stream holds more than ${FILES} files`);
    const before = this.#transfers.get(name);
    if (before !== undefined && !before.isFull) {
      throw malformed(`the file ${before.label} began again when ${progress(before)} had come`);
    }
    if (before !== undefined) this.#settle(before);
    const transfer = new FileTransfer(name, size, this.#budget);
    this.#transfers.set(name, transfer);
    if (transfer.isFull) this.#full.add(transfer);
    // Not awaited here: it may itself wait for the bytes of the file, which come only if the stream is read on.
    const handled = Promise.resolve(this.#onFile(transfer.file)).then(
      () => transfer.withdraw(),
      (error) => {
        this.fail(error);
        this.#onFailure?.(error);
      },
    );
    this.#handlers.add(handled);
    handled.then(() => this.#handlers.delete(handled));
  }

  /**
   * @param {string} name
   * @param {Uint8Array} data
   */
  async #continue(name, data) {
    const transfer = this.#known(name, DATA);
    if (data.length > transfer.file.size - transfer.received) {
      throw malformed(
        `the file ${transfer.label} was announced with ${transfer.file.size} bytes, and ${transfer.received + data.length} came`,
      );
    }
    transfer.count(data);
    while (!transfer.offer(data)) {
      const change = transfer.change();
      // Whoever holds this file up may itself wait for another one to end.
      if (this.#full.size > 0 && !this.#verifies && !(await soon(change, GRACE_MS))) this.#settle();
      await change;
      this.#failing.signal.throwIfAborted();
    }
    if (transfer.isFull && data.length > 0) this.#full.add(transfer);
  }

  /**
   * @param {string} name
   * @param {bigint} checksum
   */
  #verify(name, checksum) {
    const transfer = this.#known(name, EOF);
    this.#verifies = true;
    if (!transfer.isFull) throw malformed(`the file ${transfer.label} ended when ${progress(transfer)} had come`);
    const sum = BigInt.asUintN(64, transfer.sum);
    if (sum !== BigInt.asUintN(64, checksum)) {
      throw malformed(`the bytes of the file ${transfer.label} add up to ${sum}, not to its checksum ${checksum}`);
    }
    this.#settle(transfer);
  }

  /**
   * @param {string} name
   * @param {string} recordType
   */
  #known(name, recordType) {
    const transfer = this.#transfers.get(name);
    if (transfer === undefined) throw malformed(`${recordType} of a file ${quoted(name)} that was not announced`);
    return transfer;
  }

  /**
   * Tells readers that their files are whole. That waits for a checksum as long as it can, since it cannot be taken
   * back, and servers do not say beforehand whether one follows.
   *
   * @param {FileTransfer} [only]
   */
  #settle(only) {
    for (const transfer of this.#full) {
      if (only !== undefined && transfer !== only) continue;
      transfer.close();
      this.#full.delete(transfer);
    }
  }

  /** @param {StreamedFile} file */
  async #gather(file) {
    this.files.push({ name: file.name, size: file.size, bytes: await file.bytes() });
  }
}

/** @param {FileTransfer} transfer */
function progress({ received, file }) {
  return `${received} of its ${file.size} bytes`;
}

/** @param {FileTransfer} transfer */
function truncated(transfer) {
  const message = `the stream ended when ${progress(transfer)} of the file ${transfer.label} had come; send the request again`;
  return new SlideRuleError("stream_truncated", message, { retryable: true });
}
