/** The Python package as it is shipped: bundled, and made a wheel. */

import { cp, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../browser/harness/static-server.mjs";
import { installed, outputOf } from "./place.mjs";

/**
 * Puts the package, with the npm package bundled into it, into a new folder.
 *
 * @returns {Promise<string>} the folder, which holds the sources of the wheel; the caller removes it
 */
export async function pythonPackage() {
  const folder = await mkdtemp(join(tmpdir(), "sliderule-wheel-"));
  await cp(join(ROOT, "python"), folder, { recursive: true, filter: (file) => !file.endsWith("__pycache__") });
  await outputOf(process.execPath, [join(ROOT, "python/bundle.mjs"), join(folder, "sliderule_wasm")]);
  return folder;
}

/**
 * Makes the wheel, as `docs/NOTEBOOKS.md` says.
 *
 * @param {string} folder
 * @returns {Promise<string>} the file
 */
export async function wheelOf(folder) {
  const wheels = join(folder, "wheels");
  const words = ["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"];
  await outputOf(installed("environment/bin/python"), [...words, "--wheel-dir", wheels, folder], folder);
  const [wheel] = await readdir(wheels);
  if (wheel === undefined) throw new Error("pip made no wheel.");
  return join(wheels, wheel);
}
