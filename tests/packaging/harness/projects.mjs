/**
 * Throwaway projects that have the package as a user gets it: installed by npm from the tarball that npm packed.
 *
 * All of a run lie in one temporary folder, whose `node_modules` are the bundlers and runtimes that `cargo xtask test packaging`
 * installs once into `target/packaging-tools` (`SLIDERULE_PACKAGING_TOOLS` names another place). The package itself is in each
 * project's own `node_modules`.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ROOT } from "../../browser/harness/static-server.mjs";

const TOOLS = process.env.SLIDERULE_PACKAGING_TOOLS ?? join(ROOT, "target/packaging-tools");
const HERE = fileURLToPath(new URL("../", import.meta.url));
const QUIET = ["--offline", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"];

const run = promisify(execFile);

/** @typedef {import("../account.js").Account} Account */

/** The folders in which the environments are described. */
export const ENVIRONMENTS = join(HERE, "environments");

/**
 * Packs the package; where `SLIDERULE_PUBLISHED` names one, such as `sliderule-wasm@0.1.0`, that is fetched in its place.
 *
 * @param {string} folder where the tarball goes
 * @returns {Promise<{ tarball: string, files: string[] }>} its path, and the paths of what it holds
 */
export async function pack(folder) {
  const published = process.env.SLIDERULE_PUBLISHED;
  const what = published === undefined ? [] : [published];
  const { stdout } = await run("npm", ["pack", ...what, "--json", "--pack-destination", folder], { cwd: ROOT });
  const [packed] = JSON.parse(stdout);
  const files = packed.files.map((/** @type {{ path: string }} */ file) => file.path);
  return { tarball: join(folder, packed.filename), files: files.sort() };
}

/**
 * Installs a tarball into a project, without network.
 *
 * @param {string} project
 * @param {string} tarball
 */
export async function install(project, tarball) {
  await run("npm", ["install", ...QUIET, tarball], { cwd: project });
}

/**
 * Whether npm installed the packages of a scope on this machine: some are for certain systems only.
 *
 * @param {string} scope such as `@deno`
 * @returns {boolean}
 */
export function isInstalled(scope) {
  return existsSync(join(TOOLS, "node_modules", scope));
}

/**
 * The folder of all projects of a run, which goes with the test.
 *
 * @param {import("node:test").TestContext} t
 * @returns {Promise<{ folder: string, tarball: string }>}
 */
export async function openWorkshop(t) {
  const modules = join(TOOLS, "node_modules");
  await access(modules).catch(() => {
    throw new Error(`There is no ${modules}: run \`cargo xtask test packaging\`, which installs it.`);
  });
  const folder = await mkdtemp(join(tmpdir(), "sliderule-environments-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  await symlink(modules, join(folder, "node_modules"), "dir");
  const { tarball } = await pack(folder);
  return { folder, tarball };
}

/**
 * Makes a project of an environment: its own files, the smoke test, the account that it is run with, and the package.
 *
 * @param {{ folder: string, tarball: string }} workshop
 * @param {string} environment
 * @param {Account} account
 * @returns {Promise<string>} its folder
 */
export async function makeProject({ folder, tarball }, environment, account) {
  const project = join(folder, account.organization);
  await cp(join(ENVIRONMENTS, environment), project, { recursive: true });
  await cp(join(HERE, "smoke.js"), join(project, "smoke.js"));
  await writeFile(join(project, "account.js"), `export const account = ${JSON.stringify(account)};\n`);
  await install(project, tarball);
  return project;
}

/**
 * The commands of a project by name, as its `package.json` has them.
 *
 * @param {string} project
 * @returns {Promise<Record<string, string>>}
 */
export async function scripts(project) {
  return JSON.parse(await readFile(join(project, "package.json"), "utf8")).scripts;
}
