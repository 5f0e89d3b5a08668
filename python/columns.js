/**
 * Columns on their way to Python: whole buffers, however the rows are made up.
 *
 * @module
 */

/** @import { Batch, Column } from "../js/index.js" */

/**
 * A typed array crosses in one piece, text as text. Where each row has a list, all lists cross as one buffer and their
 * lengths.
 *
 * @param {Batch} batch
 */
export function rowsTogether({ recordType, length, columns }) {
  const crossing = Object.entries(columns).map(([name, column]) => [name, crossingColumn(column)]);
  return { recordType, length, columns: Object.fromEntries(crossing) };
}

/**
 * @param {Column} column
 * @returns {unknown}
 */
function crossingColumn(column) {
  if (!Array.isArray(column) || typeof column[0] !== "object") return column;
  const rows = /** @type {Column[]} */ (column);
  const first = rows[0];
  const isFlat = ArrayBuffer.isView(first) && rows.every((row) => row.constructor === first.constructor);
  if (!isFlat) return { rows: rows.map(crossingColumn) };
  const lengths = Uint32Array.from(rows, (row) => row.length);
  return { lengths, values: joined(/** @type {any[]} */ (rows)) };
}

/**
 * Equal typed arrays as one. Those of a batch lie one behind the other in one buffer.
 *
 * @param {any[]} rows
 */
function joined(rows) {
  const [first] = rows;
  const length = rows.reduce((sum, row) => sum + row.length, 0);
  let end = first.byteOffset;
  const isOneBlock = rows.every((row) => {
    const follows = row.buffer === first.buffer && row.byteOffset === end;
    end += row.byteLength;
    return follows;
  });
  if (isOneBlock) return new first.constructor(first.buffer, first.byteOffset, length);
  const whole = new first.constructor(length);
  let at = 0;
  for (const row of rows) {
    whole.set(row, at);
    at += row.length;
  }
  return whole;
}
