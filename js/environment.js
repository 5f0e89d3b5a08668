/**
 * Credentials from environment variables, where the program has an environment.
 *
 * @module
 */

/** @import { Credentials } from "./index.js" */

/**
 * What `PS_GITHUB_TOKEN`, or `PS_USERNAME` and `PS_PASSWORD`, hold now; nothing where they hold nothing, as in browsers.
 *
 * @returns {Credentials | undefined}
 */
export function environmentCredentials() {
  const environment = /** @type {{ process?: { env?: Record<string, string | undefined> } }} */ (globalThis).process
    ?.env;
  const githubToken = environment?.PS_GITHUB_TOKEN;
  if (githubToken) return { githubToken };
  const username = environment?.PS_USERNAME;
  const password = environment?.PS_PASSWORD;
  return username && password ? { username, password } : undefined;
}
