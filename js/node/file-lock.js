/**
 * One holder at a time over all processes of a machine that use the same folder.
 *
 * The lock is a file that can be created only once, and says who did. Always: a lock whose owner is gone, or has had it for longer
 * than any refresh takes, is broken by one of those that wait; and a lock is given back only by whoever holds it.
 *
 * @module
 */

import { open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";

/** @import { Take } from "../locks.js" */

/** No refresh takes longer. */
const STALE_MS = 10_000;
/** How long to wait before looking again. */
const PAUSE_MS = 50;

/**
 * @typedef {object} Owner What a lock file says.
 * @property {string} id Of this one taking.
 * @property {number} pid
 * @property {string} host
 */

/**
 * @param {(name: string) => Promise<string>} placeOf Where the file of a lock is.
 * @returns {Take}
 */
export function fileLock(placeOf) {
  return async (name, released, signal) => {
    const place = await placeOf(name);
    const id = crypto.randomUUID();
    /** @type {Owner} */
    const owner = { id, pid: process.pid, host: hostname() };
    while (!(await created(place, JSON.stringify(owner)))) {
      signal.throwIfAborted();
      if (await isStale(place)) await broken(place);
      else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random())));
    }
    const giveBack = async () => {
      if ((await ownerOf(place))?.id === id) await rm(place, { force: true });
    };
    if (signal.aborted) await giveBack();
    signal.throwIfAborted();
    // What cannot be given back is broken by the next one.
    released.then(giveBack).catch(() => {});
  };
}

/**
 * Creates a file that is not there; false where it is.
 *
 * @param {string} place
 * @param {string} text
 */
async function created(place, text) {
  try {
    await writeFile(place, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes a stale lock. Only one process does, and looks once more before: another may have broken and taken it meanwhile.
 *
 * @param {string} place
 */
async function broken(place) {
  const right = `${place}.break`;
  const handle = await open(right, "wx", 0o600).catch(() => undefined);
  if (handle === undefined) {
    if ((await ageOf(right)) > STALE_MS) await rm(right, { force: true });
    return;
  }
  try {
    await handle.close();
    if (await isStale(place)) await rm(place, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

/** @param {string} place */
async function isStale(place) {
  if ((await ageOf(place)) > STALE_MS) return true;
  const owner = await ownerOf(place);
  return owner !== undefined && owner.host === hostname() && !isAlive(owner.pid);
}

/**
 * In milliseconds; nothing where there is no such file.
 *
 * @param {string} place
 */
async function ageOf(place) {
  const stats = await stat(place).catch(() => undefined);
  return stats === undefined ? 0 : Date.now() - stats.mtimeMs;
}

/**
 * @param {string} place
 * @returns {Promise<Owner | undefined>} Nothing where there is none, or it is being written.
 */
async function ownerOf(place) {
  try {
    return JSON.parse(await readFile(place, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH";
  }
}
