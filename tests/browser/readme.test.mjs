/**
 * The two examples of the README, run as they stand there, against a cluster of their own.
 *
 * The package is where `npm install` would put it: `node_modules/sliderule-wasm`, which leads to this repository.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { openBrowser, openPage } from "./harness/chromium.mjs";
import { startProvisioning } from "./harness/provisioning.mjs";
import { ROOT, serveFolders } from "./harness/static-server.mjs";

/**
 * The one block of the README in that language which imports the package.
 *
 * @param {string} language
 * @returns {Promise<string>}
 */
async function example(language) {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name, text]) => name === language && text?.includes("sliderule-wasm"))
    .map(([, , text]) => text ?? "");
  assert.equal(blocks.length, 1, `the README has one ${language} example`);
  const [block = ""] = blocks;
  assert.ok(block.trimEnd().split("\n").length <= 12, "it is about ten lines long");
  return block;
}

test("the README's Node example runs as it stands there", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const folder = await mkdtemp(join(tmpdir(), "sliderule-readme-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules/sliderule-wasm"), "dir");
  await writeFile(join(folder, "example.mjs"), await example("js"));

  const { stdout } = await promisify(execFile)(process.execPath, ["example.mjs"], {
    cwd: folder,
    timeout: 120_000,
    env: {
      ...process.env,
      SLIDERULE_URL: origin,
      SLIDERULE_ORGANIZATION: account.organization,
      PS_USERNAME: account.user,
      PS_PASSWORD: account.password,
    },
  });
  assert.match(stdout, /\d{2,}/, "it prints what it received");
  await stop();
});

test("the README's browser example runs as it stands there", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const pages = await serveFolders(t, {
    folders: ["js", "pkg"],
    below: "/node_modules/sliderule-wasm",
    pages: { "/example.html": await example("html") },
  });
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);
  page.on("dialog", (dialog) => dialog.accept(account.password));

  await page.goto(`${pages}/example.html?${new URLSearchParams({ url: origin, user: account.user })}`);
  await page.getByText(/\d+\.\d+\.\d+/).waitFor({ timeout: 120_000 });
  assert.deepEqual(complaints, []);
  await stop();
});
