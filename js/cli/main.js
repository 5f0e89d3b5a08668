/**
 * The commands: which there are, and what surrounds each of them.
 *
 * @module
 */

import { commandIn, isGiven, placeOf, read, wholeNumber } from "./arguments.js";
import * as extend from "./extend.js";
import { exitCodeOf } from "./exit-codes.js";
import { helpOf, overview } from "./help.js";
import { Interrupts } from "./interrupts.js";
import { invalid } from "../errors.js";
import * as login from "./login.js";
import * as logout from "./logout.js";
import { Output } from "./output.js";
import * as release from "./release.js";
import * as run from "./run.js";
import * as scale from "./scale.js";
import * as status from "./status.js";
import * as version from "./version.js";

/**
 * @import { Options, Values } from "./arguments.js"
 * @import { Place } from "./connect.js"
 */

/**
 * @typedef {object} Command
 * @property {string} summary One line.
 * @property {string[]} usage What may follow the command's name.
 * @property {string[][]} help Its own options, each with what it does.
 * @property {string[]} examples
 * @property {Options} options
 * @property {(context: Context) => Promise<number | void>} run The exit code, where it is not 0.
 */

/**
 * @typedef {object} Context What a command works with.
 * @property {Values} values
 * @property {string[]} given The words besides options.
 * @property {string[] | undefined} after The words after `--`.
 * @property {(otherwise?: string) => Place} place
 * @property {number | undefined} timeoutMs
 * @property {Output} output
 * @property {Interrupts} interrupts
 */

/** @type {Record<string, Command>} */
export const COMMANDS = { login, logout, status, scale, extend, release, run, version };

/**
 * @param {string[]} words
 * @returns {Promise<number>} The exit code.
 */
export async function main(words) {
  const has = isGiven(words, optionsOf(commandIn(words).name));
  const output = new Output({ json: has("json"), quiet: has("quiet") });
  const interrupts = new Interrupts();
  try {
    return await dispatch(words, output, interrupts);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    output.fail(error, exitCode);
    return exitCode;
  } finally {
    interrupts.close();
  }
}

/** @param {string | undefined} name */
function optionsOf(name = "") {
  return Object.hasOwn(COMMANDS, name) ? /** @type {Command} */ (COMMANDS[name]).options : {};
}

/**
 * @param {string[]} words
 * @param {Output} output
 * @param {Interrupts} interrupts
 */
async function dispatch(words, output, interrupts) {
  const { name, rest } = commandIn(words);
  if (name === undefined || name === "help") {
    const isAsked = name === "help" || isGiven(words, {})("help");
    if (!isAsked) throw invalid(`a command is missing\n\n${overview(COMMANDS)}`);
    const about = rest.find((word) => Object.hasOwn(COMMANDS, word));
    await output.write(about === undefined ? overview(COMMANDS) : helpOf(about, COMMANDS));
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw invalid(`there is no command \`${name}\`; there are ${Object.keys(COMMANDS).join(", ")}`);
  }
  const { values, given, after } = read(rest, command.options);
  if (values.help) {
    await output.write(helpOf(name, COMMANDS));
    return 0;
  }
  const seconds = wholeNumber(values, "timeout", { least: 1 });
  const code = await command.run({
    values,
    given,
    after,
    place: (otherwise) => placeOf(values, otherwise),
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    output,
    interrupts,
  });
  return code ?? 0;
}
