// @ts-nocheck: most of it runs in pages, where only the browser knows the types.
/** Whoever signs out and closes the page has signed out: the server is told all the same. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ORGANIZATION, PASSWORD, preflight, standIn, USER } from "../node/stand-in.mjs";
import { FILES, isReady } from "./harness/bare-page.mjs";
import { openBrowser } from "./harness/chromium.mjs";
import { serveFolders } from "./harness/static-server.mjs";
import { watch } from "./harness/watched.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

for (const [how, leave] of [
  ["is closed", (page) => page.close()],
  ["goes elsewhere", (page, pages) => page.goto(`${pages}/sandbox.html`)],
]) {
  test(`a page that ${how} right after signOut has its tokens revoked`, async (t) => {
    const server = await standIn(t);
    const pages = await serveFolders(t, FILES);
    const context = await openBrowser(t);
    watch(context);
    const page = await context.newPage();
    await page.goto(`${pages}/bare.html`);
    await page.waitForFunction(isReady);
    await page.evaluate(
      async ({ options, credentials }) => {
        globalThis.session = globalThis.sliderule.createSession(options);
        await session.authenticate(undefined, credentials);
      },
      { options: { url: server.url, organization: ORGANIZATION }, credentials: { username: USER, password: PASSWORD } },
    );
    // The browser has to ask whether it may send it, and by the time it may, the page is gone.
    server.routes["OPTIONS /api/token/blacklist/"] = (response) => void setTimeout(() => preflight(response), 700);
    const told = new Promise((resolve) => {
      server.routes["POST /api/token/blacklist/"] = ({ text }) => {
        resolve(JSON.parse(text).refresh);
        return [200, {}];
      };
    });
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const { fetch } = globalThis;
          globalThis.fetch = (...given) => {
            resolve();
            return fetch(...given);
          };
          void session.signOut();
        }),
    );
    await leave(page, pages);
    assert.equal(await Promise.race([told, pause(5000)]), "refresh-1");
  });
}
