/**
 * What the program says: results on stdout, everything else on stderr.
 *
 * With `json`, stdout holds one JSON document, or one for each line, and stderr an error as one; nothing else is said. With
 * `quiet`, only results and errors are.
 *
 * @module
 */

import { once } from "node:events";

import { SlideRuleError } from "../errors.js";
import { OutputClosed } from "./exit-codes.js";

/** @import { StillAskedFor } from "./standing.js" */

export class Output {
  #stdout;
  #stderr;
  /** @type {Error | undefined} */
  #broken;

  /**
   * @param {{ json: boolean, quiet: boolean }} manner
   * @param {{ stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream }} [streams]
   */
  constructor({ json, quiet }, { stdout, stderr } = process) {
    this.json = json;
    this.quiet = quiet;
    this.#stdout = stdout;
    this.#stderr = stderr;
    const broken = (/** @type {NodeJS.ErrnoException} */ error) => {
      this.#broken = error.code === "EPIPE" ? new OutputClosed("nobody reads the output any more") : error;
    };
    stdout.on("error", broken);
    // Where even errors can be told to nobody, the exit code has to do.
    stderr.on("error", () => {});
  }

  /** Whether people see remarks: neither `json` nor `quiet`. */
  get isTalkative() {
    return !this.json && !this.quiet;
  }

  /** The terminal on which progress may be drawn; nothing where there is none. */
  get terminal() {
    return this.#stderr.isTTY && process.env.TERM !== "dumb" ? this.#stderr : undefined;
  }

  /** Whether results go to a terminal. */
  get isShown() {
    return this.#stdout.isTTY === true;
  }

  /**
   * The result: the value for programs, or lines for people.
   *
   * @param {unknown} value
   * @param {string[]} lines
   */
  async result(value, lines) {
    if (this.json) await this.write(`${JSON.stringify(value)}\n`);
    else if (lines.length > 0) await this.write(`${lines.join("\n")}\n`);
  }

  /**
   * Writes to stdout as it is, as quickly as it is read.
   *
   * @param {string | Uint8Array} chunk
   */
  async write(chunk) {
    if (this.#broken === undefined && !this.#stdout.write(chunk)) {
      await once(this.#stdout, "drain").catch(() => {});
    }
    if (this.#broken !== undefined) throw this.#broken;
  }

  /**
   * A remark, for people.
   *
   * @param {string} line
   */
  say(line) {
    if (this.isTalkative) this.#stderr.write(`${line}\n`);
  }

  /** @param {{ message: string }} warning */
  warn({ message }) {
    this.say(`warning: ${message}`);
  }

  /**
   * @param {unknown} error
   * @param {number} exitCode
   */
  fail(error, exitCode) {
    if (error instanceof OutputClosed) return;
    const message = error instanceof Error ? error.message : String(error);
    if (this.json) this.#stderr.write(`${JSON.stringify({ error: detailsOf(error, message), exitCode })}\n`);
    else this.#stderr.write(`sliderule-wasm: ${message}\n`);
  }
}

/**
 * @param {unknown} error
 * @param {string} message
 */
function detailsOf(error, message) {
  if (!(error instanceof SlideRuleError)) return { code: null, message };
  const { code, endpoint, status, retryable } = error;
  const details = { code, message, endpoint, status, retryable };
  const { requestId, expiresAt } = /** @type {Partial<StillAskedFor>} */ (error);
  return requestId === undefined ? details : { ...details, requestId, expiresAt };
}
