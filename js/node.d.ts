/** The entry for Node: the same functions, with the WebAssembly module read from its file instead of inlined. */
export * from "./index.js";

import type { Credentials, FileResult, StreamedFile, TokenStore } from "./index.js";
import type { Address } from "./platform.js";

/** What `PS_GITHUB_TOKEN`, or `PS_USERNAME` and `PS_PASSWORD`, hold now. Every entry uses it where none are given. */
export function environmentCredentials(): Credentials | undefined;

/**
 * Saves a file of a stream under a path of your choice: written beside it, flushed, and moved there when it is complete,
 * in place of what was there. Nothing is left when the stream fails; it rejects with the stream's error then, and with
 * `invalid_argument` where the path cannot be written. Resolves with the absolute path and the bytes written.
 */
export function saveFile(
  file: StreamedFile | FileResult,
  path: string | Address,
): Promise<{ path: string; size: number }>;

/**
 * Tokens in files, for `store`: `"file"` is `fileStore()`. One file for each record, named by a hash of its key, mode 0600, replaced
 * in one step, in a folder of mode 0700; several programs may use it at once. A folder or file that others can read, that belongs to
 * somebody else or is a symbolic link is not used: memory takes its place, with a warning `storage_degraded`.
 *
 * ```js
 * const session = await init("slideruleearth.io", { organization: "acme", store: fileStore({ path: "/srv/job/tokens" }) });
 * ```
 */
export function fileStore(options?: FileStoreOptions): TokenStore;

/** Options of `fileStore`. */
export interface FileStoreOptions {
  /**
   * The folder.
   * @default `sliderule-wasm` in the user's cache folder: `$XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches` on macOS,
   * `%LOCALAPPDATA%` on Windows
   * @example { path: "/srv/job/tokens" }
   */
  path?: string;
}
