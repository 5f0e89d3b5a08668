/**
 * Reading options: both spellings, nothing unknown, and every value checked before anything is sent.
 *
 * @module
 */

import { invalid } from "./errors.js";
import { snakeCase } from "./spelling.js";
import { ALIASES, CHECKS, NULLABLE, TAKES } from "./surface.js";

/** @import { Environment } from "./entry.js" */

/**
 * The options that are given, by their camelCase names.
 *
 * @param {keyof typeof TAKES} of What the options belong to.
 * @param {unknown} given
 * @param {Environment} [environment]
 * @param {string} [takes] Their names.
 * @returns {any}
 */
export function readOptions(of, given, environment, takes = TAKES[of]) {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || Array.isArray(given)) throw invalid(`${of}: options must be an object`);
  const names = takes.split(" ");
  /** @type {Record<string, unknown>} */
  const read = {};
  for (const [text, value] of Object.entries(given)) {
    const name = names.find((each) => text === each || text === (ALIASES[each] ?? snakeCase(each)));
    if (name === undefined) throw invalid(`${of}: there is no option \`${text}\`; there are ${names.join(", ")}`);
    if (value === undefined || (value === null && name !== NULLABLE)) continue;
    if (name in read && read[name] !== value) {
      throw invalid(`${of}: \`${name}\` is given in two spellings with different values`);
    }
    const problem = value === null ? undefined : (CHECKS[`${of}.${name}`] ?? CHECKS[name])?.(value, environment);
    if (problem !== undefined) throw invalid(`${of}: \`${text}\` ${problem}`);
    read[name] = value;
  }
  return read;
}
