/**
 * What ancillary tables hold: fields, whose values belong to extents or shots.
 *
 * @module
 */

import { idsOf } from "./ancillary-extents.js";
import { grouped } from "./columns.js";
import { TYPES } from "./types.js";

/** @import { Batch } from "../index.js" */

/** Where a request lists the fields of each `anc_type`. */
const FIELD_LISTS = ["atl03_ph_fields", "atl03_geo_fields", "atl08_fields", "atl06_fields"];
/** Where a request for shots lists its fields, of whatever `anc_type`. */
const SHOT_FIELDS = "anc_fields";

/**
 * Text and bits are no values of a column.
 *
 * @param {number | undefined} datatype
 * @returns {any}
 */
const typeOf = (datatype) => (datatype === 15 ? Uint8Array : TYPES[datatype ?? -1]);

/**
 * @typedef {object} Field Values of one ancillary field, record by record, in the order of arrival.
 * @property {string} name
 * @property {string} recordType
 * @property {Uint32Array} ids The extent or shot of each row that there was.
 * @property {number[]} rows Which of them each record is.
 * @property {number[]} starts Where each record's values begin.
 * @property {number[]} lengths How many each has.
 * @property {any} values
 * @property {boolean} isSample Values of the same place rather than of successive rows.
 */

/**
 * The fields of a table, if it is an ancillary one.
 *
 * @param {Batch} table
 * @param {object} request What was asked for: it names the fields.
 * @returns {Field[] | undefined}
 */
export function ancillaryFields(table, request) {
  return numbered(table, request) ?? sampled(table) ?? waves(table);
}

/**
 * Fields numbered by their place in the request, with their values as numbers or as raw bytes.
 *
 * @param {Batch} table
 * @param {object} request
 * @returns {Field[] | undefined}
 */
function numbered({ recordType, length, columns }, request) {
  const { extent_id, field_index, anc_type, value, data, datatype, num_elements } = /** @type {any} */ (columns);
  // Raw values are the bytes of a row, next to the type that they are of.
  const raw = datatype === undefined ? undefined : [data, value].find(Array.isArray);
  const ids = idsOf(extent_id);
  if (ids === undefined || field_index === undefined || (raw ?? value) === undefined) return undefined;
  const fieldOf = (/** @type {number} */ row) => Number(anc_type?.[row] ?? 0) * 2 ** 32 + Number(field_index[row]);
  return [...grouped(upTo(length), fieldOf).values()].flatMap((rows) => {
    const [first = 0] = rows;
    const name = fieldName(request, anc_type?.[first], field_index[first]) ?? `${recordType}[${field_index[first]}]`;
    const field = { name, recordType, ids, rows, isSample: false };
    if (raw === undefined) return [{ ...field, starts: rows, lengths: rows.map(() => 1), values: value }];
    const read = rawValues(rows, raw, datatype, num_elements);
    return read === undefined ? [] : [{ ...field, ...read }];
  });
}

/**
 * @param {any} request
 * @param {number | undefined} type
 * @param {number} index
 * @returns {string | undefined}
 */
function fieldName(request, type, index) {
  const parms = request?.parms ?? request;
  const list = parms?.[FIELD_LISTS[type ?? -1] ?? SHOT_FIELDS] ?? parms?.[SHOT_FIELDS];
  const name = Array.isArray(list) ? list[index] : undefined;
  return typeof name === "string" ? name : undefined;
}

/**
 * Reads the values of some rows out of their bytes, which begin anywhere. Padding may follow them.
 *
 * @param {number[]} rows
 * @param {Uint8Array[]} raw
 * @param {ArrayLike<number>} datatype
 * @param {any} counts Where there is none, each row has one value.
 */
function rawValues(rows, raw, datatype, counts) {
  const types = new Set(rows.map((row) => typeOf(datatype[row])));
  if (types.has(undefined)) return undefined;
  const parts = rows.map((row) => {
    const Type = typeOf(datatype[row]);
    const bytes = raw[row] ?? new Uint8Array();
    // Some releases declare two elements where there is one: the first is the one.
    const declared = counts === undefined ? 1 : Number(typeof counts[row] === "object" ? counts[row][0] : counts[row]);
    const length = Math.min(declared, Math.floor(bytes.length / Type.BYTES_PER_ELEMENT));
    return new Type(bytes.slice().buffer, 0, length);
  });
  const lengths = parts.map((part) => part.length);
  let end = 0;
  const starts = lengths.map((length) => {
    end += length;
    return end - length;
  });
  const [Type] = types.size === 1 ? types : [Float64Array];
  const values = new Type(end);
  for (const [index, part] of parts.entries()) {
    values.set(types.size === 1 ? part : Array.from(part, Number), starts[index]);
  }
  return { starts, lengths, values };
}

/**
 * Samples of rasters: a set of columns for each raster, which are called after its key.
 *
 * @param {Batch} table
 * @returns {Field[] | undefined}
 */
function sampled({ recordType, length, columns }) {
  const { index, key, num_samples, ...own } = /** @type {any} */ (columns);
  const ids = idsOf(index);
  if (ids === undefined || key === undefined || num_samples === undefined) return undefined;
  return [...grouped(upTo(length), (row) => key[row])].flatMap(([name, rows]) => {
    /** @type {number[]} */
    const starts = [];
    /** @type {number[]} */
    const lengths = [];
    let start = Number.NaN;
    for (const row of rows) {
      const before = row - start;
      // A record's samples are successive rows.
      if (index[row] === index[start] && before === lengths.at(-1) && before < num_samples[start]) {
        lengths[lengths.length - 1] = before + 1;
      } else {
        start = row;
        starts.push(row);
        lengths.push(1);
      }
    }
    const raster = { ids, rows: starts, starts, lengths, recordType, isSample: true };
    const each = Object.entries(own).filter(([, values]) => ArrayBuffer.isView(values));
    return each.map(([field, values]) => ({ ...raster, name: `${name}.${field}`, values }));
  });
}

/**
 * Waveforms: one record for each extent, of which all fields are wanted.
 *
 * @param {Batch} table
 * @returns {Field[] | undefined}
 */
function waves({ recordType, length, columns }) {
  const { extent_id, ...own } = /** @type {any} */ (columns);
  const ids = idsOf(extent_id);
  if (ids === undefined || own.waveform === undefined || own.num_bins === undefined) return undefined;
  const rows = upTo(length);
  const records = { ids, rows, starts: rows, lengths: rows.map(() => 1), isSample: false };
  return Object.entries(own).map(([name, values]) => ({ ...records, name, recordType, values }));
}

/**
 * @param {number} length
 * @returns {number[]} The rows of a table.
 */
function upTo(length) {
  return Array.from({ length }, (_, row) => row);
}
