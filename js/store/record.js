/**
 * The form in which a token store keeps a text: with the number of the form, so that another release knows its own.
 *
 * @module
 */

import { UnreadableRecord } from "./problem.js";

/** Counted up whenever the form, or what is kept in it, changes so that earlier releases cannot use it. */
const VERSION = 1;

/** A record that a later release wrote. It is that release's to read and to remove. */
export class LaterRecord extends Error {}

/** @param {string} text */
export function pack(text) {
  return JSON.stringify({ version: VERSION, text });
}

/**
 * The text that was packed.
 *
 * @param {unknown} kept As the store gives it.
 * @returns {string}
 */
export function unpack(kept) {
  const record = parsed(kept);
  if (typeof record?.version === "number" && record.version > VERSION) throw new LaterRecord();
  if (record?.version !== VERSION || typeof record.text !== "string") throw new UnreadableRecord();
  return record.text;
}

/**
 * @param {unknown} kept
 * @returns {{ version?: unknown, text?: unknown } | null | undefined}
 */
function parsed(kept) {
  try {
    return typeof kept === "string" ? JSON.parse(kept) : undefined;
  } catch {
    return undefined;
  }
}
