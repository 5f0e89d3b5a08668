/**
 * The arrays that hold values of each type, by the codes of the record format: see `code` in `src/items.rs`.
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
