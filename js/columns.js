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
 * The rows of all batches of each record type, in their order. The batches are taken apart column by column, so that
 * no more than one column is held twice.
 *
 * @param {Batch[]} batches
 * @param {() => void | Promise<void>} [between] Called between columns.
 * @returns {Promise<Record<string, Batch>>}
 */
export async function joined(batches, between = () => {}) {
  /** @type {Map<string, Batch[]>} */
  const byType = new Map();
  for (const batch of batches) {
    const same = byType.get(batch.recordType);
    if (same === undefined) byType.set(batch.recordType, [batch]);
    else same.push(batch);
  }
  /** @type {[string, Batch][]} */
  const tables = [];
  for (const [recordType, same] of byType) tables.push([recordType, await joinedOne(recordType, same, between)]);
  return Object.fromEntries(tables);
}

/**
 * @param {string} recordType
 * @param {Batch[]} batches
 * @param {() => void | Promise<void>} between
 * @returns {Promise<Batch>}
 */
async function joinedOne(recordType, batches, between) {
  const [first] = batches;
  if (batches.length === 1 && first !== undefined) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  /** @type {[string, Column][]} */
  const columns = [];
  for (const name of Object.keys(first?.columns ?? {})) {
    columns.push([name, await concatenated(batches, name, between)]);
  }
  return { recordType, rows, columns: Object.fromEntries(columns) };
}

/**
 * Takes a column out of its batches and joins it.
 *
 * @param {Batch[]} batches
 * @param {string} name
 * @param {() => void | Promise<void>} between
 * @returns {Promise<Column>}
 */
async function concatenated(batches, name, between) {
  const parts = batches.map(({ columns }) => /** @type {any} */ (columns[name] ?? []));
  for (const { columns } of batches) delete columns[name];
  const [first] = parts;
  if (Array.isArray(first)) return parts.flat(1);
  const whole = new first.constructor(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    whole.set(part, at);
    at += part.length;
    if (index % 64 === 63) await between();
  }
  return whole;
}
