/** The entry for Node: the same functions, with the WebAssembly module read from its file instead of inlined. */
export * from "./index.js";

import type { Credentials } from "./index.js";

/** What `PS_GITHUB_TOKEN`, or `PS_USERNAME` and `PS_PASSWORD`, hold now. Every entry uses it where none are given. */
export function environmentCredentials(): Credentials | undefined;
