/**
 * The pages of `docs/CDN.md` work with what npm packs, under the addresses of jsDelivr and unpkg, and a file that was changed
 * on the way is refused.
 *
 * The hashes in the page are those of a release. `SLIDERULE_RENEW=1 node --test tests/docs/cdn.test.mjs` writes those of the
 * build that is there; with `SLIDERULE_RELEASE` set, others are a failure. At other times they are only told, since every change of the
 * client changes them.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromiumMissing, openBrowser, openPage } from "../browser/harness/chromium.mjs";
import { ROOT, serveSite } from "../browser/harness/static-server.mjs";
import { install, pack } from "../packaging/harness/projects.mjs";
import { blocksOf } from "./harness/blocks.mjs";
import { integrityOf, pinned } from "./harness/integrity.mjs";

const PAGE = join(ROOT, "docs/CDN.md");
const JSDELIVR = "https://cdn.jsdelivr.net/npm/";
const UNPKG = "https://unpkg.com/";

/** @type {string} where the package is installed, and what a CDN would have */
let folder;
/** @type {string} */
let installed;
/** @type {string} */
let version;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sliderule-cdn-"));
  await writeFile(join(folder, "package.json"), '{ "name": "reader", "private": true }');
  await install(folder, (await pack(folder)).tarball);
  installed = join(folder, "node_modules/sliderule-wasm");
  version = JSON.parse(await readFile(join(installed, "package.json"), "utf8")).version;
  // Both layouts: jsDelivr has packages below /npm/, unpkg at the top.
  await cp(installed, join(folder, `cdn/npm/sliderule-wasm@${version}`), { recursive: true });
  await cp(installed, join(folder, `cdn/sliderule-wasm@${version}`), { recursive: true });
});

after(() => rm(folder, { recursive: true, force: true }));

test("the hashes in the page are those of the package", async (t) => {
  const page = await readFile(PAGE, "utf8");
  const right = await pinned(page, installed);
  const told =
    "docs/CDN.md has the hashes of another build; SLIDERULE_RENEW=1 node --test tests/docs/cdn.test.mjs writes them";
  if (process.env.SLIDERULE_RENEW !== undefined) await writeFile(PAGE, right);
  else if (process.env.SLIDERULE_RELEASE !== undefined) assert.equal(page, right, told);
  else if (page !== right) t.diagnostic(told);
  assert.equal(right.match(/sha384-[\w+/]{64}(?=")/g)?.length, 3, "each file has one");
  const versions = [...page.matchAll(/sliderule-wasm@([\w.-]+)/g)].map(([, each]) => each);
  assert.ok(versions.every((each) => each === version));
});

test("the page says how to compute a hash", async () => {
  const [code = ""] = (await blocksOf("docs/CDN.md"))
    .filter(({ language }) => language === "sh")
    .map((each) => each.code);
  const { stdout } = await promisify(execFile)("sh", ["-c", code], { cwd: folder });
  assert.equal(`sha384-${stdout.trim()}`, integrityOf(await readFile(join(installed, "dist/index.js"))));
});

test("pages take exactly the released files from a CDN", { skip: chromiumMissing() }, async (t) => {
  const browser = await openBrowser(t);
  const cdn = await serveSite(t, join(folder, "cdn"));
  const site = await serveSite(t, folder);
  const text = await pinned(await readFile(PAGE, "utf8"), installed);
  const pages = [...text.matchAll(/^```html\n([\s\S]*?)^```$/gm)].map(([, html = ""]) => html);
  assert.equal(pages.length, 2);

  /**
   * @param {string} html
   * @returns {Promise<{ shown: string, complaints: string[] }>} once the page shows something, or complains
   */
  async function open(html) {
    await writeFile(join(folder, "page.html"), html.replace("<title>", '<link rel="icon" href="data:,"><title>'));
    const { page, complaints } = await openPage(browser);
    await page.goto(`${site}/page.html`);
    const deadline = Date.now() + 60_000;
    let shown = "";
    while (shown === "" && complaints.length === 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      shown = (await page.textContent("body"))?.match(/^\{.*\}$/m)?.[0] ?? "";
    }
    await page.close();
    return { shown, complaints };
  }

  for (const [name, from, to] of [
    ["jsDelivr", JSDELIVR, `${cdn}/npm/`],
    ["unpkg", UNPKG, `${cdn}/`],
  ]) {
    const local = pages.map((html) => html.replaceAll(JSDELIVR, from ?? "").replaceAll(from ?? "", to ?? ""));
    for (const html of local) {
      await t.test(`${name}: ${/<title>(.*)<\/title>/.exec(html)?.[1]}`, async () => {
        const { shown, complaints } = await open(html);
        assert.deepEqual(complaints, []);
        assert.equal(JSON.parse(shown).package, version);
      });
    }
  }

  for (const file of ["index.js", "slim.js", "sliderule.wasm"]) {
    await t.test(`${file}, changed by one byte, is refused`, async () => {
      const served = join(folder, `cdn/npm/sliderule-wasm@${version}/dist`, file);
      const whole = await readFile(served);
      await writeFile(served, Buffer.concat([whole, Buffer.from("\n")]));
      const html = pages.find((each) => each.includes(`dist/${file}"`)) ?? "";
      const { shown, complaints } = await open(html.replaceAll(JSDELIVR, `${cdn}/npm/`));
      await writeFile(served, whole);
      assert.equal(shown, "");
      assert.match(complaints.join("\n"), /integrity/);
    });
  }
});
