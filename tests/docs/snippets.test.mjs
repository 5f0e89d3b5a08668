/**
 * Every example of the documents that concerns the client runs as it stands there, against one real provisioning system with
 * nodes of its own. What cannot be run says why, and what another test runs says which.
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { chromiumMissing, openBrowser, openPage } from "../browser/harness/chromium.mjs";
import { command, startProvisioning } from "../browser/harness/provisioning.mjs";
import { ROOT, serveSite } from "../browser/harness/static-server.mjs";
import { blocksOf, documents } from "./harness/blocks.mjs";
import { openProject } from "./harness/project.mjs";

/** @typedef {import("./harness/blocks.mjs").Block} Block */

/**
 * Pages of which another test runs every block, and names the page.
 *
 * @type {Record<string, string>}
 */
const RUN_BY = {
  "docs/API.md": "crates/server/tests/api/examples.rs",
  "docs/CLI.md": "tests/node/cli/manual.test.mjs",
  "docs/ENVIRONMENTS.md": "tests/packaging/documented.test.mjs",
};

/** What the reference shows of the types is compared with them. */
const TYPES = "tests/docs/reference.test.mjs";

/** What no user of the client runs. What a shell does counts where it is about the package. */
const isOurs = (/** @type {Block} */ { language, code }) =>
  !/^(text|json|toml|ini|yaml)$/.test(language) && (language !== "sh" || /sliderule-wasm|npm|npx/.test(code));

const PATIENCE_MS = 60_000;

test("the examples run as they stand there", { timeout: 300_000 }, async (t) => {
  const { origin, account, data, stop } = await startProvisioning(t, { creditUsd: "8" }); // ten hours of four nodes cost more
  const { user, password } = account;
  await command(data, ["org", "add", "goddard", "--owner", "olga", "--credit", "25", "--max-nodes", "2"]);
  await command(data, ["member", "add", "goddard", user]);
  await command(data, ["org", "set", "acme", "--min-nodes", "1"]);
  const { organization } = account;
  const project = await openProject(t, { url: origin, organization, username: user, password });
  const site = await serveSite(t, project.folder);
  const noBrowser = chromiumMissing();
  const browser = noBrowser === undefined ? await openBrowser(t) : undefined;

  /**
   * Opens a page, and waits for its title or its text.
   *
   * @param {string} path
   * @param {RegExp} shown what its title or its text has to match in the end
   * @returns {Promise<string>} what it printed, and its text
   */
  async function open(path, shown) {
    assert.ok(browser);
    const { page, complaints } = await openPage(browser);
    /** @type {string[]} */
    const printed = [];
    page.on("console", (message) => message.type() === "log" && printed.push(message.text()));
    page.on("dialog", (dialog) => dialog.accept(password));
    try {
      await page.goto(`${site}/${path}?${new URLSearchParams({ url: origin, user })}`);
      const found = (/** @type {string} */ source) =>
        new RegExp(source, "m").test(document.title) || new RegExp(source, "m").test(document.body?.innerText ?? "");
      await page.waitForFunction(found, shown.source, { timeout: PATIENCE_MS }).catch((error) => {
        assert.fail(`${error.message}\n${complaints.join("\n")}`);
      });
      assert.deepEqual(complaints, []);
      return [...printed, await page.evaluate(() => document.body.innerText)].join("\n").trim();
    } finally {
      await page.close();
    }
  }

  /**
   * @param {Block} block
   * @returns {Promise<string>} what it printed or shows
   */
  async function run({ language, place, code, prints }) {
    if (language === "js" && place === "node") return await project.node(code);
    if (language === "js" && place === "browser") return await open(await project.pageOf(code), /^Done$/);
    if (language === "html") return await open(await project.page(code), prints ?? /./);
    if (language === "sh") return await project.shell(code);
    return assert.fail("it does not say how it is run");
  }

  for (const page of await documents()) {
    for (const block of (await blocksOf(page)).filter(isOurs)) {
      const { line, language, place, notRun, prints } = block;
      const runBy =
        block.runBy ?? RUN_BY[page] ?? (page === "docs/REFERENCE.md" && language === "ts" ? TYPES : undefined);
      await t.test(`${page}:${line} ${language} ${place}`.trim(), async (t) => {
        if (notRun !== undefined) return t.diagnostic(`not run: ${notRun}`);
        if (runBy !== undefined) {
          assert.ok((await readFile(join(ROOT, runBy), "utf8")).includes(page.split("/").at(-1) ?? page), runBy);
          return t.diagnostic(`run by ${runBy}`);
        }
        if (noBrowser !== undefined && (language === "html" || place === "browser")) return t.skip(noBrowser);
        const printed = await run(block);
        if (prints !== undefined) assert.match(printed, prints);
      });
    }
  }
  await stop();
});

test("every block says in which language it is", async () => {
  for (const page of await documents()) {
    const text = await readFile(join(ROOT, page), "utf8");
    const fences = text.match(/^ *```/gm)?.length ?? 0;
    assert.equal(fences, 2 * (text.match(/^ *```\w/gm)?.length ?? 0), page);
  }
});
