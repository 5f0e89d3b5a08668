// @ts-nocheck: it runs in a page, where only the browser knows the types.
/** A page whose policy forbids WebAssembly is told so, and what to write into the policy. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ORGANIZATION, standIn } from "../node/stand-in.mjs";
import { FILES, isReady } from "./harness/bare-page.mjs";
import { openBrowser } from "./harness/chromium.mjs";
import { serveFolders } from "./harness/static-server.mjs";
import { watch } from "./harness/watched.mjs";

test("where WebAssembly is forbidden every call rejects wasm_blocked, and nothing is sent", async (t) => {
  const server = await standIn(t);
  const pages = await serveFolders(t, FILES);
  const context = await openBrowser(t);
  watch(context);
  const page = await context.newPage();
  await page.goto(`${pages}/strict.html`);
  await page.waitForFunction(isReady);
  const failures = await page.evaluate(
    async ({ url, organization }) => {
      const { init, source, scaleout } = globalThis.sliderule;
      const calls = [init(url, { organization }), source("time"), scaleout({ desiredNodes: 1 })];
      const ends = await Promise.allSettled(calls.map((call) => Promise.resolve(call)));
      return ends.map(({ reason }) => [reason?.code, reason?.message]);
    },
    { url: server.url, organization: ORGANIZATION },
  );
  for (const [code, message] of failures) {
    assert.equal(code, "wasm_blocked");
    assert.match(message, /wasm-unsafe-eval/);
  }
  assert.deepEqual(server.requests, []);
});
