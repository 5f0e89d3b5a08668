/**
 * The functions of the module, which act on one default session.
 *
 * @module
 */

import { readOptions } from "./options.js";
import { fromFailure, invalid } from "./errors.js";
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
 * Makes the default session. However it fails, no later call falls back to the session before it: a password meant
 * for this deployment would go to that one.
 *
 * @param {string} [url]
 * @param {InitOptions} [options]
 * @returns {Promise<SessionType>}
 */
export async function init(url, options) {
  current?.quieten();
  const { connection, start } = read(url, options);
  current = new Session(connection);
  return current.init(start);
}

/**
 * @param {unknown} url
 * @param {InitOptions | undefined} options
 */
function read(url, options) {
  try {
    if (url !== undefined && url !== null && typeof url !== "string") throw invalid("init: the url must be text");
    const read = Object.entries(readOptions("init", options, surface.init));
    const isStart = (/** @type {[string, unknown]} */ [name]) => name in surface.start;
    return {
      connection: { ...(url == null ? {} : { url }), ...Object.fromEntries(read.filter((each) => !isStart(each))) },
      start: Object.fromEntries(read.filter(isStart)),
    };
  } catch (error) {
    current = new Session({}, fromFailure(error));
    throw error;
  }
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
