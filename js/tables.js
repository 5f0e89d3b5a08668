/**
 * Batches as other tools want them: rows, dates, and Arrow tables.
 *
 * Always: nothing is copied that the other form can share, and no field name of a server reaches a prototype.
 *
 * @module
 */

import { invalid, SlideRuleError } from "./errors.js";
import { set } from "./own.js";

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
      set(row, name, this.#columns[at]?.[index]);
    }
    return /** @type {Row} */ (row);
  }
}

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
  const children = columns.map(({ data }) => data);
  const struct = filled(known, new known.Struct(schema.fields), batch.length, { children });
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

/**
 * @param {any} arrow
 * @param {any} type
 * @param {number} length
 * @param {object} holds
 * @returns {any} Arrow's `Data`.
 */
function filled(arrow, type, length, holds) {
  return arrow.makeData({ type, length, nullCount: 0, ...holds });
}

/**
 * @param {any} arrow
 * @param {Column} column
 * @param {boolean} [isList]
 * @returns {any} Arrow's `Data`.
 */
function encoded(arrow, column, isList = false) {
  const { length } = column;
  if (!Array.isArray(column)) {
    // Its types are called after the typed arrays of the same layout.
    const type = column[Symbol.toStringTag].replaceAll(/Big|Array/g, "");
    return filled(arrow, new arrow[type](), length, { data: column });
  }
  // Batches have rows; of a column without any, nobody can tell what it would hold.
  if (typeof (column[0] ?? "") === "string") {
    const encoder = new TextEncoder();
    const texts = column.map((text) => encoder.encode(/** @type {string} */ (/** @type {unknown} */ (text))));
    return filled(arrow, new arrow.Utf8(), length, { valueOffsets: offsets(texts), data: joined(texts, Uint8Array) });
  }
  const rows = /** @type {any[]} */ (column);
  const [first] = rows;
  const width = first?.length ?? 0;
  const valueOffsets = offsets(rows);
  const child = encoded(arrow, Array.isArray(first) ? rows.flat(1) : joined(rows, first?.constructor));
  const item = new arrow.Field("item", child.type, false);
  return !isList && width > 0 && rows.every((row) => row.length === width)
    ? filled(arrow, new arrow.FixedSizeList(width, item), length, { child })
    : filled(arrow, new arrow.List(item), length, { valueOffsets, child });
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
  return filled(arrow, new arrow.TimestampNanosecond("UTC"), column.length, { data: column });
}

/**
 * Typed arrays as one: where they lie side by side, as the rows of a batch do, over the same memory.
 *
 * @param {any[]} parts
 * @param {any} TypedArray
 */
function joined(parts, TypedArray) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const [first, ...others] = parts.filter((part) => part.length > 0);
  if (first === undefined) return new TypedArray(0);
  let end = first.byteOffset + first.byteLength;
  const isOne = others.every(({ buffer, byteOffset, byteLength }) => {
    const follows = buffer === first.buffer && byteOffset === end;
    end += byteLength;
    return follows;
  });
  if (isOne) return new TypedArray(first.buffer, first.byteOffset, length);
  const whole = new TypedArray(length);
  let at = 0;
  for (const part of parts) {
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
