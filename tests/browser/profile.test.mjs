/** What the page makes of a granule's segments before it draws them, on numbers alone: no browser is needed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Segments } from "../../www/src/elevations.js";
import { thinned } from "../../www/src/thinning.js";

const FIELDS = ["latitude", "longitude", "h_sigma", "dh_fit_dx", "n_fit_photons"];

/**
 * A batch as the client delivers it, with columns of different kinds.
 *
 * @param {{ rgt: number, cycle: number, gt: number, x_atc: number, h_mean: number }[]} rows
 */
function batchOf(rows) {
  return {
    recordType: "atl06rec",
    length: rows.length,
    columns: {
      ...Object.fromEntries(FIELDS.map((field) => [field, new Float32Array(rows.length)])),
      rgt: Uint16Array.from(rows, ({ rgt }) => rgt),
      cycle: BigInt64Array.from(rows, ({ cycle }) => BigInt(cycle)),
      gt: Uint8Array.from(rows, ({ gt }) => gt),
      x_atc: Float64Array.from(rows, ({ x_atc }) => x_atc),
      h_mean: Float64Array.from(rows, ({ h_mean }) => h_mean),
    },
  };
}

test("batches in any order become granules, their ground tracks, and segments along the track", () => {
  const segments = new Segments();
  const at = { rgt: 295, cycle: 1, gt: 10, h_mean: 5 };
  segments.add(
    batchOf([
      { ...at, x_atc: 40 },
      { ...at, rgt: 1047, cycle: 6, x_atc: 0 },
    ]),
  );
  segments.add(batchOf([]));
  segments.add(
    batchOf([
      { ...at, x_atc: 20 },
      { ...at, gt: 60, x_atc: 30, h_mean: 7 },
    ]),
  );

  assert.equal(segments.length, 4);
  const seen = segments.profiles().map(({ name, beams }) => ({
    name,
    beams: beams.map(({ track, rows }) => [track, ...[...rows].map((row) => segments.value("x_atc", row))]),
  }));
  assert.deepEqual(seen, [
    {
      name: "RGT 295, cycle 1",
      beams: [
        [10, 20, 40],
        [60, 30],
      ],
    },
    { name: "RGT 1047, cycle 6", beams: [[10, 0]] },
  ]);
  assert.deepEqual(new Segments().profiles(), []);
});

test("a batch without a field that the page shows is refused by the field's name", () => {
  const { columns, ...rest } = batchOf([]);
  const { h_mean: _, ...others } = columns;
  assert.throws(() => new Segments().add({ ...rest, columns: others }), /have no field h_mean/);
});

test("a hundred thousand segments are thinned to two for each pixel, peaks and pits included", () => {
  const count = 120_000;
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  const heights = Float64Array.from(rows, (row) => 1000 + 50 * Math.sin(row / 9000));
  heights[71_234] = 2000;
  heights[8_123] = -30;
  heights[500] = Number.NaN;
  const height = (/** @type {number} */ row) => heights[row] ?? Number.NaN;
  const bins = 800;

  const kept = thinned(rows, (row) => row * 20, height, bins);
  assert.ok(kept.length <= 2 * bins && kept.length > bins, `${kept.length} points are left`);
  assert.deepEqual(
    [...kept],
    [...kept].sort((a, b) => a - b),
    "they are still along the track",
  );
  assert.ok(kept.includes(71_234) && kept.includes(8_123), "a single peak and a single pit are among them");
  assert.ok(!kept.includes(500), "a segment without a height is not");
  const width = count / bins;
  for (let bin = 0; bin < bins; bin += 1) {
    const whole = heights.slice(bin * width, (bin + 1) * width).filter((each) => !Number.isNaN(each));
    const left = [...kept].filter((row) => Math.floor(row / width) === bin).map(height);
    assert.ok(Math.abs(Math.max(...left) - Math.max(...whole)) < 0.01, `bin ${bin} keeps its highest`);
    assert.ok(Math.abs(Math.min(...left) - Math.min(...whole)) < 0.01, `bin ${bin} keeps its lowest`);
  }
});

test("few segments, and segments all in one place, are drawn as they are or as two", () => {
  const rows = Uint32Array.from([4, 5, 6, 7, 8]);
  const identity = (/** @type {number} */ row) => row;
  assert.equal(thinned(rows, identity, identity, 3), rows);
  assert.deepEqual([...thinned(rows, () => 1, identity, 2)], [4, 8]);
  assert.deepEqual([...thinned(rows, identity, () => Number.NaN, 2)], []);
});
