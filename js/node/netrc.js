/**
 * Credentials from a `.netrc` file: the machine's `login` and `password`, as the Python client reads them.
 *
 * Always: a file that others may read is not used, and its owner is told; nothing of the file is quoted in a message but
 * the number of a line.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { SlideRuleError } from "../errors.js";

/** @import { Credentials } from "../index.js" */

/** @typedef {{ login?: string, password?: string, account?: string }} Entry */

const KEYS = new Set(["login", "password", "account"]);
/** The permissions of others and of the group. */
const OTHERS = 0o077;

/**
 * The credentials that the file has for a machine: `ps.<domain>`, with the port where the address has one. Nothing where
 * there is no file, or no such machine in it; an entry `default` is not taken, since it was not written for this.
 *
 * @param {string} machine
 * @param {string} [path] Default: what `NETRC` names, or `.netrc` in the home folder.
 * @returns {Promise<Credentials | undefined>}
 */
export async function netrcCredentials(machine, path = usualPath()) {
  if (path === undefined) return undefined;
  const text = await readFile(path, "utf8").catch((cause) => {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(cause?.code)) return undefined;
    throw missing(`${path} cannot be read`, cause);
  });
  if (text === undefined) return undefined;
  const { machines, problem } = parse(text);
  const entry = machines.get(machine);
  if (entry === undefined) {
    // What comes after the problem may be the machine that is looked for.
    if (problem !== undefined && text.includes(machine)) throw missing(`${path}: ${problem}`);
    return undefined;
  }
  if (process.platform !== "win32" && ((await stat(path)).mode & OTHERS) !== 0) {
    throw missing(`${path} holds a password for ${machine} and may be read by others, so it is not used: chmod 600 it`);
  }
  const { login, password } = entry;
  if (!login || !password) {
    throw missing(`${path}: ${problem ?? `the machine ${machine} has no ${login ? "password" : "login"}`}`);
  }
  return { username: login, password };
}

/** Nothing where the program cannot know it: some users have no home folder, and Deno asks for a permission. */
function usualPath() {
  try {
    return process.env.NETRC || join(homedir(), ".netrc");
  } catch {
    return undefined;
  }
}

/**
 * The machines of the file up to its end or to the first thing that makes no sense, and what that is.
 *
 * @param {string} text
 * @returns {{ machines: Map<string, Entry>, problem?: string }}
 */
export function parse(text) {
  /** @type {Map<string, Entry>} */
  const machines = new Map();
  const words = wordsOf(text);
  /** @type {Entry | undefined} */
  let entry;
  for (let word = words.next(); !word.done; word = words.next()) {
    const { text: key, line } = word.value;
    if (key === "default") {
      entry = {};
      continue;
    }
    const value = words.next();
    if (value.done) return { machines, problem: `line ${line}: \`${known(key)}\` has no value` };
    if (key === "machine") {
      // The first entry of a machine counts.
      entry = {};
      if (!machines.has(value.value.text)) machines.set(value.value.text, entry);
    } else if (KEYS.has(key) && entry !== undefined) {
      entry[/** @type {keyof Entry} */ (key)] = value.value.text;
    } else {
      const expected = entry === undefined ? "machine" : "machine, default, login, password, account or macdef";
      return { machines, problem: `line ${line} must begin with ${expected}` };
    }
  }
  return { machines };
}

/**
 * The words of the file and the lines they stand in; comments and macros left out.
 *
 * @param {string} text
 * @returns {Generator<{ text: string, line: number }, void, undefined>}
 */
function* wordsOf(text) {
  let isMacro = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (isMacro) {
      // A macro ends with an empty line.
      isMacro = line.trim() !== "";
      continue;
    }
    // A password may hold a #: only a word that begins with one begins a comment.
    for (const [word] of line.matchAll(/"(?:\\.|[^"\\])*"|\S+/g)) {
      if (word.startsWith("#")) break;
      if (word === "macdef") {
        isMacro = true;
        break;
      }
      yield { text: unquoted(word), line: index + 1 };
    }
  }
}

/** @param {string} word */
function unquoted(word) {
  return word.startsWith('"') && word.endsWith('"') && word.length > 1
    ? word.slice(1, -1).replaceAll(/\\(.)/g, "$1")
    : word;
}

/**
 * A word of the format; anything else could be a password in the wrong place.
 *
 * @param {string} word
 */
function known(word) {
  return word === "machine" || KEYS.has(word) ? word : "a word";
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 */
function missing(message, cause) {
  return new SlideRuleError("credentials_missing", message, { cause });
}
