/**
 * The notebooks in `docs/notebooks/` in JupyterLite, in Chromium, as they are shipped: with the Pyodide kernel and the wheel of
 * the Python package, and with the JavaScript kernel and the npm package.
 *
 * The site serves everything; whoever else were asked for anything would be noticed.
 */

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openPage } from "../browser/harness/chromium.mjs";
import { startProvisioning } from "../browser/harness/provisioning.mjs";
import { ROOT, serveSite } from "../browser/harness/static-server.mjs";
import { buildSite } from "./harness/jupyterlite.mjs";
import { openLab, runAll } from "./harness/jupyterlab.mjs";
import { pythonPackage, wheelOf } from "./harness/python-package.mjs";
import { watchTraffic } from "./harness/traffic.mjs";

/** @type {string} */
let folder;
/** @type {string} */
let site;

before(async () => {
  folder = await pythonPackage();
  site = await buildSite(folder, await wheelOf(folder));
});

after(() => rm(folder, { recursive: true, force: true }));

/** What JupyterLab itself complains of, in any site without a server of Jupyter's. */
const USUAL = /terminals plugin/;

/**
 * A cluster, and the lab in a browser.
 *
 * @param {import("node:test").TestContext} t
 */
async function setUp(t) {
  const { origin, account, stop } = await startProvisioning(t);
  const pages = await serveSite(t, site);
  const context = await openBrowser(t);
  const traffic = watchTraffic(context);
  const { page, complaints } = await openPage(context);
  await openLab(page, pages);
  const end = async () => {
    assert.deepEqual(traffic.asked(), [pages, origin].sort(), "nobody else was asked");
    assert.deepEqual(
      complaints.filter((line) => !USUAL.test(line)),
      [],
    );
    await stop();
  };
  return { origin, account, page, end };
}

/**
 * What the cells printed, by their ids; no cell may have failed.
 *
 * @param {{ id: string, text: string, errors: string[] }[]} cells
 */
function printedBy(cells) {
  assert.deepEqual(
    cells.flatMap(({ errors }) => errors),
    [],
  );
  return Object.fromEntries(cells.map(({ id, text }) => [id, text]));
}

test("the Python notebook, in the Pyodide kernel", async (t) => {
  const { origin, account, page, end } = await setUp(t);
  const ended = await runAll(page, join(ROOT, "docs/notebooks/python.ipynb"));
  for (const [prompt, words] of [
    ["Deployment", origin],
    ["Organization", account.organization],
    ["User name", account.user],
    ["Password", account.password],
  ]) {
    const question = page.locator(".jp-Stdin-prompt", { hasText: prompt }).locator("xpath=..").locator("input");
    await question.fill(words ?? "");
    await question.press("Enter");
  }
  const printed = printedBy(await ended());
  assert.match(
    printed.init ?? "",
    /^requesting: 0 of 2 nodes\n(?:.*\n)*ready: 2 of 2 nodes\nada of acme, SlideRule 4\./,
  );
  assert.match(printed.stream ?? "", /^\d+ atl06rec memoryview$/m, "npm's Pyodide has no NumPy");
  assert.match(printed.collect ?? "", /^2546 heights from 391\.\d\d to 463\.\d\d m, the first at 1583304\d{12} ns$/m);
  assert.match(printed.release ?? "", /^\$0\.\d{6} spent; 0 nodes wanted\n$/);
  assert.ok(!JSON.stringify(printed).includes(account.password), "the password is nowhere");
  await end();
});

test("the JavaScript notebook, in the JavaScript kernel", async (t) => {
  const { origin, account, page, end } = await setUp(t);
  /** @type {Record<string, string>} */
  const answers = {
    Deployment: origin,
    Organization: account.organization,
    "User name": account.user,
    Password: account.password,
  };
  page.on("dialog", (dialog) => dialog.accept(answers[dialog.message()]));
  const ended = await runAll(page, join(ROOT, "docs/notebooks/javascript.ipynb"));
  const printed = printedBy(await ended());
  assert.equal(printed.session, "ada is signed in\n");
  assert.match(printed.scale ?? "", /^requesting: 0 of 2 nodes\n(?:.*\n)*ready: 2 of 2 nodes\n$/);
  assert.match(printed.stream ?? "", /^2546 heights, the first \d+\.\d\d m\n$/);
  assert.equal(printed.release, "0 nodes wanted\n");
  await end();
});
