/**
 * The package in a page of its own, without a bundler: an import map, and the files as they are published.
 *
 * The page comes from another origin than the provisioning system, so every call here also crosses origins.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { FILES, isReady } from "./harness/bare-page.mjs";
import { openBrowser, openPage } from "./harness/chromium.mjs";
import { startProvisioning } from "./harness/provisioning.mjs";
import { serveFolders } from "./harness/static-server.mjs";

/**
 * What runs inside the page: signs in, with a password or from the cache.
 *
 * @param {{ url: string, organization: string, credentials?: { username: string, password: string } }} how
 */
async function signInThere({ url, organization, credentials }) {
  const { createSession } = /** @type {{ sliderule: typeof import("sliderule-wasm") }} */ (
    /** @type {unknown} */ (globalThis)
  ).sliderule;
  const session = createSession({ url, organization });
  const { user, source, expiresAt } = await session.authenticate(organization, credentials);
  const { state } = await session.status();
  return { user, source, lasts: expiresAt !== null && expiresAt > new Date(), state, warnings: session.warnings };
}

test("a bare page imports the package, and its tokens survive a reload but not the tab", async (t) => {
  const { origin: url, account, stop } = await startProvisioning(t);
  const pages = await serveFolders(t, FILES);
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);
  const credentials = { username: account.user, password: account.password };
  const { organization } = account;

  await page.goto(`${pages}/bare.html`);
  await page.waitForFunction(isReady);
  const first = await page.evaluate(signInThere, { url, organization, credentials });
  assert.deepEqual(first, { user: "ada", source: "password", lasts: true, state: "asleep", warnings: [] });
  const stored = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
  assert.ok(stored.length > 100, "tokens are in sessionStorage");
  assert.ok(!stored.includes(account.password), "the password is not");
  assert.equal(await page.evaluate(() => localStorage.length), 0);

  await page.reload();
  await page.waitForFunction(isReady);
  const again = await page.evaluate(signInThere, { url, organization });
  assert.deepEqual(
    { user: again.user, source: again.source, state: again.state },
    {
      user: "ada",
      source: "cache",
      state: "asleep",
    },
  );

  const other = await openPage(context);
  await page.close();
  await other.page.goto(`${pages}/bare.html`);
  await other.page.waitForFunction(isReady);
  await assert.rejects(other.page.evaluate(signInThere, { url, organization }), /SlideRuleError/);
  assert.deepEqual([...complaints, ...other.complaints], []);
  await stop();
});

test("a page that may not store anything keeps its tokens in memory and says so", async (t) => {
  const { origin: url, account, stop } = await startProvisioning(t);
  const pages = await serveFolders(t, FILES);
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);

  await page.goto(`${pages}/sandbox.html`);
  const frame = page.frames().find((each) => each.url().endsWith("/bare.html"));
  assert.ok(frame, "the frame is there");
  await frame.waitForFunction(isReady);
  const denied = await frame.evaluate(() => {
    try {
      return sessionStorage.length;
    } catch (error) {
      return /** @type {Error} */ (error).name;
    }
  });
  assert.equal(denied, "SecurityError");
  const there = await frame.evaluate(signInThere, {
    url,
    organization: account.organization,
    credentials: { username: account.user, password: account.password },
  });
  assert.equal(there.source, "password");
  assert.equal(there.state, "asleep", "the tokens serve the next call");
  assert.deepEqual(
    there.warnings.map(({ code }) => code),
    ["storage_degraded"],
  );
  assert.deepEqual(complaints, []);
  await stop();
});
