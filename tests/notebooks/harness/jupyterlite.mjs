/**
 * A JupyterLite site, made as `docs/NOTEBOOKS.md` says, that needs nobody else: Pyodide and what its kernel loads are part of it.
 *
 * Pyodide's core comes from npm and the pure Python packages from PyPI. They are the versions that Pyodide's own lock names, but
 * packed by their authors, so that the lock of the site is Pyodide's with their checksums and without all that is not there.
 */

import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../browser/harness/static-server.mjs";
import { installed, outputOf } from "./place.mjs";

const CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];

/**
 * @param {string} folder where to work
 * @param {string} wheel of the Python package
 * @returns {Promise<string>} the folder of the site
 */
export async function buildSite(folder, wheel) {
  const [source, site] = [join(folder, "source"), join(folder, "site")];
  const pyodide = join(source, "static/pyodide");
  await mkdir(pyodide, { recursive: true });
  await addPyodide(pyodide);
  // The test runs cells through JupyterLab's own commands.
  const settings = { "jupyter-lite-schema-version": 0, "jupyter-config-data": { exposeAppInBrowser: true } };
  await writeFile(join(source, "jupyter-lite.json"), JSON.stringify(settings));
  const wheels = [wheel, ...(await wheelsOf("comm"))].flatMap((file) => ["--piplite-wheels", file]);
  const words = ["lite", "build", "--output-dir", site, "--apps", "lab", "--no-sourcemaps", ...wheels];
  await outputOf(installed("environment/bin/jupyter"), words, source);
  await cp(join(ROOT, "dist/index.js"), join(site, "files/sliderule-wasm.js"));
  return site;
}

/** @param {string} folder */
async function addPyodide(folder) {
  const core = installed("npm/node_modules/pyodide");
  const lock = JSON.parse(await readFile(join(core, "pyodide-lock.json"), "utf8"));
  for (const file of CORE) await cp(join(core, file), join(folder, file));
  for (const [name, entry] of Object.entries(lock.packages)) {
    const wheel = join(installed("wheels"), entry.file_name);
    const bytes = await readFile(wheel).catch(() => undefined);
    if (bytes === undefined) {
      delete lock.packages[name];
      continue;
    }
    entry.sha256 = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(folder, entry.file_name), bytes);
  }
  await writeFile(join(folder, "pyodide-lock.json"), JSON.stringify(lock));
}

/** @param {string} name */
async function wheelsOf(name) {
  const files = await readdir(installed("wheels"));
  return files.filter((file) => file.startsWith(`${name}-`)).map((file) => join(installed("wheels"), file));
}
