/**
 * What `docs/ENVIRONMENTS.md` shows are the projects of this suite, word for word: a comment before each block names the file.
 *
 * After a change that is meant, `SLIDERULE_RENEW=1 node --test tests/packaging/documented.test.mjs` writes the blocks anew.
 */

import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../browser/harness/static-server.mjs";
import { ENVIRONMENTS } from "./harness/projects.mjs";

const PAGE = join(ROOT, "docs/ENVIRONMENTS.md");
const BLOCK = /^<!-- (\S+) -->\n```(\w+)\n([\s\S]*?)^```$/gm;

test("the page shows the projects' files as they are", async () => {
  const page = await readFile(PAGE, "utf8");
  const blocks = [...page.matchAll(BLOCK)];
  assert.equal(blocks.length, page.match(/^```\w/gm)?.length, "before every block a comment names its file");
  let renewed = page;
  for (const [block, file = "", language] of blocks) {
    const text = await readFile(join(ENVIRONMENTS, file), "utf8");
    renewed = renewed.replace(block, () => `<!-- ${file} -->\n\`\`\`${language}\n${text}\`\`\``);
  }
  if (process.env.SLIDERULE_RENEW !== undefined) await writeFile(PAGE, renewed);
  else assert.equal(page, renewed);
});

test("the page names every project, and no other", async () => {
  const page = await readFile(PAGE, "utf8");
  const named = page.matchAll(/^\|.*\| `([\w-]+)` \|$/gm);
  assert.deepEqual([...named].map(([, name]) => name).sort(), (await readdir(ENVIRONMENTS)).sort());
});
