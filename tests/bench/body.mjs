/** A body as a cluster sends it: the rows of a recorded stream, again and again. */

import { readFileSync } from "node:fs";

const RECORDED = new URL("../../crates/records/tests/data/v4.20.0/", import.meta.url);

/** @type {Record<string, object>} */
export const definitions = JSON.parse(readFileSync(new URL("definitions.json", RECORDED), "utf8"));

/** The first `atl06rec` of the recorded stream, header included. */
export const record = first(readFileSync(new URL("atl06p.body", RECORDED)), "atl06rec");

/**
 * Whole records, as many as fit.
 *
 * @param {number} bytes
 */
export function block(bytes) {
  return Buffer.alloc(Math.floor(bytes / record.length) * record.length, record);
}

/**
 * @param {Buffer} body
 * @param {string} recordType
 */
function first(body, recordType) {
  for (let at = 0; at < body.length; ) {
    const name = at + 8 + body.readUInt16BE(at + 2);
    const end = name + body.readUInt32BE(at + 4);
    if (body.toString("latin1", at + 8, name - 1) === recordType) return body.subarray(at, end);
    at = end;
  }
  throw new Error(`the recorded stream has no ${recordType}`);
}
