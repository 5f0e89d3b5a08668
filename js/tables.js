/**
 * Batches as other tools want them: rows, dates, and Arrow tables.
 *
 * Always: nothing is copied that the other form can share, and no field name of a server reaches a prototype.
 *
 * @module
 */

import { invalid, SlideRuleError } from "./errors.js";

/** @import { Batch, Column } from "./index.js" */

/** @typedef {Record<string, number | bigint | string | Column>} Row */

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
/** What the 32-bit offsets of Arrow reach. */
const REACH = 2 ** 31 - 1;

/** The rows of a batch: each is made when it is asked for, so that a loop over a million holds one. */
class Rows {
  #names;
  #columns;

  /** @param {Batch} batch */
  constructor({ length, columns }) {
    this.length = length;
    this.#names = Object.keys(columns);
    this.#columns = Object.values(columns);
  }

  /**
   * @param {number} index Negative ones count from the end.
   * @returns {Row | undefined}
   */
  at(index) {
    const whole = Math.trunc(index) || 0;
    const row = whole < 0 ? whole + this.length : whole;
    return row >= 0 && row < this.length ? this.#row(row) : undefined;
  }

  *[Symbol.iterator]() {
    for (let row = 0; row < this.length; row += 1) yield this.#row(row);
  }

  /** @param {number} index */
  #row(index) {
    /** @type {any} */
    const row = {};
    for (let at = 0; at < this.#names.length; at += 1) {
      const name = /** @type {string} */ (this.#names[at]);
      const value = this.#columns[at]?.[index];
      // Plain assignment is what engines do fastest; this one name it would lose.
      if (name === "__proto__") Object.defineProperty(row, name, { value, ...ORDINARY });
      else row[name] = value;
    }
    return /** @type {Row} */ (row);
  }
}

const ORDINARY = { enumerable: true, configurable: true, writable: true };

/** @param {Batch} batch */
export function rowsOf(batch) {
  return new Rows(batch);
}

/**
 * The instant as a `Date`, which knows milliseconds: the one it lies in.
 *
 * @param {bigint} nanoseconds Since 1970.
 */
export function toDate(nanoseconds) {
  if (typeof nanoseconds !== "bigint") throw invalid("toDate: the nanoseconds must be a BigInt, as columns hold them");
  const towardsZero = nanoseconds / NANOSECONDS_PER_MILLISECOND;
  const isBefore = nanoseconds < towardsZero * NANOSECONDS_PER_MILLISECOND;
  return new Date(Number(isBefore ? towardsZero - 1n : towardsZero));
}

/** @param {BigInt64Array} column */
export function toDates(column) {
  return Array.from(column, toDate);
}

/**
 * The batch as an Arrow table, which shares the memory of its columns.
 *
 * The caller passes the module `apache-arrow` in. Importing it here would not do: under its name, bundlers would fail
 * where it is not installed, since it is optional; under a name hidden from them, browsers would fail where it is
 * bundled; and a table must be of the same copy of the module as the code it is given to.
 *
 * @template {ArrowModule} Arrow
 * @param {Batch} batch
 * @param {Arrow} arrow
 * @param {{ times?: readonly string[], lists?: readonly string[] }} [options] `times` names columns of nanoseconds since
 *   1970, which become UTC timestamps; `lists` names columns of lists that stay lists even where all happen to be
 *   equally long, so that all batches of a stream get the same schema.
 * @returns {InstanceType<Arrow["Table"]>}
 */
export function toArrow(batch, arrow, { times = [], lists = [] } = {}) {
  const known = arrowModule(arrow);
  for (const name of [...times, ...lists]) {
    if (!Object.hasOwn(batch.columns, name)) throw invalid(`toArrow: there is no column ${JSON.stringify(name)}`);
  }
  const columns = Object.entries(batch.columns).map(([name, column]) => {
    const data = times.includes(name) ? instants(known, name, column) : encoded(known, column, lists.includes(name));
    return { field: new known.Field(name, data.type, false), data };
  });
  const schema = new known.Schema(columns.map(({ field }) => field));
  const struct = known.makeData({
    type: new known.Struct(schema.fields),
    length: batch.length,
    nullCount: 0,
    children: columns.map(({ data }) => data),
  });
  return new known.Table([new known.RecordBatch(schema, struct)]);
}

/** @typedef {{ Table: new (...args: any[]) => any, makeData: unknown }} ArrowModule */

/**
 * @param {any} arrow
 * @returns {any}
 */
