/**
 * Extents, numbered in the order in which their first row came.
 *
 * A map of BigInts would do, at ten times the cost: it makes an object of each number to look it up. So ids are
 * compared here as the two words that they are made of.
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

/**
 * The ids of some rows.
 *
 * @param {Uint32Array} ids
 * @param {number[]} rows
 */
export function picked(ids, rows) {
  const words = new Uint32Array(rows.length * 2);
  for (const [index, row] of rows.entries()) {
    words[2 * index] = ids[2 * row] ?? 0;
    words[2 * index + 1] = ids[2 * row + 1] ?? 0;
  }
  return words;
}

export class Extents {
  /** How many there are. */
  size = 0;
  /** The number of each row's extent. */
  ofRow;
  /** The ids of the rows. */
  #ids;
  /** The first row of each extent. */
  #firsts = new Uint32Array(64);
  /** By hash, then one after the other: the number of an extent, and 1; 0 is free. */
  #slots = new Uint32Array(128);
  /** Unknown to whoever sends ids, so that nobody can send many of one hash. */
  #seed = Math.floor(Math.random() * 2 ** 32);

  /** @param {Uint32Array} ids Of each row. */
  constructor(ids) {
    this.#ids = ids;
    this.ofRow = new Uint32Array(ids.length / 2);
    let [before, low, high] = [-1, 0, 0];
    for (let row = 0; row < this.ofRow.length; row += 1) {
      // The photons of an extent follow each other.
      const isSame = before >= 0 && ids[2 * row] === low && ids[2 * row + 1] === high;
      if (!isSame) {
        [low, high] = [ids[2 * row] ?? 0, ids[2 * row + 1] ?? 0];
        before = this.#add(row, low, high);
      }
      this.ofRow[row] = before;
    }
  }

  /**
   * The numbers of the extents with these ids; -1 for an id that no row has.
   *
   * @param {Uint32Array} ids
   */
  find(ids) {
    const found = new Int32Array(ids.length / 2);
    for (let index = 0; index < found.length; index += 1) {
      const slot = this.#slot(ids[2 * index] ?? 0, ids[2 * index + 1] ?? 0);
      found[index] = (this.#slots[slot] ?? 0) - 1;
    }
    return found;
  }

  /**
   * @param {number} row
   * @param {number} low
   * @param {number} high
   */
  #add(row, low, high) {
    if (this.size === this.#firsts.length) this.#grow();
    const slot = this.#slot(low, high);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    this.#firsts[this.size] = row;
    this.size += 1;
    this.#slots[slot] = this.size;
    return this.size - 1;
  }

  /** Makes room for twice as many; half of the slots stay free. */
  #grow() {
    const firsts = this.#firsts;
    this.#firsts = new Uint32Array(firsts.length * 2);
    this.#firsts.set(firsts);
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (const [number, row] of firsts.entries()) {
      this.#slots[this.#slot(this.#ids[2 * row] ?? 0, this.#ids[2 * row + 1] ?? 0)] = number + 1;
    }
  }

  /**
   * Where an id is, or would be.
   *
   * @param {number} low
   * @param {number} high
   */
  #slot(low, high) {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(low ^ this.#seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const taken = this.#slots[slot] ?? 0;
      const row = this.#firsts[taken - 1] ?? 0;
      if (taken === 0 || (this.#ids[2 * row] === low && this.#ids[2 * row + 1] === high)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}
