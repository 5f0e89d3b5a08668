/**
 * Small files that are nobody's but this user's.
 *
 * Always: a folder or file that belongs to somebody else, that others may read, or that is a symbolic link is not used, and not
 * mended either: whoever made it so may have read it. A file is there whole or not at all, whoever else writes it at the same time.
 *
 * Windows has no such modes; there the user's profile keeps others out.
 *
 * @module
 */

import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { StoreProblem } from "../store/problem.js";

/** The permissions of others and of the group. */
const OTHERS = 0o077;
/** How old a draft must be for its writer to be gone. */
const ABANDONED_MS = 60 * 60_000;
const DRAFT = ".part";

/**
 * Makes the folder where it is missing, and makes sure that it is private.
 *
 * @param {string} folder
 */
export async function privateFolder(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  refuseUnlessPrivate(folder, await lstat(folder), "isDirectory");
}

/**
 * The text of a file; null where there is none.
 *
 * @param {string} path
 */
export async function readPrivate(path) {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch((error) => {
    if (error.code === "ENOENT") return null;
    if (error.code === "ELOOP") throw new StoreProblem(`${path} is a symbolic link`);
    throw error;
  });
  if (handle === null) return null;
  try {
    refuseUnlessPrivate(path, await handle.stat(), "isFile");
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file beside its place and moves it there.
 *
 * @param {string} path
 * @param {string} text
 */
export async function writePrivate(path, text) {
  const draft = `${path}.${crypto.randomUUID()}${DRAFT}`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** @param {string} path */
export async function removePrivate(path) {
  await rm(path, { force: true });
}

/**
 * Removes the drafts of programs that were ended while they wrote.
 *
 * @param {string} folder
 */
export async function sweep(folder) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!name.endsWith(DRAFT)) continue;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

/**
 * @param {string} path
 * @param {import("node:fs").Stats} stats
 * @param {"isFile" | "isDirectory"} kind
 */
function refuseUnlessPrivate(path, stats, kind) {
  if (!stats[kind]()) throw new StoreProblem(`${path} is no ${kind === "isFile" ? "file" : "folder"} of its own`);
  if (process.getuid === undefined) return;
  if (stats.uid !== process.getuid()) throw new StoreProblem(`${path} belongs to another user`);
  if ((stats.mode & OTHERS) === 0) return;
  const mode = kind === "isFile" ? "600" : "700";
  throw new StoreProblem(`${path} can be read by others, so it is not used (remove it, or: chmod ${mode})`);
}
