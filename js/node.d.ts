/** The entry for Node: the same functions, with the WebAssembly module read from its file instead of inlined. */
export * from "./index.js";

import type { Credentials, FileResult, StreamedFile } from "./index.js";

/** What `PS_GITHUB_TOKEN`, or `PS_USERNAME` and `PS_PASSWORD`, hold now. Every entry uses it where none are given. */
export function environmentCredentials(): Credentials | undefined;

/**
 * Saves a file of a stream under a path of your choice: written beside it, flushed, and moved there when it is complete,
 * in place of what was there. Nothing is left when the stream fails; it rejects with the stream's error then, and with
 * `invalid_argument` where the path cannot be written. Resolves with the absolute path and the bytes written.
 */
export function saveFile(file: StreamedFile | FileResult, path: string | URL): Promise<{ path: string; size: number }>;
