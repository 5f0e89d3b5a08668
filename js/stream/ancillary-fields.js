/**
 * What ancillary tables hold: fields, whose values belong to extents or shots.
 *
 * @module
 */

import { idsOf, picked } from "./ancillary-extents.js";

/** @import { Batch } from "../index.js" */

/** Where a request lists the fields of each `anc_type`. */
const FIELD_LISTS = ["atl03_ph_fields", "atl03_geo_fields", "atl08_fields", "atl06_fields"];
/** Where a request for shots lists its fields, of whatever `anc_type`. */
const SHOT_FIELDS = "anc_fields";

/**
 * How raw values are read, by `datatype`: the codes of the record format. Text and bits are no values of a column.
 *
 * @type {Record<number, { type: any, read: (view: DataView, at: number) => number | bigint }>}
 */
const DATATYPES = {
  0: { type: Int8Array, read: (view, at) => view.getInt8(at) },
  1: { type: Int16Array, read: (view, at) => view.getInt16(at, true) },
  2: { type: Int32Array, read: (view, at) => view.getInt32(at, true) },
  3: { type: BigInt64Array, read: (view, at) => view.getBigInt64(at, true) },
  4: { type: Uint8Array, read: (view, at) => view.getUint8(at) },
  5: { type: Uint16Array, read: (view, at) => view.getUint16(at, true) },
  6: { type: Uint32Array, read: (view, at) => view.getUint32(at, true) },
  7: { type: BigUint64Array, read: (view, at) => view.getBigUint64(at, true) },
  9: { type: Float32Array, read: (view, at) => view.getFloat32(at, true) },
  10: { type: Float64Array, read: (view, at) => view.getFloat64(at, true) },
  11: { type: BigInt64Array, read: (view, at) => view.getBigInt64(at, true) },
  15: { type: Uint8Array, read: (view, at) => view.getUint8(at) },
};

/**
 * @typedef {object} Field Values of one ancillary field, record by record, in the order of arrival.
 * @property {string} name
 * @property {string} recordType
 * @property {Uint32Array} ids The extent or shot of each record.
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
  const rowsOf = groups(length, (row) => Number(anc_type?.[row] ?? 0) * 2 ** 32 + Number(field_index[row]));
  return [...rowsOf.values()].flatMap((rows) => {
    const [first = 0] = rows;
    const name = fieldName(request, anc_type?.[first], field_index[first]) ?? `${recordType}[${field_index[first]}]`;
    const field = { name, recordType, ids: picked(ids, rows), isSample: false };
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
  const types = new Set(rows.map((row) => DATATYPES[datatype[row] ?? -1]?.type));
  if (types.has(undefined)) return undefined;
  const lengths = rows.map((row) => {
    // Some releases declare two elements where there is one: the first is the one.
    const declared = counts === undefined ? 1 : Number(typeof counts[row] === "object" ? counts[row][0] : counts[row]);
    const size = DATATYPES[datatype[row] ?? -1]?.type.BYTES_PER_ELEMENT;
    return Math.min(declared, Math.floor((raw[row]?.length ?? 0) / size));
  });
  const [type] = types.size === 1 ? types : [Float64Array];
  const values = new type(lengths.reduce((sum, length) => sum + length, 0));
  const starts = [];
  let at = 0;
  for (const [index, row] of rows.entries()) {
    const { buffer, byteOffset, byteLength } = raw[row] ?? new Uint8Array();
    const view = new DataView(buffer, byteOffset, byteLength);
    const { read, type: own } = DATATYPES[datatype[row] ?? -1] ?? {};
    starts.push(at);
    for (let each = 0; each < (lengths[index] ?? 0); each += 1, at += 1) {
      const value = read?.(view, each * own.BYTES_PER_ELEMENT);
      values[at] = types.size === 1 ? value : Number(value);
    }
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
  const rowsOf = groups(length, (row) => key[row]);
  return [...rowsOf].flatMap(([name, rows]) => {
    /** @type {Pick<Field, "starts" | "lengths">} */
    const records = { starts: [], lengths: [] };
    for (let at = 0; at < rows.length; ) {
      const start = rows[at] ?? 0;
      let end = at + 1;
      // A record's samples are successive rows.
      const isSame = () => rows[end] === start + end - at && index[start + end - at] === index[start];
      while (end - at < num_samples[start] && isSame()) end += 1;
      records.starts.push(start);
      records.lengths.push(end - at);
      at = end;
    }
    const raster = { ...records, ids: picked(ids, records.starts), recordType, isSample: true };
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
  const starts = Array.from({ length }, (_, row) => row);
  const records = { ids, starts, lengths: starts.map(() => 1), isSample: false };
  return Object.entries(own).map(([name, values]) => ({ ...records, name, recordType, values }));
}

/**
 * @template Name
 * @param {number} length
 * @param {(row: number) => Name} nameOf
 * @returns {Map<Name, number[]>} The rows of each name, in their order.
 */
function groups(length, nameOf) {
  /** @type {Map<Name, number[]>} */
  const rowsOf = new Map();
  for (let row = 0; row < length; row += 1) {
    const name = nameOf(row);
    const rows = rowsOf.get(name);
    if (rows === undefined) rowsOf.set(name, [row]);
    else rows.push(row);
  }
  return rowsOf;
}
