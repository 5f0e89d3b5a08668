// @ts-nocheck: columns are written by hand here, with no more than they need.
/** Records as callbacks get them: columns of one row become the object that the existing clients give. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { createSession } from "../../js/index.js";

import { wholeRecord } from "../../js/stream/whole-record.js";
import { records, standIn } from "./stand-in.mjs";

/** Streams of real servers, beside the repository. */
const CAPTURES = new URL("../../../shared/captures/", import.meta.url);
const skip = existsSync(CAPTURES) ? false : `there is no folder ${CAPTURES.pathname}`;
const read = (name) => readFileSync(new URL(name, CAPTURES));

const column = (name, values, { width = 1, items, nesting } = {}) => ({
  name,
  values,
  width,
  ...(items === undefined ? {} : { offsets: new Uint32Array([0, items]) }),
  ...(nesting === undefined ? {} : { nesting: new Uint32Array(nesting) }),
});

test("an open array of records is an array of objects beside the header", () => {
  const columns = [
    column("region", new Uint8Array([7]), { nesting: [] }),
    column("elevation.extent_id", new BigUint64Array([4715269254386024450n, 2n]), { items: 2, nesting: [0] }),
    column("elevation.h_mean", new Float64Array([1500.5, 1501.25]), { items: 2, nesting: [0] }),
  ];
  assert.deepEqual(wholeRecord({ recordType: "atl06rec", columns }), {
    __rectype: "atl06rec",
    region: 7,
    elevation: [
      { extent_id: 4715269254386024450n, h_mean: 1500.5 },
      { extent_id: 2n, h_mean: 1501.25 },
    ],
  });
});

test("a record without elements keeps its header and an empty array", () => {
  const columns = [
    column("extent_id", new BigUint64Array([9n]), { nesting: [] }),
    column("photons.height", new Float32Array(0), { items: 0, nesting: [0] }),
    column("photons.time", new BigInt64Array(0), { items: 0, nesting: [0] }),
  ];
  const record = wholeRecord({ recordType: "atl03rec", columns });
  assert.deepEqual(record, { __rectype: "atl03rec", extent_id: 9n, photons: [] });
});

test("scalars are scalars, and arrays are plain arrays, of one value too", () => {
  const columns = [
    column("code", new Int32Array([-1])),
    column("text", ["all went well"]),
    column("num_elements", new Uint32Array([32, 589824]), { width: 2 }),
    column("data", new Uint8Array([1, 2, 3]), { items: 3 }),
    column("one", new Uint8Array([5]), { items: 1 }),
    column("none", new Float32Array(0), { items: 0 }),
  ];
  const record = wholeRecord({ recordType: "r", columns });
  assert.deepEqual(record, {
    __rectype: "r",
    code: -1,
    text: "all went well",
    num_elements: [32, 589824],
    data: [1, 2, 3],
    one: [5],
    none: [],
  });
  for (const name of ["num_elements", "data", "one", "none"]) assert.ok(Array.isArray(record[name]), name);
});

test("a single nested record is an object, and one in another is an object in an object", () => {
  const columns = [
    column("where.lat", new Float64Array([38.5]), { nesting: [1] }),
    column("where.name", ["Grand Mesa"], { nesting: [1] }),
    column("where.box.size", new Uint8Array([1, 2]), { width: 2, nesting: [1, 1] }),
  ];
  assert.deepEqual(wholeRecord({ recordType: "r", columns }), {
    __rectype: "r",
    where: { lat: 38.5, name: "Grand Mesa", box: { size: [1, 2] } },
  });
});

test("fixed arrays of records are told from arrays of values", () => {
  const columns = [
    column("pairs.v", new Uint8Array([0, 1, 6, 7]), { width: 4, nesting: [2] }),
    column("pairs.ends.at", new Uint16Array([1, 2, 3, 4]), { width: 4, nesting: [2, 2] }),
    column("one.v", new Uint8Array([8, 9]), { width: 2, nesting: [1] }),
    column("plain", new Uint8Array([1, 2, 3]), { width: 3, nesting: [] }),
    column("rest.v", new Uint8Array([1, 2, 3, 4]), { width: 2, items: 2, nesting: [0] }),
    column("rest.ends.at", new Uint16Array([5, 6, 7, 8]), { width: 2, items: 2, nesting: [0, 2] }),
  ];
  assert.deepEqual(wholeRecord({ recordType: "r", columns }), {
    __rectype: "r",
    pairs: [
      { v: [0, 1], ends: [{ at: 1 }, { at: 2 }] },
      { v: [6, 7], ends: [{ at: 3 }, { at: 4 }] },
    ],
    one: { v: [8, 9] },
    plain: [1, 2, 3],
    rest: [
      { v: [1, 2], ends: [{ at: 5 }, { at: 6 }] },
      { v: [3, 4], ends: [{ at: 7 }, { at: 8 }] },
    ],
  });
});

