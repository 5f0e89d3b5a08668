/**
 * People on the page: signing up, asking for a membership, being approved; a real `sliderule-ps` and a real Chromium.
 *
 * Elements are found by role and label, so what these tests can use, a screen reader can use.
 */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openBrowser, openPage } from "./harness/chromium.mjs";
import { addUser, startProvisioning } from "./harness/provisioning.mjs";
import { ROOT } from "./harness/static-server.mjs";

/** @typedef {import("playwright-core").Page} Page */

const EVE = { user: "eve", email: "eve@example.org", password: "an evening by the sea" };

/**
 * Fills in what is labelled so and is seen.
 *
 * @param {Page} page
 * @param {Record<string, string>} values
 */
async function fill(page, values) {
  for (const [label, value] of Object.entries(values)) {
    await page.getByLabel(label, { exact: true }).and(page.locator(":visible")).fill(value);
  }
}

/**
 * @param {Page} page
 * @param {string} origin
 * @param {{ user: string, password: string }} account
 */
async function signInToAccount(page, origin, { user, password }) {
  await page.goto(`${origin}/?account`);
  await page.getByRole("heading", { name: "Sign in to your account" }).waitFor();
  await fill(page, { "User name": user, Password: password });
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Your organizations" }).waitFor();
}

/**
 * @param {Page} page
 * @param {RegExp | string} text
 */
async function refusal(page, text) {
  await page.getByRole("alert").getByText(text).waitFor();
}

/**
 * The id of the element that has the focus.
 *
 * @param {Page} page
 */
const focused = (page) => page.evaluate(() => document.activeElement?.id);

/**
 * What the page has stored, which must be no secret.
 *
 * @param {Page} page
 */
const stored = (page) => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));

test("somebody signs up, asks for a membership, is approved by the owner, and opens the cluster", async (t) => {
  const { origin, stop } = await startProvisioning(t);
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context, { expectedStatus: [400, 403] });

  await page.goto(origin);
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Create an account" }).click();
  assert.equal(await focused(page), "new-username", "the first field is next");
  await page.getByRole("button", { name: "Create the account" }).click();
  await refusal(page, "Fill in a user name");
  await fill(page, { "User name": EVE.user, "E-mail address": EVE.email, Password: "Password1" });
  await page.getByRole("button", { name: "Create the account" }).click();
  await refusal(page, "3,000 commonest");
  await fill(page, { Password: EVE.password });
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { name: "Your organizations" }).waitFor();
  assert.equal(await focused(page), "account-title", "the focus is where the news is");
  await page.getByText("You belong to no organization yet.").waitFor();
  await page.getByText("Ask the operator for an organization of your own.").waitFor();

  await fill(page, { "Name of the organization": "nowhere" });
  await page.getByRole("button", { name: "Request Membership" }).click();
  await refusal(page, "nowhere is NOT a valid organization name");
  await fill(page, { "Name of the organization": "acme" });
  await page.getByRole("button", { name: "Request Membership" }).click();
  await page.getByRole("status").getByText("You asked to become a member of acme.").waitFor();
  await page.getByRole("row", { name: "acme asked, not answered yet" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Cluster of acme" }).count(), 0, "it is not theirs yet");

  const { page: owners, complaints: theirs } = await openPage(context);
  await signInToAccount(owners, origin, { user: "olga", password: "an owner's password" });
  await owners.getByRole("row", { name: "acme owner" }).waitFor();
  await owners.getByRole("row", { name: "eve eve@example.org" }).waitFor();
  await mkdir(join(ROOT, "artefacts"), { recursive: true });
  await owners.screenshot({ path: join(ROOT, "artefacts/account.png"), fullPage: true });
  await owners.getByRole("button", { name: "Approve eve in acme" }).click();
  await owners.getByRole("status").getByText("eve is a member of acme now.").waitFor();
  await owners.getByRole("heading", { name: "Who asks to join" }).waitFor({ state: "hidden" });
  await owners.locator("#account-title:focus").waitFor(); // the button that had the focus is gone

  assert.equal(await stored(page), "{}", "the account's tokens are nowhere but in memory");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to your account" }).waitFor();
  assert.equal(await page.getByLabel("Password", { exact: true }).and(page.locator(":visible")).inputValue(), "");
  await signInToAccount(page, origin, EVE);
  await page.getByRole("row", { name: "acme member" }).waitFor();
  await page.getByRole("link", { name: "Cluster of acme" }).click();
  await page.getByRole("heading", { name: "Sign in to your cluster" }).waitFor();
  assert.equal(await page.getByLabel("Organization").inputValue(), "acme");
  await fill(page, { "User name": EVE.user, Password: EVE.password });
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Cluster acme" }).waitFor();
  assert.deepEqual([complaints, theirs], [[], []]);
  await stop();
});

