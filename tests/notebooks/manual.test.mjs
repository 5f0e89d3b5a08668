/** The Python of `docs/NOTEBOOKS.md` runs in Pyodide as it stands there, against a real cluster. Its JavaScript: `tests/docs/`. */

import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startProvisioning } from "../browser/harness/provisioning.mjs";
import { ROOT } from "../browser/harness/static-server.mjs";
import { openPyodide } from "./harness/pyodide.mjs";
import { pythonPackage } from "./harness/python-package.mjs";

test("the manual's Python does what it says", async (t) => {
  const page = await readFile(join(ROOT, "docs/NOTEBOOKS.md"), "utf8");
  const blocks = [...page.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  assert.equal(blocks.length, 1);
  const folder = await pythonPackage();
  t.after(() => rm(folder, { recursive: true, force: true }));
  const python = await openPyodide(folder);
  const { origin, account, stop } = await startProvisioning(t);

  for (const code of blocks) {
    const rows = await python.run(
      `
import os
os.environ.update(PS_USERNAME=given["user"], PS_PASSWORD=given["password"])
printed = []
print = lambda *words: printed.append(words[0])
${code.replace("slideruleearth.io", origin)}
sum(printed)`,
      account,
    );
    assert.ok(rows > 1000, `${rows} rows came`);
  }
  await stop();
});
