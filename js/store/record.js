/**
 * The form in which a token store keeps a text: with the number of the form, so that another release knows its own.
 *
 * @module
 */

import { StoreProblem, UnreadableRecord } from "./problem.js";

/** Counted up whenever the form, or what is kept in it, changes so that earlier releases cannot use it. */
const VERSION = 1;

/** @param {string} text */
export function pack(text) {
  return JSON.stringify({ version: VERSION, text });
}

/**
 * The text that was packed. A record that a later release wrote is that release's to read and to remove.
 *
 * @param {unknown} kept As the store gives it.
 * @returns {string}
 */
export function unpack(kept) {
  const { version, text } = parsed(kept) ?? {};
  if (typeof version === "number" && version > VERSION) {
    throw new StoreProblem("the tokens were written by a later release");
  }
  if (version !== VERSION || typeof text !== "string") throw new UnreadableRecord();
  return text;
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
