/**
 * The functions of the module, which act on one default session.
 *
 * @module
 */

import { readOptions } from "./options.js";
import { invalid } from "./errors.js";
import { Session } from "./session.js";
import * as surface from "./surface.js";

/**
 * @import {
 *   CallOptions, CapacityOptions, Credentials, InitOptions, ScaleOptions, Session as SessionType, SessionOptions,
 *   SourceOptions, StreamOptions
 * } from "./index.js"
 */

/** @type {Session | undefined} */
let current;

function defaultSession() {
  current ??= new Session({});
  return current;
}

/**
 * @param {string} [url]
 * @param {InitOptions} [options]
 * @returns {Promise<SessionType>}
 */
export async function init(url, options) {
  if (url !== undefined && url !== null && typeof url !== "string") throw invalid("init: the url must be text");
  const read = readOptions("init", options, surface.init);
  const isStart = (/** @type {string} */ name) => name in surface.start;
  const some = (/** @type {boolean} */ start) =>
    Object.fromEntries(Object.entries(read).filter(([name]) => isStart(name) === start));
  const before = current;
  const session = new Session({ ...(url ? { url } : {}), ...some(false) });
  current = session;
  try {
    await session.connect();
  } catch (error) {
    // What cannot even be addressed does not take the place of what could.
    if (current === session) current = before;
    throw error;
  }
  return session.init(some(true));
}

/**
 * @param {string | null} [organization]
 * @param {Credentials & CallOptions} [credentials]
 */
export function authenticate(organization, credentials) {
  return defaultSession().authenticate(organization, credentials);
}

/** @param {CapacityOptions} [options] */
export function updateAvailableServers(options) {
  return defaultSession().updateAvailableServers(options);
}

/** @param {ScaleOptions} options */
export function scaleout(options) {
  return defaultSession().scaleout(options);
}

/**
 * @param {string} api
 * @param {object} [parameters]
 * @param {SourceOptions} [options]
 */
export function source(api, parameters, options) {
  return defaultSession().source(api, parameters, options);
}

/**
 * @param {string} api
 * @param {object} [parameters]
 * @param {StreamOptions} [options]
 */
export function stream(api, parameters, options) {
  return defaultSession().stream(api, parameters, options);
}

/**
 * @param {SessionOptions} [options]
 * @returns {SessionType}
 */
export function createSession(options) {
  return new Session(readOptions("createSession", options, surface.session));
}

export { updateAvailableServers as update_available_servers };
