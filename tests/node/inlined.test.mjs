/** The module as the default entry brings it is the same wherever it is unpacked. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { inlined } from "../../js/inlined.js";

/** @type {any} */
const node = process;

/** @param {import("node:test").TestContext} t */
function withoutNode(t) {
  const { getBuiltinModule } = node;
  node.getBuiltinModule = undefined;
  t.after(() => {
    node.getBuiltinModule = getBuiltinModule;
  });
}

test("Node's own decompression and that of the web give the same module", async (t) => {
  const quick = await inlined();
  withoutNode(t);
  const slow = await inlined();
  assert.equal(Buffer.compare(quick, slow), 0);
  assert.ok(WebAssembly.validate(quick));
});

test("an engine without either is told which entry to use", async (t) => {
  withoutNode(t);
  const { DecompressionStream } = globalThis;
  // @ts-expect-error: it is taken away.
  delete globalThis.DecompressionStream;
  t.after(() => {
    globalThis.DecompressionStream = DecompressionStream;
  });
  await assert.rejects(inlined(), { code: "unsupported", message: /sliderule-wasm\/slim/ });
});
