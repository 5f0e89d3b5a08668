/**
 * The words of the command line: options that every command has, and reading their values.
 *
 * @module
 */

import { parseArgs } from "node:util";

import { invalid } from "../errors.js";

/**
 * @import { ParseArgsConfig } from "node:util"
 * @import { Place } from "./connect.js"
 */

/** @typedef {NonNullable<ParseArgsConfig["options"]>} Options */
/** @typedef {Record<string, string | boolean | undefined>} Values */

/** @type {Options} */
export const COMMON = {
  url: { type: "string" },
  organization: { type: "string", short: "o" },
  timeout: { type: "string" },
  json: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  help: { type: "boolean", short: "h" },
};

/** How they are shown in help. */
export const COMMON_HELP = [
  ["--url URL", "domain or URL of the deployment (SLIDERULE_URL; default slideruleearth.io)"],
  ["-o, --organization NAME", "whose cluster (SLIDERULE_ORGANIZATION)"],
  ["--timeout SECONDS", "longest time to wait"],
  ["--json", "results, and errors, as JSON"],
  ["-q, --quiet", "results and errors only"],
  ["-h, --help", "this text"],
];

/**
 * The command, which is the first word that is neither an option nor its value, and the words besides it.
 *
 * @param {string[]} words
 * @returns {{ name: string | undefined, rest: string[] }}
 */
export function commandIn(words) {
  const { tokens } = parseArgs({ args: words, options: COMMON, strict: false, allowPositionals: true, tokens: true });
  const first = tokens.find(({ kind }) => kind === "positional" || kind === "option-terminator");
  if (first?.kind !== "positional") return { name: undefined, rest: words };
  return { name: first.value, rest: words.toSpliced(first.index, 1) };
}

/**
 * Tells which options are there, whatever else is wrong with the words. What follows `--` are none of ours.
 *
 * @param {string[]} words
 * @param {Options} options The command's own.
 * @returns {(name: string) => boolean}
 */
export function isGiven(words, options) {
  const { values } = parseArgs({
    args: words,
    options: { ...COMMON, ...options },
    strict: false,
    allowPositionals: true,
  });
  return (name) => values[name] !== undefined;
}

/**
 * Reads the words of a command.
 *
 * @param {string[]} words
 * @param {Options} options The command's own.
 * @returns {{ values: Values, given: string[], after: string[] | undefined }} `after`: what follows `--`, if that is there.
 */
export function read(words, options) {
  const end = words.indexOf("--");
  const [before, after] = end === -1 ? [words, undefined] : [words.slice(0, end), words.slice(end + 1)];
  try {
    const all = { ...COMMON, ...options };
    const { values, positionals } = parseArgs({ args: before, options: all, allowPositionals: true });
    return { values: /** @type {Values} */ (values), given: positionals, after };
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Where the command works.
 *
 * @param {Values} values
 * @param {string | undefined} [otherwise] The organization where none is named; without it one must be.
 * @returns {Place}
 */
export function placeOf({ url, organization }, otherwise) {
  const name = organization || process.env.SLIDERULE_ORGANIZATION || otherwise;
  if (typeof name !== "string") {
    throw invalid("name the organization: --organization NAME, or the variable SLIDERULE_ORGANIZATION");
  }
  return { url: String(url || process.env.SLIDERULE_URL || "slideruleearth.io"), organization: name };
}

/**
 * @param {Values} values
 * @param {string} name
 * @param {{ least: number, otherwise?: number }} limits
 * @returns {number | undefined}
 */
export function wholeNumber(values, name, { least, otherwise }) {
  const text = values[name];
  return text === undefined ? otherwise : numberIn(`--${name}`, text, least);
}

/**
 * @param {string} what
 * @param {unknown} text
 * @param {number} least
 */
export function numberIn(what, text, least) {
  const number = Number(text);
  if (typeof text === "string" && /^\d+$/.test(text) && number >= least && number <= 1_000_000) return number;
  throw invalid(`${what} must be a whole number from ${least} on, and is ${text}`);
}
