/**
 * A Chromium of one's own for each test: started by its executable, with a new profile that is removed afterwards.
 *
 * `CHROME` names the executable; otherwise the usual places are looked at.
 */

import { appendFileSync, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Page} Page */

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const MISSING = "The browser tests need Chromium: install it (apt install chromium) or set CHROME to its path.";

/**
 * @returns {string} the executable
 */
function executable() {
  const found = process.env.CHROME ?? PLACES.find((place) => existsSync(place));
  if (found === undefined) throw new Error(MISSING);
  return found;
}

/**
 * Why tests that need Chromium among others have to be left out; where continuous integration runs, that is no reason.
 *
 * @returns {string | undefined}
 */
export function chromiumMissing() {
  const isThere = process.env.CHROME !== undefined || PLACES.some((place) => existsSync(place));
  return isThere || process.env.CI !== undefined ? undefined : MISSING;
}

/**
 * Opens a browser that ends with the test.
 *
 * @param {import("node:test").TestContext} t
 * @param {{ width?: number, height?: number, colorScheme?: "light" | "dark", flags?: string[], without?: string[] }} [look]
 *   `flags` are more of Chromium's own, `without` those of Playwright's that it is started without
 * @returns {Promise<BrowserContext>}
 */
export async function openBrowser(
  t,
  { width = 1280, height = 960, colorScheme = "light", flags = [], without = [] } = {},
) {
  const profile = await mkdtemp(join(tmpdir(), "sliderule-chromium-"));
  const remove = () => rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  const context = await chromium
    .launchPersistentContext(profile, {
      executablePath: executable(),
      headless: true,
      chromiumSandbox: false,
      args: [...FLAGS, ...flags],
      ignoreDefaultArgs: without,
      viewport: { width, height },
      colorScheme,
      locale: "en-GB",
    })
    .catch(async (error) => {
      await remove();
      throw error;
    });
  t.after(async () => {
    await context.close();
    await remove();
  });
  keepWhatIsSaid(context);
  return context;
}

/**
 * Writes down what pages and their workers say on the console, what nobody caught, and what they ask for: `cargo xtask test`
 * searches it for secrets when all have run.
 *
 * @param {BrowserContext} context
 */
function keepWhatIsSaid(context) {
  const folder = process.env.SLIDERULE_TEST_LOGS;
  if (folder === undefined) return;
  const write = (/** @type {string} */ kind, /** @type {unknown} */ said) =>
    appendFileSync(join(folder, `pages-${process.pid}.log`), `${kind}: ${said}\n`);
  context.on("console", (message) => write("console", message.text()));
  context.on("weberror", (error) => write("uncaught", error.error().stack ?? error.error()));
  context.on("request", (request) => write("url", request.url()));
}

/**
 * A page together with all that went wrong in it: errors of the console, exceptions nobody caught.
 *
 * A refused request logs "Failed to load resource" whatever the page does with the answer; a test that provokes a
 * refusal names its status in `expectedStatus`, and that line is not counted.
 *
 * @param {BrowserContext} context
 * @param {{ expectedStatus?: number[] }} [options]
 * @returns {Promise<{ page: Page, complaints: string[] }>}
 */
export async function openPage(context, { expectedStatus = [] } = {}) {
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    const text = message.text();
    const expected = expectedStatus.some((status) => text.includes(`responded with a status of ${status}`));
    if (!expected) complaints.push(`${message.type()}: ${text} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.stack ?? error}`));
  return { page, complaints };
}
