/**
 * Columns as callers get them, and batches joined.
 *
 * @module
 */

/** @import { Batch, Column } from "./index.js" */

/**
 * @typedef {object} RawColumn A column as the decoder gives it: flat values, and how they belong to rows.
 * @property {string} name
 * @property {any} values
 * @property {number} width Values per row, or per item where there are offsets.
 * @property {Uint32Array} [offsets] Where each row's items begin; one entry more than there are rows.
 */

/**
 * @param {{ recordType: string, rows: number, columns: RawColumn[] }} raw
 * @returns {Batch}
 */
export function batch({ recordType, rows, columns }) {
  // fromEntries defines own properties, so that no field name of a server can reach a prototype.
  const byName = Object.fromEntries(columns.map((column) => [column.name, shaped(column, rows)]));
  return { recordType, rows, columns: byName };
}

/**
 * @param {RawColumn} column
 * @param {number} rows
 * @returns {Column}
 */
function shaped({ values, width, offsets }, rows) {
  if (offsets === undefined && width === 1) return values;
  const start = (/** @type {number} */ row) => (offsets === undefined ? row : (offsets[row] ?? 0)) * width;
  const cut = (/** @type {number} */ from, /** @type {number} */ to) =>
    Array.isArray(values) ? values.slice(from, to) : values.subarray(from, to);
  return Array.from({ length: rows }, (_, row) => cut(start(row), start(row + 1)));
}

/**
 * The rows of all batches of each record type, in their order.
 *
 * @param {Batch[]} batches
 * @returns {Record<string, Batch>}
 */
export function joined(batches) {
  /** @type {Map<string, Batch[]>} */
  const byType = new Map();
  for (const batch of batches) {
    const same = byType.get(batch.recordType);
    if (same === undefined) byType.set(batch.recordType, [batch]);
    else same.push(batch);
  }
  return Object.fromEntries([...byType].map(([recordType, same]) => [recordType, joinedOne(recordType, same)]));
}

/**
 * @param {string} recordType
 * @param {Batch[]} batches
 * @returns {Batch}
 */
function joinedOne(recordType, batches) {
  const [first] = batches;
  if (batches.length === 1 && first !== undefined) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const names = Object.keys(first?.columns ?? {});
  const columns = names.map((name) => [name, concatenated(batches.map((batch) => batch.columns[name] ?? []))]);
  return { recordType, rows, columns: Object.fromEntries(columns) };
}

/**
 * @param {any[]} parts
 * @returns {Column}
 */
function concatenated(parts) {
  const [first] = parts;
  if (Array.isArray(first)) return parts.flat(1);
  const whole = new first.constructor(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
