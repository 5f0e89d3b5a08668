/**
 * Credentials that nobody has to pass: from environment variables where the program has an environment, and from where
 * an entry of the package knows to look further.
 *
 * @module
 */

/**
 * @import { Credentials } from "./index.js"
 * @import { Environment } from "./entry.js"
 */

/**
 * What `PS_GITHUB_TOKEN`, or `PS_USERNAME` and `PS_PASSWORD`, hold now; nothing where they hold nothing, as in browsers.
 *
 * @returns {Credentials | undefined}
 */
export function environmentCredentials() {
  const githubToken = variable("PS_GITHUB_TOKEN");
  if (githubToken) return { githubToken };
  const username = variable("PS_USERNAME");
  const password = variable("PS_PASSWORD");
  return username && password ? { username, password } : undefined;
}

/** @param {string} name */
function variable(name) {
  try {
    return /** @type {{ process?: { env?: Record<string, string | undefined> } }} */ (globalThis).process?.env?.[name];
  } catch {
    // Deno refuses what the program was not permitted: then it is not there.
    return undefined;
  }
}

/**
 * The first credentials found.
 *
 * @param {string | undefined} machine The host of the provisioning system, with its port if the address has one.
 * @param {Pick<Environment, "furtherCredentials">} environment
 * @returns {Promise<Credentials | undefined>}
 */
export async function foundCredentials(machine, { furtherCredentials }) {
  return environmentCredentials() ?? (machine === undefined ? undefined : furtherCredentials?.(machine));
}

/**
 * The host of the provisioning system, as the addresses of a session say; nothing where they cannot be understood.
 *
 * @param {{ url: string, provisioningUrl?: string }} addresses
 * @returns {string | undefined}
 */
export function machineOf({ url, provisioningUrl }) {
  const address = provisioningUrl ?? (url.includes("://") ? url : `https://ps.${url.trim()}`);
  return URL.canParse(address) ? new URL(address).host : undefined;
}
