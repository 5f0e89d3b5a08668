/** The Python of `docs/GUIDE.md`, beside which the JavaScript stands, run by the client it is written for. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../browser/harness/static-server.mjs";
import { openDomain } from "./harness/domain.mjs";

test("the guide's Python does what it says", async (t) => {
  const { run } = await openDomain(t, "4.20.0");
  const { blocks, printed } = await run("guide.py", { words: [join(ROOT, "docs/GUIDE.md")] });
  assert.equal(blocks, 1);
  assert.equal(printed, "2546 heights\n", "as the JavaScript beside it");
});
