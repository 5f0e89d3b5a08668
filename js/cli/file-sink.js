/**
 * Where a whole file goes that a service makes, such as a Parquet file: under the path that was asked for, or to a program
 * that reads standard output.
 *
 * Always: what goes wrong here is no wrong use, since by then the service has done its work.
 *
 * @module
 */

import { basename, join } from "node:path";
import { statSync } from "node:fs";

import { SlideRuleError } from "../errors.js";
import { saveFile } from "../node.js";

/**
 * @import { StreamedFile } from "../index.js"
 * @import { Output } from "./output.js"
 */

export class FileSink {
  /** @type {{ name: string, path: string, size: number }[]} */
  saved = [];
  #path;
  #output;
  #taken = 0;

  /** @param {{ path: string | undefined, output: Output }} settings */
  constructor({ path, output }) {
    this.#path = path;
    this.#output = output;
  }

  /** @param {StreamedFile} file */
  async take(file) {
    this.#taken += 1;
    if (this.#path === undefined) return this.#show(file);
    const { path, size } = await saveFile(file, this.#placeOf(file)).catch((error) => {
      // To the library the path is an argument.
      const isOurs = error instanceof SlideRuleError && error.code === "invalid_argument";
      throw isOurs ? new Error(`--output: ${error.message.replace(/^saveFile: /, "")}`, { cause: error }) : error;
    });
    this.saved.push({ name: file.name, path, size });
  }

  /** @param {StreamedFile} file */
  #placeOf({ name }) {
    const path = String(this.#path);
    // What the server calls a file is no path: only its last part is used, and only in a folder that was asked for.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return join(path, plainName(name));
    if (this.#taken > 1) throw new Error("the answer has several files; let --output be a folder");
    return path;
  }

  /** @param {StreamedFile} file */
  async #show({ name, size, stream }) {
    if (this.#output.isShown)
      throw new Error(`the answer is a file, ${plainName(name)}; say where it goes with --output`);
    if (this.#taken > 1) throw new Error("the answer has several files; let --output be a folder");
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) await this.#output.write(next.value);
    this.saved.push({ name, path: "-", size });
  }
}

/** @param {string} name */
function plainName(name) {
  const last = basename(name.replaceAll("\\", "/")).replaceAll(/[^\w.-]/g, "_");
  return /^\.*$/.test(last) ? "file" : last;
}
