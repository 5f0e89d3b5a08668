/** Whether the work stays in proportion to the bytes, however they are cut. */

import { RecordDecoder } from "../../js/stream/decoder.js";
import { block, definitions } from "./body.mjs";

/** Bytes a chunk, and bytes of the smaller body: enough for garbage to be collected during both. */
const CUTS = [
  [1, 200_000],
  [7, 1_000_000],
  [1000, 40_000_000],
  [64 * 1024, 80_000_000],
];
const TURNS = 5;

/**
 * By how much the time grows where the bytes grow tenfold, for the cut at which it grows most.
 *
 * @param {any} Decoder
 * @returns {number}
 */
export function growth(Decoder) {
  return Math.max(...CUTS.map(([chunk = 0, bytes = 0]) => grown(Decoder, chunk, bytes)));
}

/**
 * @param {any} Decoder
 * @param {number} chunk
 * @param {number} bytes
 */
function grown(Decoder, chunk, bytes) {
  const body = block(bytes);
  // Compiled and warm before it counts.
  decode(Decoder, body, chunk, 1);
  const times = { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < TURNS; turn += 1) {
    times.few = Math.min(times.few, decode(Decoder, body, chunk, 1));
    times.many = Math.min(times.many, decode(Decoder, body, chunk, 10));
  }
  return times.many / times.few;
}

/**
 * @param {any} Decoder
 * @param {Buffer} body
 * @param {number} chunk
 * @param {number} times How often the body comes, in one stream.
 * @returns {number} Milliseconds.
 */
function decode(Decoder, body, chunk, times) {
  // What went before left garbage, and it would be collected at somebody's expense.
  /** @type {any} */ (globalThis).gc?.();
  const began = performance.now();
  const decoder = new RecordDecoder(Decoder, null, []);
  for (let at = 0; at < body.length * times; at += chunk) {
    const begin = at % body.length;
    decoder.push(body.subarray(begin, begin + chunk));
    at -= Math.max(0, begin + chunk - body.length);
    for (let needs = decoder.needs(); needs.length > 0; needs = decoder.needs()) {
      for (const name of needs) decoder.define(name, JSON.stringify(definitions[name]));
    }
  }
  decoder.flush();
  decoder.finish();
  decoder.free();
  return performance.now() - began;
}
