/** The watch for secrets of the Node tests, over what pages and their workers say and ask for. */

import { note } from "../../node/secrets.mjs";

/**
 * Has everything that is said in a browser searched when the tests of the file have run.
 *
 * @param {import("playwright-core").BrowserContext} context
 */
export function watch(context) {
  context.on("console", (message) => note("log", message.text()));
  context.on("weberror", (error) => note("error", error.error()));
  context.on("request", (request) => note("url", request.url()));
}
