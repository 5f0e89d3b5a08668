/**
 * A signed-in session for a command.
 *
 * Tokens are kept in files, so that one command signs in and the next ones are signed in. Credentials are found as the
 * library finds them, and are used where nothing that is kept serves.
 *
 * @module
 */

import { foundCredentials, machineOf } from "../environment.js";
import { SlideRuleError } from "../errors.js";
import { createSession } from "../node.js";
import { netrcCredentials } from "../node/netrc.js";

/**
 * @import { Authentication, Credentials, Session, Warning } from "../index.js"
 */

/**
 * @typedef {object} Place Where a command works.
 * @property {string} url
 * @property {string} organization
 */

/** What the kept tokens cannot do any more, credentials may. */
const NEEDS_CREDENTIALS = ["credentials_missing", "reauthentication_required"];

/**
 * @param {Place} place
 * @param {{ warn(warning: { message: string }): void }} output Where warnings are said, and what the library only logs as one.
 * @returns {Session}
 */
export function open({ url, organization }, output) {
  /** What has been said: each warning is logged too. @type {Set<string>} */
  const said = new Set();
  const onWarning = (/** @type {Warning} */ warning) => {
    said.add(`${warning.code}: ${warning.message}`);
    output.warn(warning);
  };
  const logger = {
    warn: (/** @type {string} */ message) => {
      if (!said.has(message)) output.warn({ message });
    },
  };
  return createSession({ url, organization, store: "file", onWarning, logger });
}

/**
 * Signs in: with the tokens that are kept, else with the credentials that are found.
 *
 * @param {Session} session
 * @param {Place} place
 * @param {{ signal: AbortSignal, timeoutMs: number | undefined }} limits
 * @returns {Promise<Authentication>}
 */
export async function signIn(session, place, limits) {
  const found = (await foundAt(place)) ?? {};
  // A GitHub token is compared with what is kept; of a password only the name is.
  const { githubToken, username } = found;
  if (githubToken !== undefined) return session.authenticate(undefined, { ...found, ...limits });
  try {
    return await session.authenticate(undefined, { username: username ?? "", ...limits });
  } catch (error) {
    if (!(error instanceof SlideRuleError) || !NEEDS_CREDENTIALS.includes(error.code)) throw error;
    if (username !== undefined) return session.authenticate(undefined, { ...found, ...limits });
    const message = `nobody is signed in to ${place.organization}; run: sliderule-wasm login -o ${place.organization}`;
    throw new SlideRuleError(error.code, message, { cause: error });
  }
}

/**
 * The credentials in the environment or in `.netrc`.
 *
 * @param {Place} place
 * @returns {Promise<Credentials | undefined>}
 */
export async function foundAt({ url, organization }) {
  if (organization === "sliderule") return undefined;
  return foundCredentials(machineOf({ url }), { furtherCredentials: netrcCredentials });
}
