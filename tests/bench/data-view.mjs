/** Another way to do it: the same columns by a DataView, written for this one layout and no other. */

const STRIDE = 80;

/** @typedef {Record<string, any>} Columns */

/**
 * Decodes a body of `atl06rec` piece by piece; `take` gets each piece's columns.
 *
 * @param {any} fields The definition of `atl06rec.elevation`.
 * @param {(columns: Columns, rows: number) => void} take
 */
export function dataViewDecoder(fields, take) {
  const layout = Object.entries(fields)
    .filter(([name]) => !name.startsWith("__"))
    .map(([name, field]) => ({ name, at: field.offset / 8, ...READERS[field.type] }));
  /** @type {Buffer} */
  let carried = Buffer.alloc(0);
  return (/** @type {Buffer} */ chunk) => {
    const bytes = carried.length > 0 ? Buffer.concat([carried, chunk]) : chunk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const begins = [];
    let rows = 0;
    let at = 0;
    while (at + 8 <= bytes.length) {
      const data = at + 8 + view.getUint16(at + 2);
      const end = data + view.getUint32(at + 4);
      if (end > bytes.length) break;
      begins.push({ data, count: (end - data) / STRIDE });
      rows += (end - data) / STRIDE;
      at = end;
    }
    carried = bytes.subarray(at);
    /** @type {Columns} */
    const columns = {};
    for (const { name, at: offset, Type, fill } of layout) {
      const out = new Type(rows);
      let row = 0;
      for (const { data, count } of begins) row = fill(view, data + offset, count, out, row);
      columns[name] = out;
    }
    take(columns, rows);
  };
}

/**
 * One loop per type, so that each is compiled for its own kind of array.
 *
 * @param {any} Type
 * @param {string} get
 */
function reader(Type, get) {
  const fill = new Function(
    "view, at, rows, out, row",
    `for (const end = row + rows; row < end; row += 1, at += ${STRIDE}) out[row] = view.${get}(at, true); return row;`,
  );
  return { Type, fill };
}

/** @type {Record<string, { Type: any, fill: any }>} */
const READERS = {
  INT8: reader(Int8Array, "getInt8"),
  INT16: reader(Int16Array, "getInt16"),
  INT32: reader(Int32Array, "getInt32"),
  INT64: reader(BigInt64Array, "getBigInt64"),
  UINT8: reader(Uint8Array, "getUint8"),
  UINT16: reader(Uint16Array, "getUint16"),
  UINT32: reader(Uint32Array, "getUint32"),
  UINT64: reader(BigUint64Array, "getBigUint64"),
  FLOAT: reader(Float32Array, "getFloat32"),
  DOUBLE: reader(Float64Array, "getFloat64"),
  TIME8: reader(BigInt64Array, "getBigInt64"),
};
