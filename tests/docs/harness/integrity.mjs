/** The hashes in `docs/CDN.md`, each behind the address of the file that it is of. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The files whose hashes the page tells. */
export const FILES = ["index.js", "slim.js", "sliderule.wasm"];

/**
 * @param {Uint8Array | string} bytes
 * @returns {string} as browsers want it
 */
export const integrityOf = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

/**
 * The page with the version and the hashes of a package.
 *
 * @param {string} page
 * @param {string} folder of the package
 * @returns {Promise<string>}
 */
export async function pinned(page, folder) {
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  let text = page.replace(/sliderule-wasm@[\w.-]+/g, `sliderule-wasm@${version}`);
  for (const file of FILES) {
    const hash = integrityOf(await readFile(join(folder, "dist", file)));
    const behind = new RegExp(`(dist/${file.replace(".", "\\.")}"[:;][^@]*?")sha384-[\\w+/=.]+`, "g");
    text = text.replace(behind, (_all, before) => before + hash);
  }
  return text;
}
