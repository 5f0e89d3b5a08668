/**
 * The fields of the records in which files come, checked: a server defines their layout, and may define anything.
 *
 * @module
 */

import { SlideRuleError } from "../errors.js";
import { quoted, tooLarge } from "./file-transfer.js";

/** @import { Batch } from "../index.js" */

export const META = "arrowrec.meta";
export const DATA = "arrowrec.data";
export const EOF = "arrowrec.eof";
export const REMOTE = "arrowrec.remote";

/**
 * @param {Batch} batch
 * @param {string} field
 * @param {number} row
 */
export function text(batch, field, row) {
  const value = batch.columns[field]?.[row];
  if (typeof value !== "string") throw lacking(batch, field, "text");
  return value;
}

/**
 * @param {Batch} batch
 * @param {number} row
 */
export function bytes(batch, row) {
  const value = batch.columns.data?.[row];
  if (!(value instanceof Uint8Array)) throw lacking(batch, "data", "bytes");
  return value;
}

/**
 * @param {Batch} batch
 * @param {string} field
 * @param {number} row
 */
export function integer(batch, field, row) {
  const value = batch.columns[field]?.[row];
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  throw lacking(batch, field, "a whole number");
}

/**
 * @param {Batch} batch
 * @param {number} row
 */
export function size(batch, row) {
  const value = integer(batch, "size", row);
  const name = () => quoted(text(batch, batch.recordType === REMOTE ? "url" : "filename", row));
  if (value < 0n) throw malformed(`the file ${name()} was announced with ${value} bytes`);
  if (value > Number.MAX_SAFE_INTEGER) throw tooLarge(`the file ${name()} was announced with ${value} bytes`);
  return Number(value);
}

/**
 * @param {Batch} batch
 * @param {string} field
 * @param {string} kind
 */
function lacking({ recordType }, field, kind) {
  return malformed(`${recordType} must have a field ${field} that is ${kind}; the server defines it differently`);
}

/** @param {string} message */
export function malformed(message) {
  return new SlideRuleError("stream_malformed", message);
}
