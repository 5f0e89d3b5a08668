/**
 * What comes out of a stream, put together from what the WebAssembly decoder tells: it calls a method for each piece, and
 * lends the bytes of a column only until that method returns.
 *
 * @module
 */

import { TYPES } from "./types.js";

/** @import { RawBatch } from "./columns.js" */

/**
 * @typedef {object} RawMessage
 * @property {string} recordType
 * @property {number} level
 * @property {number | null} code
 * @property {string | null} kind
 * @property {string} meaning
 * @property {string} text
 */

export class Items {
  /** @type {(RawBatch | RawMessage)[]} */
  #items = [];
  /** @type {string[]} */
  #needs = [];
  /** @type {string | undefined} */
  #failure;
  /** What the columns of each type are called: told once, since making text costs more than copying a column. */
  #layouts = /** @type {Map<string, RawBatch["layout"]>} */ (new Map());
  /** @type {RawBatch["layout"]} */
  #layout = [];
  /** @type {any[]} */
  #values = [];
  /** @type {(Uint32Array | undefined)[] | undefined} */
  #offsets;

  /** What was told since the last time. A failure is thrown, as JSON. */
  take() {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    const items = this.#items;
    if (items.length > 0) this.#items = [];
    return items;
  }

  /** The record types whose definitions were said to be needed since the last time. */
  takeNeeds() {
    const needs = this.#needs;
    this.#needs = [];
    return needs;
  }

  /** Definitions change. */
  forgetLayouts() {
    this.#layouts.clear();
  }

  /**
   * @param {number} level
   * @param {string} meaning
   * @param {string} text
   */
  event(level, meaning, text) {
    this.#items.push({ recordType: "eventrec", level, code: null, kind: null, meaning, text });
  }

  /**
   * @param {number} level
   * @param {number} code
   * @param {string} kind
   * @param {string} meaning
   * @param {string} text
   */
  exception(level, code, kind, meaning, text) {
    this.#items.push({ recordType: "exceptrec", level, code, kind, meaning, text });
  }

  /**
   * @param {string} recordType
   * @param {number} length
   * @returns {boolean} Whether the names of its columns are to be told.
   */
  batch(recordType, length) {
    const known = this.#layouts.get(recordType);
    this.#layout = known ?? [];
    if (known === undefined) this.#layouts.set(recordType, this.#layout);
    this.#values = [];
    this.#offsets = undefined;
    this.#items.push({ recordType, length, layout: this.#layout, values: this.#values });
    return known === undefined;
  }

  /**
   * @param {string} name
   * @param {number} width
   */
  heading(name, width) {
    this.#layout.push({ name, width, nesting: [] });
  }

  /** @param {number} count */
  nested(count) {
    this.#layout.at(-1)?.nesting.push(count);
  }

  /**
   * @param {number} code
   * @param {Uint8Array} bytes In the memory of WebAssembly.
   */
  column(code, bytes) {
    const Type = TYPES[code];
    this.#values.push(Type === undefined ? [] : new Type(new Uint8Array(bytes).buffer));
  }

  /** @param {string} text */
  text(text) {
    this.#values.at(-1).push(text);
  }

  /** @param {Uint32Array} offsets In the memory of WebAssembly. */
  offsets(offsets) {
    if (this.#offsets === undefined) {
      this.#offsets = [];
      /** @type {RawBatch} */ (this.#items.at(-1)).offsets = this.#offsets;
    }
    this.#offsets[this.#values.length - 1] = offsets.slice();
  }

  /** @param {string} failure */
  failed(failure) {
    this.#failure = failure;
  }

  /** @param {string} recordType */
  need(recordType) {
    this.#needs.push(recordType);
  }
}
