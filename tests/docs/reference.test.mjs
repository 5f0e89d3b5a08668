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

test("it explains everything that is exported, and every option", () => {
  const silent = reference().match(/^- `\w+\??: .*`\n(?!  )/gm);
  assert.equal(silent, null);
  const undescribed = reference().match(/^### .*\n\n(?:```ts\n(?:.*\n)*?```\n\n)?(?=#|- |Types)/gm);
  assert.equal(undescribed, null);
});
