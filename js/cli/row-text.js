/**
 * Rows as text: JSON, one for each line, or CSV as RFC 4180 has it.
 *
 * Integers of 64 bits are written in full, as JSON allows; what has no number in JSON is null, and empty in CSV.
 *
 * @module
 */

/** @import { Batch, Column } from "../index.js" */

/**
 * The rows of a batch as lines of JSON, each with its record type first.
 *
 * @param {Batch} batch
 */
export function jsonLines({ recordType, length, columns }) {
  const start = `{"recordType":${JSON.stringify(recordType)}`;
  const named = Object.entries(columns).map(([name, column]) => ({ key: `,${JSON.stringify(name)}:`, column }));
  let lines = "";
  for (let row = 0; row < length; row += 1) {
    lines += start;
    for (const { key, column } of named) lines += key + json(column[row]);
    lines += "}\n";
  }
  return lines;
}

/** @param {Batch} batch */
export function csvHeader({ columns }) {
  return `${Object.keys(columns).map(quoted).join(",")}\n`;
}

/** @param {Batch} batch */
export function csvLines({ length, columns }) {
  const all = Object.values(columns);
  let lines = "";
  for (let row = 0; row < length; row += 1) lines += `${all.map((column) => cell(column[row])).join(",")}\n`;
  return lines;
}

/**
 * @param {number | bigint | string | Column | undefined} value
 * @returns {string}
 */
function json(value) {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return JSON.stringify(value);
  return value === undefined ? "null" : `[${Array.from(value, json).join(",")}]`;
}

/** @param {number | bigint | string | Column | undefined} value */
function cell(value) {
  if (typeof value === "number" && !Number.isFinite(value)) return "";
  return quoted(typeof value === "string" ? value : json(value));
}

/** @param {string} text */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
