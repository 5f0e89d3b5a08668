/** Turns batches of `atl06rec` columns into rows, which is what charts and tables are made from. */

/** @typedef {import("sliderule-wasm").Batch} Batch */

/**
 * One fitted segment of surface.
 *
 * @typedef {object} Segment
 * @property {number} gt ground track, 10 to 60
 * @property {number} rgt reference ground track
 * @property {number} cycle cycle of the orbit
 * @property {number} x_atc distance along the track in metres
 * @property {number} latitude degrees north
 * @property {number} longitude degrees east
 * @property {number} h_mean height above the ellipsoid in metres
 * @property {number} h_sigma its uncertainty in metres
 * @property {number} dh_fit_dx slope along the track
 * @property {number} n_fit_photons photons in the fit
 */

/** The record type of elevations. */
export const RECORD_TYPE = "atl06rec";

/** @type {(keyof Segment)[]} */
const FIELDS = [
  "gt",
  "rgt",
  "cycle",
  "x_atc",
  "latitude",
  "longitude",
  "h_mean",
  "h_sigma",
  "dh_fit_dx",
  "n_fit_photons",
];

/**
 * The segments of one batch.
 *
 * @param {Batch} batch
 * @returns {Segment[]}
 */
export function segmentsOf(batch) {
  const columns = FIELDS.map((field) => {
    const column = batch.columns[field];
    if (column === undefined) throw new Error(`The cluster's ${batch.recordType} records have no field ${field}.`);
    return column;
  });
  return Array.from({ length: batch.rows }, (_, row) => {
    const values = FIELDS.map((field, index) => [field, Number(columns[index]?.[row])]);
    return /** @type {Segment} */ (Object.fromEntries(values));
  });
}

/**
 * Sorts segments as one reads a profile: by granule, then ground track, then along the track. Granules and batches
 * arrive in any order.
 *
 * @param {Segment[]} segments
 * @returns {Segment[]}
 */
export function inOrder(segments) {
  return segments.toSorted((a, b) => a.rgt - b.rgt || a.cycle - b.cycle || a.gt - b.gt || a.x_atc - b.x_atc);
}