function arrowModule(arrow) {
  // Where bundlers or `await import` wrap a module that is CommonJS.
  const known = arrow?.makeData === undefined ? arrow?.default : arrow;
  if (typeof known?.makeData === "function" && typeof known.RecordBatch === "function") return known;
  throw new SlideRuleError(
    "unsupported",
    'toArrow: pass the module itself, as in import * as arrow from "apache-arrow" (npm install apache-arrow)',
  );
}

/** @type {Record<string, string>} Typed arrays, and the Arrow types of the same layout. */
const TYPES = {
  Int8Array: "Int8",
  Uint8Array: "Uint8",
  Int16Array: "Int16",
  Uint16Array: "Uint16",
  Int32Array: "Int32",
  Uint32Array: "Uint32",
  Float32Array: "Float32",
  Float64Array: "Float64",
  BigInt64Array: "Int64",
  BigUint64Array: "Uint64",
};

/**
 * @param {any} arrow
 * @param {Column} column
 * @param {boolean} [isList]
 * @returns {any} Arrow's `Data`.
 */
function encoded(arrow, column, isList = false) {
  if (!Array.isArray(column)) {
    const type = new arrow[/** @type {string} */ (TYPES[column[Symbol.toStringTag]])]();
    return arrow.makeData({ type, length: column.length, nullCount: 0, data: column });
  }
  // Batches have rows; of a column without any, nobody can tell what it would hold.
  return typeof (column[0] ?? "") === "string"
    ? encodedTexts(arrow, /** @type {string[]} */ (column))
    : encodedLists(arrow, /** @type {Column[]} */ (column), isList);
}

/**
 * @param {any} arrow
 * @param {string} name
 * @param {Column} column
 */
function instants(arrow, name, column) {
  if (!(column instanceof BigInt64Array)) {
    throw invalid(`toArrow: the column ${JSON.stringify(name)} holds no times, which are 64-bit integers`);
  }
  const type = new arrow.TimestampNanosecond("UTC");
  return arrow.makeData({ type, length: column.length, nullCount: 0, data: column });
}

/**
 * @param {any} arrow
 * @param {string[]} texts
 */
function encodedTexts(arrow, texts) {
  const encoder = new TextEncoder();
  const parts = texts.map((text) => encoder.encode(text));
  const data = joined(parts, Uint8Array);
  const valueOffsets = offsets(parts);
  return arrow.makeData({ type: new arrow.Utf8(), length: texts.length, nullCount: 0, valueOffsets, data });
}

/**
 * @param {any} arrow
 * @param {Column[]} rows
 * @param {boolean} isList
 */
function encodedLists(arrow, rows, isList) {
  const [first] = rows;
  const width = first?.length ?? 0;
  const valueOffsets = offsets(rows);
  const items = Array.isArray(first) ? rows.flat(1) : joined(/** @type {any[]} */ (rows), first?.constructor);
  const child = encoded(arrow, /** @type {Column} */ (items));
  const item = new arrow.Field("item", child.type, false);
  if (!isList && width > 0 && rows.every((row) => row.length === width)) {
    const type = new arrow.FixedSizeList(width, item);
    return arrow.makeData({ type, length: rows.length, nullCount: 0, child });
  }
  return arrow.makeData({ type: new arrow.List(item), length: rows.length, nullCount: 0, valueOffsets, child });
}

/**
 * Typed arrays as one: where they lie side by side, as the rows of a batch do, over the same memory.
 *
 * @param {any[]} parts
 * @param {any} TypedArray
 */
function joined(parts, TypedArray) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const filled = parts.filter((part) => part.length > 0);
  const [first] = filled;
  if (first === undefined) return new TypedArray(0);
  let end = first.byteOffset;
  const isOne = filled.every((part) => {
    const follows = part.buffer === first.buffer && part.byteOffset === end;
    end += part.byteLength;
    return follows;
  });
  if (isOne) return new TypedArray(first.buffer, first.byteOffset, length);
  const whole = new TypedArray(length);
  let at = 0;
  for (const part of filled) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Where each part begins, and where the last one ends.
 *
 * @param {readonly { length: number }[]} parts
 */
function offsets(parts) {
  const starts = new Int32Array(parts.length + 1);
  let end = 0;
  for (const [index, { length }] of parts.entries()) {
    end += length;
    if (end > REACH)
      throw new SlideRuleError("unsupported", "toArrow: a column is too large for one table; pass batches one by one");
    starts[index + 1] = end;
  }
  return starts;
}
