/**
 * The slim entry: the same functions without the WebAssembly module, which `load` brings.
 *
 * @module
 */

import { Entry } from "./entry.js";

/** @import * as types from "./index.js" */

/** @type {Entry | undefined} */
let made;
/** Made by the first call, since an import must do nothing that a bundler could not leave out. */
const entry = () => {
  made ??= new Entry();
  return made;
};

/** @type {typeof import("./slim.js").load} */
export const load = (source) => entry().load(source);
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
export { SlideRuleError } from "./errors.js";
export { rowsOf, toArrow, toDate, toDates } from "./tables.js";
