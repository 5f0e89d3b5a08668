/** Serves folders as they are, to pages that load the package without a bundler or out of one. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** @type {Record<string, string>} */
const KINDS = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".css": "text/css; charset=utf-8",
};

/**
 * What is served.
 *
 * @typedef {object} Served
 * @property {string[]} folders of the repository, such as `js`
 * @property {string} [below] path under which they are found; by default they are at the top
 * @property {Record<string, string>} [pages] what the test made up, by path, such as `/bare.html`
 */

/**
 * Serves folders of the repository, and pages of the test, until the test ends.
 *
 * @param {import("node:test").TestContext} t
 * @param {Served} served
 * @returns {Promise<string>} the origin
 */
export function serveFolders(t, { folders, below = "", pages = {} }) {
  return listen(t, async (path, response) => {
    const page = pages[path];
    if (page !== undefined) {
      response.setHeader("Content-Type", KINDS[extname(path)] ?? "");
      response.end(page);
      return;
    }
    const allowed = folders.some((folder) => path.startsWith(`${below}/${folder}/`));
    await send(response, allowed ? join(ROOT, path.slice(below.length)) : undefined, path);
  });
}

/**
 * Serves all of one folder until the test ends.
 *
 * @param {import("node:test").TestContext} t
 * @param {string} folder
 * @param {Record<string, string>} [headers] of every answer
 * @returns {Promise<string>} the origin
 */
export function serveSite(t, folder, headers = {}) {
  return listen(t, async (path, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    await send(response, join(folder, path.endsWith("/") ? `${path}index.html` : path), path);
  });
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {string | undefined} file
 * @param {string} path
 */
async function send(response, file, path) {
  if (file === undefined || !(await stat(file).catch(() => null))?.isFile()) {
    response.statusCode = path === "/favicon.ico" ? 204 : 404;
    response.end();
    return;
  }
  response.setHeader("Content-Type", KINDS[extname(file)] ?? "application/octet-stream");
  createReadStream(file).pipe(response);
}

/**
 * @param {import("node:test").TestContext} t
 * @param {(path: string, response: import("node:http").ServerResponse) => Promise<void>} answer
 * @returns {Promise<string>} the origin
 */
async function listen(t, answer) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://local").pathname));
    // Frames without an origin of their own load modules too, and module loads are subject to CORS.
    response.setHeader("Access-Control-Allow-Origin", "*");
    await answer(path, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The static server has no port.");
  return `http://127.0.0.1:${address.port}`;
}
