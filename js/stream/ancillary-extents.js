/**
 * Extents, numbered: rows of the same id have the same number.
 *
 * A map of BigInts would do, at ten times the cost: it makes an object of each number to look it up. So ids are
 * compared here as the two words that they are made of, and numbered by their place in a table of hashes.
 *
 * @module
 */

/**
 * The ids of a column as pairs of words; nothing where the column holds no whole numbers.
 *
 * @param {any} column
 * @returns {Uint32Array | undefined}
 */
export function idsOf(column) {
  if (!ArrayBuffer.isView(column) || column instanceof Float32Array || column instanceof Float64Array) return undefined;
  const ids = /** @type {any} */ (column);
  const wide = ids.BYTES_PER_ELEMENT === 8 ? ids : BigInt64Array.from(ids, BigInt);
  return new Uint32Array(wide.buffer, wide.byteOffset, wide.length * 2);
}

export class Extents {
  /** All numbers are below. */
  size;
  /** The number of each row's extent. */
  ofRow;
  #ids;
  /** By number: the first row of the extent, and 1; 0 where there is none. */
  #firsts;
  /** Unknown to whoever sends ids, so that nobody can send many of one hash. */
  #seed = Math.floor(Math.random() * 2 ** 32);

  /** @param {Uint32Array} ids Of each row. */
  constructor(ids) {
    this.#ids = ids;
    this.ofRow = new Uint32Array(ids.length / 2);
    // The photons of an extent follow each other.
    const isSame = (/** @type {number} */ row) =>
      row > 0 && ids[2 * row] === ids[2 * row - 2] && ids[2 * row + 1] === ids[2 * row - 1];
    const most = this.ofRow.reduce((count, _, row) => (isSame(row) ? count : count + 1), 1);
    this.size = 2 ** Math.ceil(Math.log2(2 * most));
    this.#firsts = new Uint32Array(this.size);
    let number = 0;
    for (const row of this.ofRow.keys()) {
      if (!isSame(row)) {
        number = this.numberOf(ids, row);
        this.#firsts[number] ||= row + 1;
      }
      this.ofRow[row] = number;
    }
  }

  /**
   * The number of the extent with the id of a row, also of another table; one that is nobody's where no row here has it.
   *
   * @param {Uint32Array} ids
   * @param {number} row
   */
  numberOf(ids, row) {
    const [low, high] = /** @type {[number, number]} */ ([ids[2 * row], ids[2 * row + 1]]);
    let hash = Math.imul(low ^ this.#seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0x85ebca6b);
    // At most half of the places are taken.
    for (let number = hash ^ (hash >>> 13); ; number += 1) {
      number &= this.size - 1;
      const first = this.#firsts[number];
      if (!first || (this.#ids[2 * first - 2] === low && this.#ids[2 * first - 1] === high)) return number;
    }
  }
}