test("an open array inside a single record is where it belongs", () => {
  const columns = [column("outer.points.x", new Int8Array([1, 2]), { items: 2, nesting: [1, 0] })];
  assert.deepEqual(wholeRecord({ recordType: "r", columns }), {
    __rectype: "r",
    outer: { points: [{ x: 1 }, { x: 2 }] },
  });
});

test("where columns do not say what they are nested in, their names and offsets do", () => {
  const columns = [
    column("extent_id", new BigUint64Array([9n])),
    column("photons.height", new Float32Array([1.5, 2.5]), { items: 2 }),
    column("where.lat", new Float64Array([38.5])),
  ];
  assert.deepEqual(wholeRecord({ recordType: "atl03rec", columns }), {
    __rectype: "atl03rec",
    extent_id: 9n,
    photons: [{ height: 1.5 }, { height: 2.5 }],
    where: { lat: 38.5 },
  });
});

test("no name of a field reaches a prototype, and no strange pair of names throws", () => {
  const columns = [
    column("__proto__.polluted", ["yes"], { nesting: [1] }),
    column("x", new Uint8Array([1, 2]), { width: 2, nesting: [] }),
    column("x.y.z", new Uint8Array([3, 4]), { width: 2, nesting: [2] }),
    column("constructor", new Uint8Array([5]), { nesting: [] }),
  ];
  const record = wholeRecord({ recordType: "r", columns });
  assert.equal(Object.getPrototypeOf(record), Object.prototype);
  assert.equal({}.polluted, undefined);
  assert.equal(Object.getOwnPropertyDescriptor(record, "__proto__").value.polluted, "yes");
  assert.deepEqual(record.x, [{ "y.z": 3 }, { "y.z": 4 }]);
  assert.equal(record.constructor, 5);
});

/** A record as the independent decoder writes it: numbers of more than 53 bits as text, bytes by their beginning. */
function written(value, name) {
  if (typeof value === "bigint") return String(value).length < 16 ? Number(value) : String(value);
  if (Array.isArray(value) && name === "data") {
    return { hex: Buffer.from(value.slice(0, 64)).toString("hex"), bytes: value.length };
  }
  if (Array.isArray(value)) return value.map((element) => written(element));
  if (typeof value !== "object") return value;
  // Uninitialised memory in v4.0.2.
  const fields = Object.entries(value).filter(([field]) => field !== "pflags");
  return Object.fromEntries(fields.map(([field, inner]) => [field, written(inner, field)]));
}

for (const [version, name, types] of [
  ["v4.20.0", "gateway/atl06p-clean", ["exceptrec", "atl06rec"]],
  ["v4.20.0", "gateway/atl06p-clean", ["atl06rec"]],
  ["v4.0.2", "node/atl06-ancillary", ["eventrec", "atl06rec", "atl06anc"]],
  ["v4.0.2", "node/atl03s-ancillary", ["atl03rec", "atl03anc", "eventrec"]],
]) {
  test(`callbacks for ${types.join(", ")} get every record of ${version} ${name}, in order`, { skip }, async (t) => {
    const definitions = JSON.parse(read(`${version}/definitions.json`));
    const server = await standIn(t, {
      version,
      routes: {
        "source definition": ({ text }) => [200, definitions[JSON.parse(text).rectype] ?? null],
        "source any": (_, response) => records(response, read(`${version}/${name}.body`)),
      },
    });
    const session = createSession({ url: server.url, organization: null, protocolVersion: version.slice(1) });
    const got = [];
    const callbacks = Object.fromEntries(types.map((type) => [type, (record) => got.push(record)]));
    const { tables, messages } = await session.stream("any", {}, { callbacks }).collect();

    const text = String(read(`${version}/${name}.decoded.json`)).replace(/(?<=: )\d{16,}(?=[,}])/g, '"$&"');
    const all = JSON.parse(text).flatMap(({ contained, ...record }) => contained ?? [record]);
    const wanted = all.filter(({ rectype }) => types.includes(rectype));
    assert.deepEqual(
      got.map((record) => written(record)),
      wanted.map(({ rectype, fields }) => written({ __rectype: rectype, ...fields })),
    );
    for (const type of types) assert.ok(!(type in tables), `${type} was called back`);
    assert.equal(messages.length, all.filter(({ rectype }) => /^(event|except)rec$/.test(rectype)).length);
  });
}
