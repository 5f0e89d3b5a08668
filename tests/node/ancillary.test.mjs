// @ts-nocheck: tables are written by hand here, with no more columns than they need.
/** Ancillary records become columns of the rows they belong to, as the existing clients join them. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { joinAncillary } from "../../js/stream/ancillary.js";

const fixed = (recordType, columns) => ({ recordType, length: Object.values(columns)[0].length, columns });
const ids = (...values) => BigUint64Array.from(values, BigInt);
const bytes = (array) => new Uint8Array(array.buffer);
const join = (tables, parms = {}) =>
  joinAncillary(Object.fromEntries(tables.map((table) => [table.recordType, table])), { parms });

describe("fields of extents", () => {
  const elevations = fixed("atl06rec", { extent_id: ids(1, 2, 3), h_mean: new Float64Array([10, 20, 30]) });
  const anc = (extents, types, indices, values) =>
    fixed("atl06anc", {
      extent_id: ids(...extents),
      anc_type: new Uint8Array(types),
      field_index: new Uint8Array(indices),
      value: new Float64Array(values),
    });

  test("the request names them, by type and place", () => {
    const parms = {
      atl03_ph_fields: ["photon"],
      atl03_geo_fields: ["geo0", "geo1"],
      atl08_fields: ["canopy"],
      atl06_fields: ["slope"],
    };
    const all = anc([1, 1, 1, 1], [0, 1, 2, 3], [0, 1, 0, 0], [5, 6, 7, 8]);
    const { columns } = join([elevations, all], parms).atl06rec;
    const names = ["extent_id", "h_mean", "photon", "geo1", "canopy", "slope"];
    assert.deepEqual(Object.keys(columns), names);
    assert.deepEqual([columns.photon[0], columns.geo1[0], columns.canopy[0], columns.slope[0]], [5, 6, 7, 8]);
  });

  test("a field that the request does not name is called by its record type and place", () => {
    const { columns } = join([elevations, anc([2], [3], [4], [1.5])]).atl06rec;
    assert.deepEqual([...columns["atl06anc[4]"]], [Number.NaN, 1.5, Number.NaN]);
    for (const request of [undefined, null, {}, { parms: null }, { parms: { atl06_fields: "text" } }]) {
      const tables = joinAncillary({ elevations, anc: anc([2], [3], [4], [1.5]) }, request);
      assert.ok("atl06anc[4]" in tables.elevations.columns);
    }
  });

  test("an extent without a value has NaN, and values of extents that did not come are left out", () => {
    const { columns } = join([elevations, anc([3, 9, 1], [3, 3, 3], [0, 0, 0], [33, 99, 11])], {
      atl06_fields: ["slope"],
    }).atl06rec;
    assert.deepEqual([...columns.slope], [11, Number.NaN, 33]);
  });

  test("an extent that came twice has its values in the order of arrival", () => {
    const twice = fixed("atl06rec", { extent_id: ids(1, 2, 1, 2) });
    const { columns } = join([twice, anc([2, 1, 1, 2], [3, 3, 3, 3], [0, 0, 0, 0], [20, 10, 11, 21])], {
      atl06_fields: ["slope"],
    }).atl06rec;
    assert.deepEqual([...columns.slope], [10, 20, 11, 21]);
  });

  test("a value that came once for an extent that came twice is that of both", () => {
    const twice = fixed("atl06rec", { extent_id: ids(1, 2, 1, 2) });
    const { columns } = join([twice, anc([1, 2], [3, 3], [0, 0], [10, 20])], { atl06_fields: ["slope"] }).atl06rec;
    assert.deepEqual([...columns.slope], [10, 20, 10, 20]);
  });

  test("newer servers send the bytes of a value and its type", () => {
    const value = [new Int32Array([-7, 0]), new BigInt64Array([2n ** 60n]), new Float32Array([2.5, 0])].map(bytes);
    const ancfrec = fixed("ancfrec", {
      extent_id: ids(1, 2, 3),
      anc_type: new Uint8Array([3, 3, 3]),
      field_index: new Uint8Array([0, 1, 2]),
      datatype: new Uint8Array([2, 3, 9]),
      value,
    });
    const parms = { atl06_fields: ["int", "long", "float"] };
    const { columns } = join([elevations, ancfrec], parms).atl06rec;
    assert.deepEqual([...columns.int], [-7, Number.NaN, Number.NaN]);
    assert.deepEqual([...columns.long], [Number.NaN, 2 ** 60, Number.NaN]);
    assert.ok(columns.float instanceof Float32Array);
    assert.equal(columns.float[2], 2.5);

    const all = fixed("ancfrec", {
      ...ancfrec.columns,
      field_index: new Uint8Array(3),
      datatype: new Uint8Array(3).fill(3),
    });
    const whole = join([elevations, all], parms).atl06rec.columns.int;
    assert.ok(whole instanceof BigInt64Array, "a column without gaps keeps its type");
    assert.equal(whole[1], 2n ** 60n);
  });

  test("each of many extents finds its own, in whatever order they come", () => {
    const many = Array.from({ length: 10_000 }, (_, extent) => (BigInt(extent) << 36n) | BigInt(extent % 7));
    const values = many.map((_, extent) => extent + 0.5);
    const table = anc(
      many.toReversed(),
      many.map(() => 3),
      many.map(() => 0),
      values.toReversed(),
    );
    const { columns } = join([fixed("atl06rec", { extent_id: ids(...many) }), table]).atl06rec;
    assert.deepEqual([...columns["atl06anc[0]"]], values);
  });

  test("what they are joined to is left as it was, and they stay", () => {
    const table = anc([1], [3], [0], [5]);
    const before = { atl06rec: elevations, atl06anc: table };
    const after = joinAncillary(before, {});
    assert.deepEqual(Object.keys(elevations.columns), ["extent_id", "h_mean"]);
    assert.equal(before.atl06rec, elevations);
    assert.equal(after.atl06anc, table);
    assert.equal(after.atl06rec.columns.h_mean, elevations.columns.h_mean);
  });
});

describe("values of photons", () => {
  const photons = fixed("atl03rec", { extent_id: ids(5, 5, 5, 6, 6), height: new Float32Array(5) });
  const anc = (rows) =>
    fixed("ancerec", {
      extent_id: ids(...rows.map(({ id }) => id)),
      num_elements: Uint32Array.from(rows, ({ values, declared }) => declared ?? values.length),
      anc_type: Uint8Array.from(rows, ({ type }) => type ?? 0),
      field_index: new Uint8Array(rows.length),
      datatype: Uint8Array.from(rows, ({ datatype }) => datatype ?? 5),
      // Their bytes begin anywhere, with a byte of padding behind them.
      data: rows.map(({ values }) => {
        const padded = new Uint8Array(values.byteLength + 2);
        padded.set(bytes(values), 1);
        return padded.subarray(1);
      }),
    });
  const parms = { atl03_ph_fields: ["photon"], atl03_geo_fields: ["extent"] };
  const u16 = (...values) => new Uint16Array(values);

  test("each photon has its own", () => {
    const { columns } = join(
      [
        photons,
        anc([
          { id: 6, values: u16(60, 61) },
          { id: 5, values: u16(50, 51, 52) },
        ]),
      ],
      parms,
    ).atl03rec;
    assert.ok(columns.photon instanceof Uint16Array);
    assert.deepEqual([...columns.photon], [50, 51, 52, 60, 61]);
  });

  test("one for an extent is that of each of its photons", () => {
    const rows = [
      { id: 5, type: 1, values: u16(7) },
      { id: 6, type: 1, values: u16(8) },
    ];
    const { columns } = join([photons, anc(rows)], parms).atl03rec;
    assert.deepEqual([...columns.extent], [7, 7, 7, 8, 8]);
  });

  test("an extent that came twice, photons and all, has the values of each time", () => {
    const twice = fixed("atl03rec", { extent_id: ids(5, 5, 6, 5, 5) });
    const rows = [
      { id: 5, values: u16(1, 2) },
      { id: 6, values: u16(9) },
      { id: 5, values: u16(3, 4) },
    ];
    const { columns } = join([twice, anc(rows)], parms).atl03rec;
    assert.deepEqual([...columns.photon], [1, 2, 9, 3, 4]);
    const adjacent = fixed("atl03rec", { extent_id: ids(5, 5, 5, 5) });
    const of = (field, type, values) => [
      ...join([adjacent, anc(values.map((each) => ({ id: 5, type, values: each })))], parms).atl03rec.columns[field],
    ];
    assert.deepEqual(of("photon", 0, [u16(1, 2), u16(3, 4)]), [1, 2, 3, 4]);
    assert.deepEqual(of("extent", 1, [u16(1), u16(2)]), [1, 1, 2, 2]);
  });

  test("photons without a value are NaN in a column of doubles", () => {
    const { columns } = join([photons, anc([{ id: 5, values: u16(50, 51) }])], parms).atl03rec;
    assert.deepEqual([...columns.photon], [50, 51, Number.NaN, Number.NaN, Number.NaN]);
  });

  test("no more values are read than there are bytes, and none of a type that is no number", () => {
    const { columns } = join([photons, anc([{ id: 6, values: u16(60, 61), declared: 4_000_000_000 }])], parms).atl03rec;
    assert.deepEqual([...columns.photon.slice(3)], [60, 61]);
    const text = join([photons, anc([{ id: 6, values: u16(60, 61), datatype: 12 }])], parms).atl03rec;
    assert.deepEqual(Object.keys(text.columns), ["extent_id", "height"]);
  });

  test("several values for a shot of one row are a list", () => {
    const shots = fixed("gedi04arec", { shot_number: ids(7, 8, 9) });
    const tables = [
      shots,
      anc([
        { id: 8, values: u16(1, 2, 3) },
        { id: 7, values: u16(4) },
      ]),
    ];
    const { columns } = join(tables, { anc_fields: ["waves"] }).gedi04arec;
    assert.deepEqual(columns.waves, [u16(4), u16(1, 2, 3), u16()]);
  });
});

describe("samples and waveforms", () => {
  const elevations = fixed("atl06rec", { extent_id: ids(1, 2, 3) });
  const samples = (index, key, counts, value) =>
    fixed("rsrec", {
      index: ids(...index),
      key,
      num_samples: new Uint32Array(counts),
      value: new Float64Array(value),
      file_id: ids(...value),
    });

  test("a raster's samples are columns called after its key", () => {
    const { columns } = join([
      elevations,
      samples([2, 1, 3, 2], ["a", "a", "a", "b"], [1, 1, 1, 1], [20, 10, 30, 5]),
    ]).atl06rec;
    assert.deepEqual(Object.keys(columns), ["extent_id", "a.value", "a.file_id", "b.value", "b.file_id"]);
    assert.deepEqual([...columns["a.value"]], [10, 20, 30]);
    assert.deepEqual([...columns["a.file_id"]], [10n, 20n, 30n]);
    assert.deepEqual([...columns["b.value"]], [Number.NaN, 5, Number.NaN]);
  });

  test("where a raster has several samples for a row, its columns hold lists", () => {
    const { columns } = join([
      elevations,
      samples([2, 2, 1, 2], ["a", "a", "a", "a"], [2, 2, 1, 1], [20, 21, 10, 22]),
    ]).atl06rec;
    assert.deepEqual(
      columns["a.value"],
      [[10], [20, 21], []].map((values) => Float64Array.from(values)),
    );
  });

  test("waveforms bring all their fields", () => {
    const waverec = fixed("waverec", {
      extent_id: ids(3, 1),
      num_bins: new Uint16Array([2, 1]),
      waveform: [new Float32Array([1, 2]), new Float32Array([3])],
    });
    const { columns } = join([elevations, waverec]).atl06rec;
    assert.deepEqual([...columns.num_bins], [1, Number.NaN, 2]);
    assert.deepEqual(
      columns.waveform,
      [[3], [], [1, 2]].map((values) => Float32Array.from(values)),
    );
  });
});

describe("what cannot be joined", () => {
  const elevations = fixed("atl06rec", { extent_id: ids(1) });

  test("tables without the columns for it come back as they are", () => {
    const tables = {
      atl06rec: elevations,
      other: fixed("other", { field_index: new Uint8Array(1), value: new Float64Array(1) }),
    };
    assert.equal(joinAncillary(tables, {}), tables);
    assert.deepEqual(joinAncillary({}, {}), {});
    const anc = fixed("atl06anc", { extent_id: ids(1), field_index: new Uint8Array(1), value: new Float64Array(1) });
    const alone = { anc };
    assert.equal(joinAncillary(alone, {}), alone);
  });

  test("a name from a request reaches no prototype", () => {
    const anc = fixed("atl06anc", {
      extent_id: ids(1),
      anc_type: new Uint8Array([3]),
      field_index: new Uint8Array(1),
      value: new Float64Array([4]),
    });
    const { columns } = join([elevations, anc], { atl06_fields: ["__proto__"] }).atl06rec;
    assert.equal(Object.getPrototypeOf(columns), Object.prototype);
    assert.deepEqual(Object.keys(columns), ["extent_id", "__proto__"]);
  });

  test("a million photons join in a moment", () => {
    const count = 1_000_000;
    const each = 50;
    const photons = fixed("atl03rec", {
      extent_id: BigUint64Array.from({ length: count }, (_, row) => BigInt(row - (row % each))),
    });
    const extents = Array.from({ length: count / each }, (_, extent) => extent * each);
    const anc = fixed("ancerec", {
      extent_id: ids(...extents),
      num_elements: new Uint32Array(extents.length).fill(each),
      field_index: new Uint8Array(extents.length),
      datatype: new Uint8Array(extents.length).fill(9),
      data: extents.map((extent) => bytes(Float32Array.from({ length: each }, (_, at) => extent + at))),
    });
    const began = performance.now();
    const { columns } = join([photons, anc]).atl03rec;
    assert.ok(performance.now() - began < 5000);
    assert.ok(columns["ancerec[0]"].every((value, row) => value === row));
  });
});
