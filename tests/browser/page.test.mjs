/**
 * The page, as its users meet it: a real `sliderule-ps`, a real Chromium, the built page in `www/dist/`.
 *
 * Elements are found by role and label, so what these tests can use, a screen reader can use.
 */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { openBrowser, openPage } from "./harness/chromium.mjs";
import { PROGRAM, startProvisioning } from "./harness/provisioning.mjs";
import { ROOT } from "./harness/static-server.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Waking starts real processes, on a machine with other work. */
const WAKING = { timeout: 60_000 };

/** The program that a node runs, beside the server's. */
const NODE = join(dirname(PROGRAM), "sliderule-node");

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
 * The page says that the sign-in has ended, remembers the organization, and takes a new one.
 *
 * @param {Page} page
 * @param {import("./harness/provisioning.mjs").Account} account
 */
async function signInAnew(page, account) {
  await refusal(page, "sign-in has ended");
  assert.equal(await page.getByLabel("Organization").inputValue(), account.organization);
  await signIn(page, account);
  await page.getByText("ada at acme").waitFor();
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

/**
 * Waits until the charts have as many points as they should. They are drawn in the next frame, and in the frame
 * after the width has settled.
 *
 * @param {Page} page
 * @param {(points: number) => boolean} enough
 */
async function pointsUntil(page, enough) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const points = await page.locator("figure circle").count();
    if (enough(points)) return points;
    assert.ok(Date.now() < deadline, `the charts still have ${points} points`);
    await page.waitForTimeout(50);
  }
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
  await pointsUntil(page, (now) => now < all); // a ground track can be left out
  await page.getByRole("checkbox").first().check();
  await pointsUntil(page, (now) => now === all);
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

test("a profile with more segments than pixels is thinned, says so, and follows the window's width", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);

  await page.goto(origin);
  await signIn(page, account);
  await askForNodes(page, "1", "15");
  await page.getByText("The cluster is ready with 1 node.").waitFor(WAKING);
  await page.getByText("Processing parameters").click();
  await page.getByLabel("Parameters as JSON").fill('{ "res": 5, "len": 40, "cnt": 10, "ats": 20, "maxi": 1 }');
  await page.evaluate(watchStatus);
  await page.getByRole("button", { name: "Run the request" }).click();
  await page.getByText(/^Done: [\d,]+ segments\.$/).waitFor(WAKING);
  assert.match(
    (await page.evaluate(seenStatus)).join(" "),
    /^Running\. Done: [\d,]+ segments\.$/,
    "nothing in between",
  );

  const figure = page.getByRole("figure").first();
  const [, left, all] = /Thinned to ([\d,]+) of ([\d,]+) segments/.exec((await figure.textContent()) ?? "") ?? [];
  const counts = [left, all].map((text) => Number(text?.replaceAll(",", "")));
  assert.equal(await figure.locator("circle").count(), counts[0], "the caption counts the points");
  const width = await figure.evaluate((element) => element.clientWidth);
  assert.ok((counts[0] ?? 0) <= 6 * 2 * width && (counts[0] ?? 0) < (counts[1] ?? 0), `${counts} at ${width} px`);

  const wide = await page.locator("figure circle").count();
  await page.setViewportSize({ width: 380, height: 800 });
  await pointsUntil(page, (now) => now < wide / 2);
  await page.setViewportSize({ width: 1280, height: 960 });
  await pointsUntil(page, (now) => now === wide);
  assert.deepEqual(complaints, []);
  await stop();
});

/** In the page: notes what a screen reader would read out of the status of the run. */
function watchStatus() {
  const status = document.getElementById("run-status");
  /** @type {string[]} */
  const seen = [];
  Object.assign(globalThis, { seen });
  new MutationObserver(() => seen.push(status?.textContent ?? "")).observe(/** @type {Node} */ (status), {
    childList: true,
  });
}

/** In the page: what `watchStatus` has noted. */
const seenStatus = () => /** @type {{ seen: string[] }} */ (/** @type {unknown} */ (globalThis)).seen;

test("while a cluster wakes, the page keeps its pause between two looks at it", async (t) => {
  const slowly = `node_command = ["sh", "-c", 'sleep 8; exec "$0" "$@"', ${JSON.stringify(NODE)}, "--listen", "{address}",
    "--announce", "{version}", "--organization", "{organization}", "--orchestrator", "{orchestrator}"]\n`;
  const { origin, account, stop } = await startProvisioning(t, { moreSettings: slowly });
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);

  await page.goto(origin);
  await signIn(page, account);
  await page.getByText("Asleep", { exact: true }).waitFor();
  await askForNodes(page, "1", "15");
  await page.getByRole("listitem").filter({ hasText: "Waking" }).and(page.locator("[aria-current]")).waitFor();
  // Only the page's own look asks for the costs; waiting for nodes does not.
  const look = () => page.waitForRequest(/\/costs$/);
  await look();
  await look(); // the one that the change to waking brought about may have been the first
  const started = Date.now();
  for (let looks = 0; looks < 3; looks += 1) await look();
  const elapsed = Date.now() - started;
  assert.ok(elapsed > 2500, `three more looks within ${elapsed} ms, with a second between two`);
  await page.getByText("The cluster is ready with 1 node.").waitFor(WAKING);
  await page.getByText("Running", { exact: true }).waitFor();
  assert.equal(await page.locator("#wake-expected").innerText(), "", "no node here was ready before");

  await askForNodes(page, "2", "15");
  await page.getByText(/^Ready in about \d+ s\.$/).waitFor(WAKING);
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
  await refusal(page, "4 nodes for 720 minutes would cost");
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
  await signInAnew(page, account);
  assert.deepEqual(complaints, []);
  await stop();
});

test("a page that comes back after its sign-in has ended asks for it again", async (t) => {
  const moreSettings = "[tokens]\naccess_seconds = 3\nrefresh_seconds = 3\n";
  const { origin, account, stop } = await startProvisioning(t, { moreSettings });
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context, { expectedStatus: [401] });

  await page.goto(origin);
  await signIn(page, account);
  await page.getByText("ada at acme").waitFor();
  const bookmark = page.url();
  await page.goto("about:blank");
  await page.waitForTimeout(4500); // what is tested is that the time of the tokens passes while nobody looks
  await page.goto(bookmark);
  await page.getByRole("heading", { name: "Sign in to your cluster" }).waitFor();
  await signInAnew(page, account);
  assert.deepEqual(complaints, []);
  await stop();
});