test("a request is refused by the owner, withdrawn by who made it, and a member leaves", async (t) => {
  const { origin, data, stop } = await startProvisioning(t);
  await addUser(data, EVE.user, EVE.password);
  const context = await openBrowser(t, { width: 380, height: 800, colorScheme: "dark" });
  const { page, complaints } = await openPage(context, { expectedStatus: [401, 409] });
  page.on("dialog", (dialog) => dialog.accept());

  await page.goto(`${origin}/?account`);
  await fill(page, { "User name": EVE.user, Password: "a guess" });
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await refusal(page, "No active account found");
  await signInToAccount(page, origin, EVE);
  for (const withdraw of [true, false]) {
    await fill(page, { "Name of the organization": "acme" });
    await page.getByRole("button", { name: "Request Membership" }).click();
    await page.getByRole("row", { name: "acme asked, not answered yet" }).waitFor();
    if (!withdraw) break;
    await page.getByRole("button", { name: "Withdraw the request to acme" }).click();
    await page.getByText("You belong to no organization yet.").waitFor();
  }

  await signInToAccount(page, origin, { user: "olga", password: "an owner's password" });
  await page.getByRole("button", { name: "Refuse eve in acme" }).click();
  await page.getByRole("status").getByText("eve was refused.").waitFor();
  await page.getByRole("button", { name: "Leave acme" }).click();
  await refusal(page, "nobody else owns acme");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
  await page.screenshot({ path: join(ROOT, "artefacts/account-phone.png"), fullPage: true });

  await signInToAccount(page, origin, { user: "ada", password: "correct horse battery staple" });
  await page.getByRole("button", { name: "Leave acme" }).click();
  await page.getByText("You belong to no organization yet.").waitFor();
  assert.deepEqual(complaints, []);
  await stop();
});

test("the page offers what the operator lets people do, and says whom to ask for the rest", async (t) => {
  const closed = '[sign_up]\nopen = false\ncontact = "mailto:help@example.org"\n';
  const { origin, stop } = await startProvisioning(t, { moreSettings: closed });
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);
  await page.goto(`${origin}/?account`);
  const ask = page.getByRole("link", { name: "Ask the operator" });
  await ask.waitFor();
  assert.equal(await ask.getAttribute("href"), "mailto:help@example.org");
  assert.equal(await page.getByRole("button", { name: "Create an account" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: "Sign in with GitHub" }).count(), 0);
  assert.deepEqual(complaints, []);
  await stop();

  const open = await startProvisioning(t, { moreSettings: '[sign_up]\norganizations = "anyone"\n' });
  await signInToAccount(page, open.origin, open.account);
  await fill(page, { "Name, which becomes part of its address": "second" });
  await page.getByRole("button", { name: "Found it" }).click();
  await page.getByRole("row", { name: "second owner" }).waitFor();
  assert.deepEqual(complaints, []);
  await open.stop();
});

test("somebody signs in with GitHub, and nothing of it stays in the address or the storage", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context, { expectedStatus: [403] });

  // The way there and back; what the server does about it has its own tests.
  await page.route(/\/api\/v1\/operator$/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), github: true } });
  });
  const there = `${origin}/api/ping-instead-of-github`;
  await page.route(/\/api\/v1\/github\/flows$/, (route) =>
    route.fulfill({ json: { flow: "srf_kept", authorize_url: there } }),
  );
  await page.route(there, (route) =>
    route.fulfill({ status: 302, headers: { location: `${origin}/?code=the-code&state=the-state` } }),
  );
  /** @type {unknown[]} */
  const sent = [];
  await page.route(/\/api\/v1\/github\/session$/, async (route) => {
    sent.push(route.request().postDataJSON());
    const body = { username: account.user, password: account.password };
    const answer = await fetch(`${origin}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    await route.fulfill({ json: await answer.json() });
  });

  await page.goto(`${origin}/?account`);
  await page.getByRole("button", { name: "Sign in with GitHub" }).click();
  await page.getByRole("heading", { name: "Your organizations" }).waitFor();
  assert.deepEqual(sent, [{ flow: "srf_kept", code: "the-code", state: "the-state" }]);
  assert.equal(page.url(), `${origin}/?account`, "code and state are not in the address any more");
  assert.equal(await stored(page), "{}", "nor is the flow in the storage");

  await page.goto(`${origin}/?code=foreign&state=foreign`);
  await refusal(page, "did not begin here");
  assert.equal(sent.length, 1, "what did not begin here is not sent");
  await page.evaluate(() => sessionStorage.setItem("sliderule-github-flow", "srf_kept"));
  await page.goto(`${origin}/?error=access_denied&state=the-state`);
  await refusal(page, "GitHub did not let you sign in here");
  assert.equal(await stored(page), "{}");
  assert.deepEqual(complaints, []);
  await stop();
});
