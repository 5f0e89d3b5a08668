/** Leaves out points of a profile that a screen cannot show, and keeps its shape. */

/**
 * The lowest and the highest point of each bin along the axis, in the order they came in. A bin is meant to be one
 * pixel wide: what lies between its two ends would be drawn over them.
 *
 * @param {Uint32Array} rows
 * @param {(row: number) => number} position along the axis
 * @param {(row: number) => number} height points without one are left out
 * @param {number} bins
 * @returns {Uint32Array} at most two for each bin; all of them if there are no more than that
 */
export function thinned(rows, position, height, bins) {
  if (rows.length <= 2 * bins) return rows;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const here = position(row);
    if (here < first) first = here;
    if (here > last) last = here;
  }
  const binsPerUnit = last > first ? bins / (last - first) : 0;
  /** @type {Map<number, { low: number, high: number }>} */
  const extremes = new Map();
  for (const row of rows) {
    const bin = Math.min(bins - 1, Math.floor((position(row) - first) * binsPerUnit));
    if (Number.isNaN(bin) || Number.isNaN(height(row))) continue;
    const known = extremes.get(bin);
    if (known === undefined) extremes.set(bin, { low: row, high: row });
    else if (height(row) < height(known.low)) known.low = row;
    else if (height(row) > height(known.high)) known.high = row;
  }
  const kept = new Set([...extremes.values()].flatMap(({ low, high }) => [low, high]));
  return rows.filter((row) => kept.has(row));
}
