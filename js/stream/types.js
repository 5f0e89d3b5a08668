/**
 * The arrays that hold values of each type, by the codes of the record format: see `Basic` in `crates/records/columns`.
 *
 * @module
 */

/** Bits and text have no array. */
export const TYPES = [
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
  undefined,
  Float32Array,
  Float64Array,
  BigInt64Array,
];
