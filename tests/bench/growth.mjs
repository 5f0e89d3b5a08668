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
 * @param {any} instance
 * @returns {number}
 */
export function growth(instance) {
  return Math.max(...CUTS.map(([chunk = 0, bytes = 0]) => grown(instance, chunk, bytes)));
}

/**
 * @param {any} instance
 * @param {number} chunk
 * @param {number} bytes
 */
function grown(instance, chunk, bytes) {
  const body = block(bytes);
  // Compiled and warm before it counts.
  decode(instance, body, chunk, 1);
  /** @type {number[][]} */
  const [few = [], many = []] = [[], []];
  for (let turn = 0; turn < TURNS; turn += 1) {
    few.push(decode(instance, body, chunk, 1));
    many.push(decode(instance, body, chunk, 10));
  }
  return median(many) / median(few);
}

/**
 * The shortest time would not do: a short piece of work finds a machine at rest more often than a long one.
 *
 * @param {number[]} times
 */
function median(times) {
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}

/**
 * @param {any} instance
 * @param {Buffer} body
 * @param {number} chunk
 * @param {number} times How often the body comes, in one stream.
 * @returns {number} Milliseconds.
 */
function decode(instance, body, chunk, times) {
  // What went before left garbage, and it would be collected at somebody's expense.
  /** @type {any} */ (globalThis).gc?.();
  const began = performance.now();
  const decoder = new RecordDecoder(instance, null, []);
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
