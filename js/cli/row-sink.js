/**
 * Where rows go: standard output as they come, or a file that is there once it is complete.
 *
 * Always: a path that cannot be written is refused before anything is asked for. What turns out wrong later is no wrong use
 * any more, since something was done.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";

import { invalid } from "../errors.js";
import { csvHeader, csvLines, jsonLines } from "./row-text.js";

/**
 * @import { FileHandle } from "node:fs/promises"
 * @import { Batch } from "../index.js"
 * @import { Output } from "./output.js"
 */

export class RowSink {
  /** Rows by record type. @type {Record<string, number>} */
  counts = {};
  /** Whether the file is there, and holds nothing. */
  isEmptyFile = false;
  #path;
  #draft;
  #format;
  #recordType;
  #output;
  /** @type {FileHandle | undefined} */
  #file;
  /** The columns of a CSV are those of one record type. @type {string | undefined} */
  #headed;

  /** @param {{ path: string | undefined, format: string, recordType: unknown, output: Output }} settings */
  constructor({ path, format, recordType, output }) {
    this.#path = path;
    this.#draft = `${path}.${randomUUID()}.part`;
    this.#format = format;
    this.#recordType = recordType;
    this.#output = output;
  }

  /**
   * Opens the draft, beside the place of the file.
   *
   * @param {boolean} mayBeFolder Whether the answer may be a file of the service's, which a folder can take.
   */
  async open(mayBeFolder) {
    if (this.#path === undefined) return;
    const there = await stat(this.#path).catch(() => undefined);
    if (there?.isDirectory()) {
      if (mayBeFolder) return;
      throw invalid(`--output: ${this.#path} is a folder, which only files of the service can go to; name a file`);
    }
    if (this.#path === "" || there?.isFile() === false) {
      throw invalid(`--output: ${this.#path || "nothing"} is no file; leave --output out to write to standard output`);
    }
    this.#file = await open(this.#draft, "wx").catch((error) => {
      throw invalid(`--output: ${this.#path} cannot be written: ${error.message}`);
    });
  }

  /** @param {Batch} batch */
  async take(batch) {
    const { recordType, length } = batch;
    if (this.#recordType !== undefined && recordType !== this.#recordType) return;
    await this.write(this.#format === "csv" ? this.#csv(batch) : jsonLines(batch));
    this.counts[recordType] = (this.counts[recordType] ?? 0) + length;
  }

  /**
   * Writes what has been made of an answer.
   *
   * @param {string} text
   */
  async write(text) {
    if (this.#path === undefined) return this.#output.write(text);
    if (this.#file === undefined) {
      throw new Error(`the answer has rows, and ${this.#path} is a folder; let --output be a file`);
    }
    await this.#file.writeFile(text);
  }

  /** Whether there were any. */
  get hasRows() {
    return Object.keys(this.counts).length > 0;
  }

  /**
   * Puts the file where it belongs, an empty one where there were no rows: what was there before is no answer.
   *
   * @param {{ isElsewhere: boolean }} answer Whether the answer is a file that has been saved already.
   */
  async finish({ isElsewhere }) {
    if (this.#file === undefined || this.#path === undefined) return;
    if (isElsewhere && !this.hasRows) return this.abandon();
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#draft, this.#path);
    this.isEmptyFile = !this.hasRows;
    this.#file = undefined;
  }

  /** Removes what has been written. */
  async abandon() {
    if (this.#file === undefined) return;
    await this.#file.close().catch(() => {});
    await rm(this.#draft, { force: true });
    this.#file = undefined;
  }

  /** @param {Batch} batch */
  #csv(batch) {
    if (this.#headed === undefined) {
      this.#headed = batch.recordType;
      return csvHeader(batch) + csvLines(batch);
    }
    if (this.#headed === batch.recordType) return csvLines(batch);
    throw new Error(`the answer has rows of ${this.#headed} and of ${batch.recordType}; choose with --record`);
  }
}
