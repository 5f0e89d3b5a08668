// @ts-nocheck: a test takes answers apart.
/** Ancillary records of a real server become the columns that an independent decoder says they hold. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { createSession } from "../../js/index.js";

import { records, standIn } from "./stand-in.mjs";

/** Streams of a real v4.0.2 server, beside the repository. */
const CAPTURES = new URL("../../../shared/captures/v4.0.2/", import.meta.url);
const skip = existsSync(CAPTURES) ? false : `there is no folder ${CAPTURES.pathname}`;
const read = (name) => readFileSync(new URL(name, CAPTURES));

/** What an independent decoder makes of a stream: its records, in their order, out of their containers. */
function truth(name) {
  // Numbers of more than 53 bits become text on the way through JSON.
  const text = String(read(`node/${name}.decoded.json`)).replace(/(?<=: )\d{16,}(?=[,}])/g, '"$&"');
  return JSON.parse(text).flatMap(({ contained, ...record }) => contained ?? [record]);
}

/** Collects a captured stream, asked for as it was. */
async function collected(t, name) {
  const definitions = JSON.parse(read("definitions.json"));
  const [, body] = String(read(`node/${name}.request.txt`)).split(/\r?\n\r?\n/);
  const server = await standIn(t, {
    version: "v4.0.2",
    routes: {
      "source definition": ({ text }) => [200, definitions[JSON.parse(text).rectype] ?? null],
      [`source ${name}`]: (_, response) => records(response, read(`node/${name}.body`)),
    },
  });
  const session = createSession({ url: server.url, organization: null, protocolVersion: "4.0.2" });
  const { tables } = await session.stream(name, JSON.parse(body)).collect();
  return tables;
}

describe("streams of a real server", { skip }, () => {
  test("fields of extents become columns of their elevations", async (t) => {
    const { atl06rec, atl06anc } = await collected(t, "atl06-ancillary");
    const values = { dist_ph_across: new Map(), solar_elevation: new Map() };
    for (const { rectype, fields } of truth("atl06-ancillary")) {
      if (rectype !== "atl06anc") continue;
      for (const { anc_type, value } of fields.fields) {
        values[["dist_ph_across", "solar_elevation"][anc_type]].set(BigInt(fields.extent_id), value);
      }
    }
    assert.equal(atl06rec.length, 38);
    for (const [name, wanted] of Object.entries(values)) {
      assert.equal(wanted.size, 38);
      const column = atl06rec.columns[name];
      assert.ok(column instanceof Float64Array, name);
      for (const [row, id] of atl06rec.columns.extent_id.entries()) assert.equal(column[row], wanted.get(id), name);
    }
    assert.equal(atl06anc.length, 76);
    assert.deepEqual(Object.keys(atl06anc.columns), ["extent_id", "anc_type", "field_index", "value"]);
  });

  test("values of photons become columns of the photons, in the width they have", async (t) => {
    const { atl03rec, atl03anc } = await collected(t, "atl03s-ancillary");
    const floats = (hex) => new Float32Array(Uint8Array.from(Buffer.from(hex, "hex")).buffer);
    const wanted = { dist_ph_across: [], "atl03anc.solar_elevation": [] };
    let photons = 0;
    for (const { rectype, fields } of truth("atl03s-ancillary")) {
      if (rectype === "atl03rec") photons = fields.photons.length;
      if (rectype !== "atl03anc") continue;
      // The file has the first 64 bytes of each; the values of an extent are all the same in it.
      const values = floats(fields.data.hex);
      assert.equal(fields.num_elements[0], photons);
      assert.equal(new Set(values).size, 1);
      wanted[Object.keys(wanted)[fields.anc_type]].push(...Array(photons).fill(values[0]));
    }
    for (const [name, values] of Object.entries(wanted)) {
      assert.ok(atl03rec.columns[name] instanceof Float32Array, name);
      assert.deepEqual([...atl03rec.columns[name]], values, name);
    }
    // The record has a field of that name, which stays what it was.
    assert.deepEqual([...new Set(atl03rec.columns.solar_elevation)], [12.5]);
    assert.equal(atl03anc.length, 76);
  });
});
