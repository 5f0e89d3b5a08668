/**
 * The two examples that the README shows, run as they are shipped, against a cluster of their own.
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
 * An example as it is shipped.
 *
 * @param {string} file
 * @returns {Promise<string>}
 */
const example = (file) => readFile(join(ROOT, "examples", file), "utf8");

test("the README shows the examples as they are shipped, and they have about ten lines", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  for (const [language, file] of [
    ["js", "ten-lines.mjs"],
    ["html", "ten-lines.html"],
  ]) {
    const text = await example(file ?? "");
    assert.ok(readme.includes(`\`\`\`${language}\n${text}\`\`\`\n`), `README.md shows examples/${file} as it is`);
    assert.ok(text.trimEnd().split("\n").length <= 12, `examples/${file} is about ten lines long`);
  }
});

test("the README's Node example runs as it is shipped", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const folder = await mkdtemp(join(tmpdir(), "sliderule-readme-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules/sliderule-wasm"), "dir");
  await writeFile(join(folder, "example.mjs"), await example("ten-lines.mjs"));

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
  assert.match(stdout, /^\d{2,} heights, the first at -?\d+\.\d+ m$/m);
  await stop();
});

test("the README's browser example runs as it is shipped", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const pages = await serveFolders(t, {
    folders: ["dist"],
    below: "/node_modules/sliderule-wasm",
    pages: { "/example.html": await example("ten-lines.html") },
  });
  const context = await openBrowser(t);
  const { page, complaints } = await openPage(context);
  page.on("dialog", (dialog) => dialog.accept(account.password));

  await page.goto(`${pages}/example.html?${new URLSearchParams({ url: origin, user: account.user })}`);
  await page.getByText(/\d+\.\d+\.\d+/).waitFor({ timeout: 120_000 });
  assert.deepEqual(complaints, []);
  await stop();
});
