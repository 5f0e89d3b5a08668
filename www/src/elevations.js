/**
 * The elevations of a run: `atl06rec` columns, joined over batches and told apart by granule and ground track.
 *
 * A granule has a hundred thousand segments and more, so they stay columns of numbers; a segment is the index of its
 * row. Granules are told apart by their reference ground track and cycle, which every row carries.
 */

/** @typedef {import("sliderule-wasm").Batch} Batch */
/** @typedef {import("sliderule-wasm").Column} Column */

/** The record type of elevations. */
export const RECORD_TYPE = "atl06rec";

const FIELDS = /** @type {const} */ ([
  "gt", // ground track, 10 to 60
  "rgt", // reference ground track
  "cycle", // cycle of the orbit
  "x_atc", // distance along the track in metres
  "latitude", // degrees north
  "longitude", // degrees east
  "h_mean", // height above the ellipsoid in metres
  "h_sigma", // its uncertainty in metres
  "dh_fit_dx", // slope along the track
  "n_fit_photons", // photons in the fit
]);

/** @typedef {(typeof FIELDS)[number]} Field */

/**
 * One ground track of one granule.
 *
 * @typedef {object} Beam
 * @property {number} track 10 to 60
 * @property {Uint32Array} rows its segments, along the track
 */

/**
 * One granule.
 *
 * @typedef {object} Profile
 * @property {string} name
 * @property {Beam[]} beams by ground track
 */

/** Segments as columns, which grow batch by batch. */
export class Segments {
  /** How many there are. */
  length = 0;
  /** @type {Record<Field, Float64Array>} */
  #columns = /** @type {Record<Field, Float64Array>} */ (
    Object.fromEntries(FIELDS.map((field) => [field, new Float64Array(0)]))
  );

  /**
   * Adds the rows of a batch. Granules and batches arrive in any order.
   *
   * @param {Batch} batch
   */
  add(batch) {
    const length = this.length + batch.length;
    for (const field of FIELDS) {
      const added = batch.columns[field];
      if (added === undefined) throw new Error(`The cluster's ${batch.recordType} records have no field ${field}.`);
      const column = withRoom(this.#columns[field], length);
      for (let row = 0; row < batch.length; row += 1) column[this.length + row] = Number(added[row]);
      this.#columns[field] = column;
    }
    this.length = length;
  }

  /**
   * One value of one segment.
   *
   * @param {Field} field
   * @param {number} row
   * @returns {number} not a number where there is no such row
   */
  value(field, row) {
    return this.#columns[field][row] ?? Number.NaN;
  }

  /**
   * The segments as one reads a profile: by granule, then ground track, then along the track.
   *
   * @returns {Profile[]}
   */
  profiles() {
    const { rgt, cycle, gt, x_atc } = this.#columns;
    const by = (/** @type {Float64Array} */ column, /** @type {number} */ a, /** @type {number} */ b) =>
      (column[a] ?? 0) - (column[b] ?? 0);
    const granules = (/** @type {number} */ a, /** @type {number} */ b) => by(rgt, a, b) || by(cycle, a, b);
    const rows = Uint32Array.from({ length: this.length }, (_, row) => row).sort(
      (a, b) => granules(a, b) || by(gt, a, b) || by(x_atc, a, b),
    );
    return runs(rows, (a, b) => granules(a, b) === 0).map((granule) => ({
      name: `RGT ${rgt[granule[0] ?? 0]}, cycle ${cycle[granule[0] ?? 0]}`,
      beams: runs(granule, (a, b) => by(gt, a, b) === 0).map((beam) => ({
        track: this.value("gt", beam[0] ?? 0),
        rows: beam,
      })),
    }));
  }
}

/**
 * The column with room for so many rows. It doubles, so that adding many batches copies each row about once.
 *
 * @param {Float64Array} column
 * @param {number} length
 * @returns {Float64Array}
 */
function withRoom(column, length) {
  if (length <= column.length) return column;
  const wider = new Float64Array(Math.max(length, 2 * column.length));
  wider.set(column);
  return wider;
}

/**
 * Cuts rows in order wherever two neighbours do not belong together.
 *
 * @param {Uint32Array} rows
 * @param {(a: number, b: number) => boolean} together
 * @returns {Uint32Array[]}
 */
function runs(rows, together) {
  /** @type {Uint32Array[]} */
  const found = [];
  let start = 0;
  for (let end = 1; end <= rows.length; end += 1) {
    if (end < rows.length && together(rows[end - 1] ?? 0, rows[end] ?? 0)) continue;
    found.push(rows.subarray(start, end));
    start = end;
  }
  return found;
}
