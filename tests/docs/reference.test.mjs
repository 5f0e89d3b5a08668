/**
 * `docs/REFERENCE.md` is what the types say.
 *
 * After a change that is meant, `SLIDERULE_RENEW=1 node --test tests/docs/reference.test.mjs` writes it anew.
 */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { reference } from "../../js/build/reference.mjs";
import { ROOT } from "../browser/harness/static-server.mjs";

const PAGE = join(ROOT, "docs/REFERENCE.md");

test("the reference of the client is made from its types", async () => {
  const made = reference();
  if (process.env.SLIDERULE_RENEW !== undefined) await writeFile(PAGE, made);
  else assert.equal(await readFile(PAGE, "utf8"), made);
});

test("it explains everything that is exported, and every member of it", () => {
  const page = reference();
  assert.equal(page.match(/^- `[^\n]*`\n(?! {2})/gm), null, "members without a word");
  const entries = page.split(/^### /m).slice(1);
  assert.ok(entries.length > 60);
  const silent = entries.filter((entry) => {
    const [, ...text] = entry.replace(/^```ts\n[\s\S]*?^```$/m, "").split("\n");
    return (
      !/^[A-Z`]/.test(text.find((line) => line !== "") ?? "") || /^Types: /.test(text.find((line) => line !== "") ?? "")
    );
  });
  assert.deepEqual(silent, []);
});
