/**
 * The page, as its users meet it: a real `sliderule-ps`, a real Chromium, the built page in `www/dist/`.
 *
 * Elements are found by role and label, so what these tests can use, a screen reader can use.
 */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openBrowser, openPage } from "./harness/chromium.mjs";
import { startProvisioning } from "./harness/provisioning.mjs";
import { ROOT } from "./harness/static-server.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Waking starts real processes, on a machine with other work. */
const WAKING = { timeout: 60_000 };

/**
 * @param {Page} page
 * @param {import("./harness/provisioning.mjs").Account} account
 */
async function signIn(page, { user, password, organization }) {
  await page.getByLabel("Organization").fill(organization);
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/**
 * @param {Page} page
 * @param {string} nodes
 * @param {string} minutes
 */
async function askForNodes(page, nodes, minutes) {
  await page.getByLabel("Nodes", { exact: true }).fill(nodes);
  await page.getByLabel("Minutes").fill(minutes);
  await page.getByRole("button", { name: "Ask for nodes" }).click();
}

/**
 * The id of the element that has the focus.
 *
 * @param {Page} page
 */
const focused = (page) => page.evaluate(() => document.activeElement?.id);

/**
 * Waits for a sentence of refusal.
 *
 * @param {Page} page
 * @param {RegExp | string} text
 */
async function refusal(page, text) {
  await page.getByRole("alert").getByText(text).waitFor();
}

test("a member signs in, wakes the cluster, sees a profile and what it cost, and releases the nodes", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);

  await page.goto(origin);
  await signIn(page, account);
  await page.getByRole("heading", { name: "Cluster acme" }).waitFor();
  await page.getByText("Asleep", { exact: true }).waitFor();
  assert.equal(await focused(page), "cluster-title", "the focus is where the news is");
  await page.getByText("ada at acme").waitFor();
  await page.getByText("$25.00").waitFor();
  await page.getByText("Nobody asks for nodes at present.").waitFor();

  await askForNodes(page, "2", "15");
  await page.getByRole("progressbar", { name: "Nodes ready" }).waitFor();
  await page.getByText("The cluster is ready with 2 nodes.").waitFor(WAKING);
  await page.getByText("Running", { exact: true }).waitFor();
  await page.getByRole("row", { name: /ada \(you\) 2 nodes/ }).waitFor();

  await page.getByRole("button", { name: "Run the request" }).click();
  await page.getByText(/^Done: [\d,]+ segments\.$/).waitFor(WAKING);
  const charts = page.getByRole("figure");
  assert.equal(await charts.count(), 2, "one profile for each granule");
  assert.ok((await page.locator("figure circle").count()) > 100, "the profile has points");
  assert.ok((await page.getByRole("row").count()) > 8, "the first segments are listed");
  assert.match((await page.locator("#results-figures").textContent()) ?? "", /Cost of node time\$\d/);

  const all = await page.locator("figure circle").count();
  await page.getByRole("checkbox").first().uncheck();
  assert.ok((await page.locator("figure circle").count()) < all, "a ground track can be left out");
  await page.getByRole("checkbox").first().check();
  await page.getByLabel("Latitude").check();
  await page.getByText("Latitude (degrees north)").first().waitFor();
  await page.getByLabel("Along track").check();

  await mkdir(join(ROOT, "artefacts"), { recursive: true });
  await page.screenshot({ path: join(ROOT, "artefacts/page.png"), fullPage: true });

  await page.reload();
  await page.getByText("ada at acme").waitFor();
  await page.getByRole("button", { name: "Release my nodes" }).click();
  await page.getByText("Nobody asks for nodes at present.").waitFor();
  await page.getByText("Asleep", { exact: true }).waitFor(WAKING);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to your cluster" }).waitFor();
  assert.equal(await focused(page), "username", "the organization is filled in, the user name is next");
  await page.reload();
  await page.getByRole("heading", { name: "Sign in to your cluster" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0, "no token is left");
  assert.deepEqual(complaints, []);
  await stop();
});

test("a refused sign-in is a sentence beside the form, and the form is still there", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context, { expectedStatus: [400, 401, 403, 404] });

  await page.goto(origin);
  await page.keyboard.press("Enter"); // the first field has the focus
  await refusal(page, "Fill in the organization");
  assert.equal(await focused(page), "organization");

  await signIn(page, { ...account, password: "a guess" });
  await refusal(page, "No active account found with the given credentials");
  assert.equal(await page.getByLabel("User name").inputValue(), account.user);
  await page.getByRole("heading", { name: "Sign in to your cluster" }).waitFor();
  assert.ok(!page.url().includes("guess"), "no password in the address");

  await signIn(page, { ...account, organization: "nowhere" });
  await refusal(page, "nowhere is NOT a valid organization name");

  await signIn(page, account);
  await page.getByText("Asleep", { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
  await stop();
});

test("what cannot be had is refused with a sentence, and the page fits a phone", async (t) => {
  const { origin, account, stop } = await startProvisioning(t, { creditUsd: "0.01" });
  const context = await openBrowser(t, { width: 380, height: 800, colorScheme: "dark" });
  const { page, complaints } = await openPage(context, { expectedStatus: [402, 409, 503] });

  await page.goto(origin);
  await signIn(page, account);
  await page.getByText("Asleep", { exact: true }).waitFor();

  await askForNodes(page, "", "15");
  await refusal(page, "whole numbers");
  await askForNodes(page, "4", "720");
  await refusal(page, "The balance of $0.01 does not cover 4 nodes");
  await page.getByText("Asleep", { exact: true }).waitFor();

  await page.getByText("Processing parameters").click();
  await page.getByLabel("Parameters as JSON").fill("{");
  await page.getByRole("button", { name: "Run the request" }).click();
  await refusal(page, "must be a JSON object");
  await page.getByLabel("Parameters as JSON").fill("{}");
  await page.getByRole("button", { name: "Run the request" }).click();
  await refusal(page, "The cluster is asleep");

  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
  await page.screenshot({ path: join(ROOT, "artefacts/page-phone.png"), fullPage: true });
  assert.deepEqual(complaints, []);
  await stop();
});

test("when the sign-in has ended, the page says so and asks for it again", async (t) => {
  const moreSettings = "[tokens]\naccess_seconds = 4\nrefresh_seconds = 4\n";
  const { origin, account, stop } = await startProvisioning(t, { moreSettings });
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context, { expectedStatus: [401] });

  await page.goto(origin);
  await signIn(page, account);
  await page.getByText("ada at acme").waitFor();
  await refusal(page, "sign-in has ended");
  assert.equal(await page.getByLabel("Organization").inputValue(), account.organization);
  await signIn(page, account);
  await page.getByText("ada at acme").waitFor();
  assert.deepEqual(complaints, []);
  await stop();
});
