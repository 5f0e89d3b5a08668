/**
 * The Observable notebook in `docs/notebooks/`, built by Observable's own notebook kit and used in Chromium as a person uses it.
 *
 * Whenever one of its cells runs again, what it did before must be undone: the server is asked for what is left.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createSession } from "sliderule-wasm/node";
import { openBrowser, openPage } from "../browser/harness/chromium.mjs";
import { startProvisioning } from "../browser/harness/provisioning.mjs";
import { ROOT, serveSite } from "../browser/harness/static-server.mjs";
import { buildNotebook } from "./harness/observable.mjs";
import { watchTraffic } from "./harness/traffic.mjs";

const PATIENCE_MS = 60_000;

/**
 * Looks until it holds.
 *
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} look
 * @param {(seen: T) => boolean} holds
 */
async function until(what, look, holds) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    assert.ok(Date.now() < end, `${what}, but there is ${JSON.stringify(seen)}`);
    await pause(50);
  }
}

test("the Observable notebook signs in, scales with progress, plots, and leaves nothing when its cells run again", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const site = await buildNotebook(t, join(ROOT, "docs/notebooks/observable.html"));
  const pages = await serveSite(t, site);
  const context = await openBrowser(t);
  const traffic = watchTraffic(context);
  const { page, complaints } = await openPage(context);

  // The server's own word on what the notebook has asked for, from outside of it.
  const witness = createSession({ url: origin, organization: account.organization, store: "memory" });
  await witness.authenticate(undefined, { username: account.user, password: account.password });
  const nodesAskedFor = async () => (await witness.status()).requests.map(({ nodes }) => nodes);

  await page.goto(`${pages}/observable.html`);
  await page.getByLabel("Deployment").fill(origin);
  await page.getByLabel("Organization").fill(account.organization);
  await page.getByLabel("User name").fill(account.user);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("ada is signed in to acme.").waitFor();

  const choose = (/** @type {string} */ name) => page.getByRole("button", { name, exact: true }).click();
  await choose("2 for 15 minutes");
  await page.getByText("requesting: 0 of 2 nodes").or(page.getByText("waking: 0 of 2 nodes")).first().waitFor();
  await page.getByText("ready: 2 of 2 nodes").waitFor({ timeout: PATIENCE_MS });
  await page.getByText("2546 heights").waitFor({ timeout: PATIENCE_MS });
  assert.equal(await page.locator("figure circle").count(), 2546, "one dot for each height");
  assert.deepEqual(await nodesAskedFor(), [2]);

  // The cell that scales runs again.
  await choose("1 for 15 minutes");
  await until("only the later request stands", nodesAskedFor, (nodes) => nodes.join() === "1");
  await page.getByText("2546 heights").waitFor({ timeout: PATIENCE_MS });

  // It runs again and again before it is done, each time with another order.
  for (const name of ["2 for 15 minutes", "1 for 15 minutes", "2 for 15 minutes"]) await choose(name);
  await until("only the last request stands", nodesAskedFor, (nodes) => nodes.join() === "2");

  // Twice within a second, the same.
  await choose("1 for 15 minutes");
  await page.getByRole("button", { name: "2 for 15 minutes" }).dblclick();
  await until("one request stands", nodesAskedFor, (nodes) => nodes.join() === "2");
  await page.getByText("2546 heights").waitFor({ timeout: PATIENCE_MS });
  assert.deepEqual(await nodesAskedFor(), [2]);

  // The cell that signs in runs again, and with it all that comes after.
  const [former] = (await witness.status()).requests;
  await page.getByRole("button", { name: "Sign in" }).click();
  const requests = async () => (await witness.status()).requests;
  const isAlone = (/** @type {{ id: string }[]} */ all) => all.length === 1 && all[0]?.id !== former?.id;
  await until("the request of the new session stands alone", requests, isAlone);
  await page.getByText("2546 heights").waitFor({ timeout: PATIENCE_MS });

  await choose("None");
  await until("nothing is asked for", nodesAskedFor, (nodes) => nodes.length === 0);
  await until(
    "no request is open",
    () => traffic.open(origin),
    (open) => open.length === 0,
  );
  assert.deepEqual(traffic.asked(), [pages, origin].sort(), "nobody else was asked");
  assert.deepEqual(complaints, []);
  await witness.dispose();
  await stop();
});
