/**
 * Ancillary records joined to the rows they belong to.
 *
 * What is asked for beside the rows of a service (further fields of the granules, samples of rasters, waveforms) comes
 * as records of its own, which name the extent or shot they belong to. The existing clients make columns of them, and so
 * does this. No record type and no layout is known here: what a table is follows from the names of its columns. The
 * ancillary tables stay as they are.
 *
 * An extent may come more than once, for a granule that was asked for twice, and its photons are many rows: the n-th row
 * of an extent has the n-th value of that extent, both in the order of arrival. All work is linear in rows and values.
 *
 * @module
 */

import { Extents, idsOf } from "./ancillary-extents.js";
import { ancillaryFields } from "./ancillary-fields.js";

/** @import { Field } from "./ancillary-fields.js" */
/** @import { Batch } from "../index.js" */

/** Columns by which rows are told apart, in the tables that others are joined to. */
const KEYS = ["extent_id", "shot_number"];
/** The cell of a row that has no value. */
const NONE = 2 ** 32 - 1;

/**
 * @param {Record<string, Batch>} tables
 * @param {object} request What was asked for: it names the fields.
 * @returns {Record<string, Batch>} The same tables, some with further columns.
 */
export function joinAncillary(tables, request) {
  /** @type {Field[]} */
  const fields = [];
  /** @type {Set<Batch>} */
  const targets = new Set();
  for (const table of Object.values(tables)) {
    const found = ancillaryFields(table, request);
    if (found !== undefined) fields.push(...found);
    else if (keysOf(table) !== undefined) targets.add(table);
  }
  if (fields.length === 0 || targets.size === 0) return tables;
  const extended = Object.entries(tables).map(([type, table]) => [
    type,
    targets.has(table) ? withFields(table, fields) : table,
  ]);
  return Object.fromEntries(extended);
}

/**
 * The ids of a table's rows, where they have such.
 *
 * @param {Batch} table
 */
function keysOf({ columns }) {
  return KEYS.map((key) => idsOf(columns[key])).find((ids) => ids !== undefined);
}

/**
 * A table with a column for each of the fields that has a value for any of its rows.
 *
 * @param {Batch} table
 * @param {Field[]} fields
 * @returns {Batch}
 */
function withFields(table, fields) {
  const extents = new Extents(keysOf(table) ?? new Uint32Array());
  const columns = new Map(Object.entries(table.columns));
  for (const field of fields) {
    const column = columnOf(field, extents);
    let { name } = field;
    // What the table has already keeps its name.
    while (columns.has(name)) name = `${field.recordType}.${name}`;
    if (column !== undefined) columns.set(name, column);
  }
  return { ...table, columns: Object.fromEntries(columns) };
}

/**
 * @param {Field} field
 * @param {Extents} extents Of the rows that it is joined to.
 * @returns {any} Nothing where no row has a value.
 */
function columnOf(field, extents) {
  const { starts, lengths } = field;
  const { size, ofRow } = extents;
  const extentOf = Uint32Array.from(field.rows, (row) => extents.numberOf(field.ids, row));
  const rows = sums(size, ofRow);
  const records = sums(size, extentOf);
  const counts = sums(size, extentOf, lengths);
  if (!counts.some((count, extent) => count > 0 && rows[extent])) return undefined;
  // Several values for a row are a list in it; for several rows they are one each.
  const isMany = lengths.some((length) => length > 1);
  const isList = isMany && (field.isSample || rows.every((count, extent) => count <= (records[extent] || count)));
  // Values (records, where a cell is a list) by extent, those of each in the order of arrival.
  const slots = isList ? records : counts;
  let end = 0;
  const ends = slots.map((count) => {
    end += count;
    return end - count;
  });
  const cells = new Uint32Array(end);
  for (const [record, extent] of extentOf.entries()) {
    const count = isList ? 1 : (lengths[record] ?? 0);
    for (let each = 0; each < count; each += 1) {
      cells[take(ends, extent)] = isList ? record : (starts[record] ?? 0) + each;
    }
  }
  const seen = new Uint32Array(size);
  const cellOf = ofRow.map((extent) => {
    const [row, has, wanted] = [take(seen, extent), slots[extent] ?? 0, rows[extent] ?? 0];
    // A value of the extent as a whole is that of each of its rows.
    const isWhole = has < wanted && wanted % has === 0 && (isList || counts[extent] === records[extent]);
    const place = isWhole ? Math.floor((row * has) / wanted) : row;
    return place < has ? (cells[(ends[extent] ?? 0) - has + place] ?? NONE) : NONE;
  });
  return isList ? lists(field, cellOf) : scalars(field.values, cellOf);
}

/**
 * How much each extent has.
 *
 * @param {number} size
 * @param {Uint32Array} extentOf The extent of each of those that are added up.
 * @param {number[]} [amounts] Without it, they are counted.
 */
function sums(size, extentOf, amounts) {
  const sums = new Uint32Array(size);
  for (const [index, extent] of extentOf.entries()) take(sums, extent, amounts?.[index]);
  return sums;
}

/**
 * The number that is there, which then becomes a larger one.
 *
 * @param {Uint32Array} numbers
 * @param {number} at
 * @param {number} [added]
 */
function take(numbers, at, added = 1) {
  const number = numbers[at] ?? 0;
  numbers[at] = number + added;
  return number;
}

/**
 * @param {Field} field
 * @param {Uint32Array} cellOf The record of each row.
 */
function lists({ values, starts, lengths }, cellOf) {
  return Array.from(cellOf, (record) => {
    const start = starts[record] ?? 0;
    return values.slice(start, start + (lengths[record] ?? 0));
  });
}

/**
 * @param {any} values
 * @param {Uint32Array} cellOf The value of each row. That there is none, only floating point can say.
 */
function scalars(values, cellOf) {
  if (Array.isArray(values)) {
    const none = typeof values[0] === "string" ? "" : values[0].slice(0, 0);
    return Array.from(cellOf, (cell) => values[cell] ?? none);
  }
  const isWhole = !cellOf.includes(NONE);
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  const column = isWhole || isFloat ? new values.constructor(cellOf.length) : new Float64Array(cellOf.length);
  for (const [row, cell] of cellOf.entries()) {
    const value = cell === NONE ? Number.NaN : values[cell];
    column[row] = isWhole || isFloat ? value : Number(value);
  }
  return column;
}
