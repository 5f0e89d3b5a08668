/**
 * Tokens in files of the user's cache folder: one for each record, named by a hash of its key, and readable by nobody else.
 *
 * Several programs may use the folder at once; a lock file keeps them from renewing the same tokens twice.
 *
 * @module
 */

import { join, resolve } from "node:path";

import { invalid } from "../errors.js";
import { takeWithin } from "../locks.js";
import { TRAITS } from "../store/traits.js";
import { cacheFolder } from "./cache-folder.js";
import { fileLock } from "./file-lock.js";
import { privateFolder, readPrivate, removePrivate, sweep, writePrivate } from "./private-files.js";

/** @import { Store } from "../store/traits.js" */

/**
 * @param {{ path?: string }} [options] `path`: the folder. Default: `sliderule-wasm` in the user's cache folder.
 * @returns {Store}
 */
export function fileStore(options = {}) {
  const unknown = Object.keys(options ?? {}).find((name) => name !== "path");
  if (unknown !== undefined) throw invalid(`fileStore: there is no option \`${unknown}\`; there is path`);
  const folder = options?.path ?? cacheFolder();
  if (typeof folder !== "string" || folder === "") throw invalid("fileStore: `path` must be the path of a folder");

  /** @type {Promise<void> | undefined} */
  let swept;
  const placeOf = async (/** @type {string} */ name, /** @type {string} */ ending) => {
    await privateFolder(folder);
    swept ??= sweep(folder);
    await swept;
    // Loaded here, since it takes longer than the rest of the entry, which most programs use without files.
    const { createHash } = await import("node:crypto");
    return join(folder, `${createHash("sha256").update(name).digest("hex")}${ending}`);
  };
  const lockFile = fileLock((name) => placeOf(name, ".lock"));
  return {
    get: async (key) => readPrivate(await placeOf(key, ".json")),
    set: async (key, value) => writePrivate(await placeOf(key, ".json"), value),
    delete: async (key) => removePrivate(await placeOf(key, ".json")),
    [TRAITS]: {
      place: "the file store",
      channel: `file ${resolve(folder)}`,
      isTried: true,
      take: async (name, released, signal) => {
        await takeWithin(name, released, signal);
        await lockFile(name, released, signal);
      },
    },
  };
}
