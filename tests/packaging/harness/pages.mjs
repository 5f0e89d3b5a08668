/** What a page of a project came to: it shows the answer of the smoke test, as JSON, as its only text. */

import assert from "node:assert/strict";
import { openPage } from "../../browser/harness/chromium.mjs";

/** How long a page may take, on a machine with other work. */
const PATIENCE_MS = 120_000;

/**
 * Opens a page and reads what it shows in the end.
 *
 * @param {import("playwright-core").BrowserContext} browser
 * @param {string} url
 * @param {{ mayComplain?: RegExp }} [options] of a line on the console that belongs to it; any other is a failure
 * @returns {Promise<{ shown: any, requested: string[] }>} the value, and the paths that the page asked its own server for
 */
export async function readPage(browser, url, { mayComplain } = {}) {
  const { page, complaints } = await openPage(browser);
  /** @type {string[]} */
  const requested = [];
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin === new URL(url).origin) requested.push(pathname);
  });
  try {
    await page.goto(url);
    const text = await Promise.race([
      page.waitForFunction(() => /^[[{]/.test(document.body?.textContent ?? ""), null, { timeout: PATIENCE_MS }),
      new Promise((_resolve, reject) => page.on("pageerror", reject)),
    ])
      .then(() => page.evaluate(() => document.body.textContent ?? ""))
      .catch((error) => assert.fail(`${error.message}\n${complaints.join("\n")}`));
    assert.deepEqual(
      complaints.filter((line) => mayComplain === undefined || !mayComplain.test(line)),
      [],
    );
    return { shown: JSON.parse(text), requested };
  } finally {
    await page.close();
  }
}
