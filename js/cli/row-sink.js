/**
 * Where rows go: standard output as they come, or a file that is there once it is complete.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";

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

  /** @param {Batch} batch */
  async take(batch) {
    const { recordType, length } = batch;
    if (this.#recordType !== undefined && recordType !== this.#recordType) return;
    await this.#write(this.#format === "csv" ? this.#csv(batch) : jsonLines(batch));
    this.counts[recordType] = (this.counts[recordType] ?? 0) + length;
  }

  /** Puts the file where it belongs. */
  async finish() {
    if (this.#file === undefined || this.#path === undefined) return;
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#draft, this.#path);
    this.#file = undefined;
  }

  /** Removes what has been written. */
  async abandon() {
    if (this.#file === undefined) return;
    await this.#file.close().catch(() => {});
    await rm(this.#draft, { force: true });
  }

  /** @param {Batch} batch */
  #csv(batch) {
    if (this.#headed === undefined) {
      this.#headed = batch.recordType;
      return csvHeader(batch) + csvLines(batch);
    }
    if (this.#headed === batch.recordType) return csvLines(batch);
    throw invalid(`the answer has rows of ${this.#headed} and of ${batch.recordType}; choose with --record`);
  }

  /** @param {string} text */
  async #write(text) {
    if (this.#path === undefined) return this.#output.write(text);
    this.#file ??= await open(this.#draft, "wx").catch((error) => {
      throw invalid(`--output: ${this.#path} cannot be written: ${error.message}`);
    });
    await this.#file.writeFile(text);
  }
}
