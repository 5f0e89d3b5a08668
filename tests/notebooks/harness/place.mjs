/**
 * Where the tools are that notebooks run with.
 *
 * `SLIDERULE_NOTEBOOKS` names the folder; otherwise it is `target/notebooks`, where `cargo xtask test notebooks` installs
 * them: `npm` (Pyodide, Observable's notebook kit), `environment` (Python with JupyterLite), `wheels` (what the Pyodide kernel
 * loads).
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../browser/harness/static-server.mjs";

const run = promisify(execFile);

const PLACE = process.env.SLIDERULE_NOTEBOOKS ?? join(ROOT, "target/notebooks");

/**
 * Something that was installed there.
 *
 * @param {string} path
 */
export function installed(path) {
  const place = join(PLACE, path);
  if (!existsSync(place))
    throw new Error(`There is no ${place}: run \`cargo xtask test notebooks\`, which installs it.`);
  return place;
}

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {string[]} words
 * @param {string} [cwd]
 * @returns {Promise<string>} what it printed
 */
export async function outputOf(program, words, cwd = ROOT) {
  // Python must not write compiled files beside the sources.
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout } = await run(program, words, { cwd, env, maxBuffer: 1 << 26 });
  return stdout;
}
