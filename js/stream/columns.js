/**
 * Columns as callers get them, and batches joined.
 *
 * @module
 */

/** @import { Batch, Column } from "../index.js" */

/**
 * @typedef {object} RawBatch Rows as the decoder gives them: flat values, and how they belong to rows.
 * @property {string} recordType
 * @property {number} length How many rows.
 * @property {{ name: string, width: number, nesting: number[] }[]} layout The columns; `width` says how many values a
 *   row (an item, where there are offsets) has, `nesting` what a column of a whole record is nested in. Shared by all
 *   batches of the type.
 * @property {any[]} values Of each column.
 * @property {(Uint32Array | undefined)[]} [offsets] Where each row's items begin; one entry more than there are rows.
 */

/**
 * @typedef {object} RawColumn
 * @property {string} name
 * @property {any} values
 * @property {number} width
 * @property {Uint32Array} [offsets]
 * @property {number[]} [nesting]
 */

/**
 * @param {RawBatch} raw
 * @returns {Batch}
 */
export function batch({ recordType, length, layout, values, offsets }) {
  // fromEntries defines own properties, so that no field name of a server can reach a prototype.
  const columns = Object.fromEntries(
    layout.map(({ name, width }, index) => [name, shaped(values[index], width, offsets?.[index], length)]),
  );
  return { recordType, length, columns };
}

/**
 * The columns one by one.
 *
 * @param {RawBatch} raw
 * @returns {RawColumn[]}
 */
export function rawColumns({ layout, values, offsets }) {
  return layout.map((heading, index) => ({ ...heading, values: values[index], offsets: offsets?.[index] }));
}

/**
 * @param {any} values
 * @param {number} width
 * @param {Uint32Array | undefined} offsets
 * @param {number} length
 * @returns {Column}
 */
function shaped(values, width, offsets, length) {
  if (offsets === undefined && width === 1) return values;
  const start = (/** @type {number} */ row) => (offsets === undefined ? row : (offsets[row] ?? 0)) * width;
  const cut = (/** @type {number} */ from, /** @type {number} */ to) =>
    Array.isArray(values) ? values.slice(from, to) : values.subarray(from, to);
  return Array.from({ length }, (_, row) => cut(start(row), start(row + 1)));
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
  /** @type {[string, Batch][]} */
  const tables = [];
  for (const [recordType, same] of grouped(batches, (each) => each.recordType)) {
    let [table] = /** @type {[Batch, ...Batch[]]} */ (same);
    if (same.length > 1) {
      /** @type {[string, Column][]} */
      const columns = [];
      for (const name of Object.keys(table.columns)) columns.push([name, await concatenated(same, name, between)]);
      const length = same.reduce((sum, batch) => sum + batch.length, 0);
      table = { recordType, length, columns: Object.fromEntries(columns) };
    }
    tables.push([recordType, table]);
  }
  return Object.fromEntries(tables);
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

/**
 * @template Item, Name
 * @param {Iterable<Item>} items
 * @param {(item: Item) => Name} nameOf
 * @returns {Map<Name, Item[]>} The items of each name, in their order.
 */
export function grouped(items, nameOf) {
  /** @type {Map<Name, Item[]>} */
  const groups = new Map();
  for (const item of items) {
    const name = nameOf(item);
    const same = groups.get(name);
    if (same === undefined) groups.set(name, [item]);
    else same.push(item);
  }
  return groups;
}
