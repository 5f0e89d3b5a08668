/**
 * The entry for Node: the same functions, with the WebAssembly module read from its file instead of inlined.
 *
 * @module
 */

import { readFile } from "node:fs/promises";

import { Entry } from "./entry.js";
import { fileStore } from "./node/file-store.js";
import { netrcCredentials } from "./node/netrc.js";

/** @import * as types from "./index.js" */

/** Relative to the sources in `js/` and to what is built from them in `dist/` alike. */
const WASM = "../dist/sliderule.wasm";

/** @type {Entry | undefined} */
let made;
/** Made by the first call, since an import must do nothing that a bundler could not leave out. */
const entry = () => {
  made ??= new Entry({
    wasm: () => readFile(new URL(WASM, import.meta.url)),
    furtherCredentials: netrcCredentials,
    stores: { file: fileStore },
  });
  return made;
};

/** @type {typeof types.init} */
export const init = (...given) => entry().init(...given);
/** @type {typeof types.authenticate} */
export const authenticate = (...given) => entry().session.authenticate(...given);
/** @type {typeof types.updateAvailableServers} */
export const updateAvailableServers = (...given) => entry().session.updateAvailableServers(...given);
/** @type {typeof types.scaleout} */
export const scaleout = (...given) => entry().session.scaleout(...given);
/** @type {typeof types.source} */
export const source = (...given) => entry().session.source(...given);
/** @type {typeof types.stream} */
export const stream = (...given) => entry().session.stream(...given);
/** @type {typeof types.createSession} */
export const createSession = (...given) => entry().createSession(...given);
/** @type {typeof types.version} */
export const version = () => entry().version();

export { updateAvailableServers as update_available_servers };
export { environmentCredentials } from "./environment.js";
export { SlideRuleError } from "./errors.js";
export { fileStore } from "./node/file-store.js";
export { saveFile } from "./node/save-file.js";
export { rowsOf, toArrow, toDate, toDates } from "./tables.js";
