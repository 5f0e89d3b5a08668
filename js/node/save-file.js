/**
 * Saving a file that a cluster sent, where a program has a file system.
 *
 * It is written beside its place and moved there when it is complete. Always: under the path is what was there before,
 * or the whole file; and after a failure nothing is left beside it. The path is the caller's alone: the name that the
 * server gave the file plays no part.
 *
 * @module
 */

import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { invalid, SlideRuleError } from "../errors.js";

/** @import { FileResult, StreamedFile } from "../index.js" */

/**
 * Saves a file under a path; what is there already is replaced. Begins to read a streamed file before it returns, and
 * rejects with the stream's error where the stream fails.
 *
 * @param {StreamedFile | FileResult} file
 * @param {string | URL} path
 * @returns {Promise<{ path: string, size: number }>} The absolute path, and how many bytes are there.
 */
export async function saveFile(file, path) {
  // Before anything is waited for: a file of a stream that nobody reads is let go.
  const chunks = chunksOf(file);
  try {
    const place = absolute(path);
    return { path: place, size: await saved(chunks, place) };
  } catch (error) {
    await chunks.cancel(error);
    throw error;
  }
}

/**
 * @param {AsyncIterable<Uint8Array>} chunks
 * @param {string} place
 */
async function saved(chunks, place) {
  const draft = join(dirname(place), `.sliderule-${crypto.randomUUID()}.part`);
  const handle = await trying(place, async () => {
    // Only the move at the end would find these faults, when all has been received.
    const before = await stat(place).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
    if (before?.isDirectory()) throw new Error("it is a folder");
    return open(draft, "wx");
  });
  try {
    let size = 0;
    try {
      for await (const chunk of chunks) {
        await trying(place, () => handle.writeFile(chunk));
        size += chunk.length;
      }
      await trying(place, () => handle.sync());
    } finally {
      await trying(place, () => handle.close());
    }
    await trying(place, () => rename(draft, place));
    await settled(dirname(place));
    return size;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * @param {StreamedFile | FileResult} file
 * @returns {AsyncIterable<Uint8Array> & { cancel(reason: unknown): Promise<void> }}
 */
function chunksOf(file) {
  const whole = file?.bytes;
  if (whole instanceof Uint8Array) {
    return {
      async *[Symbol.asyncIterator]() {
        yield whole;
      },
      async cancel() {},
    };
  }
  const stream = file !== null && typeof file === "object" && "stream" in file ? file.stream : undefined;
  if (!(stream instanceof ReadableStream)) {
    throw invalid("saveFile: the file must be one that a stream gave to onFile, or one of its result's files");
  }
  if (stream.locked) throw invalid("saveFile: the file is being read already");
  const reader = stream.getReader();
  return {
    async *[Symbol.asyncIterator]() {
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    },
    // A stream that has failed rejects this too, with what is thrown already.
    cancel: (reason) => reader.cancel(reason).catch(() => {}),
  };
}

/** @param {string | URL} path */
function absolute(path) {
  try {
    if (typeof path === "string" && path !== "") return resolve(path);
    if (path instanceof URL) return fileURLToPath(path);
  } catch (cause) {
    throw new SlideRuleError("invalid_argument", `saveFile: ${path} is no path of this machine`, { cause });
  }
  throw invalid("saveFile: the path must be text or a file URL");
}

/**
 * @template T
 * @param {string} place
 * @param {() => Promise<T>} act
 */
async function trying(place, act) {
  try {
    return await act();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SlideRuleError("invalid_argument", `saveFile: ${place} cannot be written: ${why}`, { cause });
  }
}

/**
 * Has a folder remember over a loss of power what was moved in it, where the system can do that.
 *
 * @param {string} folder
 */
async function settled(folder) {
  try {
    const handle = await open(folder);
    await handle.sync().finally(() => handle.close());
  } catch {
    // Not on Windows, and not on every file system; the file itself is complete.
  }
}
