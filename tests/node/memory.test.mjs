// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Sessions that come and go leave nothing behind, in JavaScript and in WebAssembly. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { createSession, SlideRuleError } from "../../js/node.js";

import { ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const PROGRAM = fileURLToPath(new URL("memory.mjs", import.meta.url));
/** What Node's own pools of connections may add to the heap. A thousand sessions that stayed would take many times that. */
const HEAP = 2_000_000;
/** Where pieces of memory lie decides whether it takes some pages more; sessions that stayed would take megabytes. */
const PAGES = 4 * 65_536;

const credentials = { username: USER, password: PASSWORD };

async function server(t) {
  const open = (_, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    response.flushHeaders();
  };
  return standIn(t, { routes: { "source silent": () => {}, "source endless": open } });
}

for (const [kind, words, count] of [
  ["unused", "a thousand sessions that never made a call", 1000],
  ["used", "a thousand sessions that made calls and read streams", 1000],
  ["busy", "a thousand sessions, disposed of with calls and streams under way", 1000],
  ["failed", "fifty instances that failed", 50],
]) {
  test(`${words} leave the heap and the module's memory as they were`, async (t) => {
    const { url } = await server(t);
    const words = ["--expose-gc", "--no-warnings", PROGRAM, url, kind, String(count)];
    const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 120_000 });
    const { before, after } = JSON.parse(stdout);
    t.diagnostic(`heap ${before.heap} to ${after.heap}, module ${before.wasm} to ${after.wasm} bytes`);
    assert.ok(after.wasm - before.wasm <= PAGES, `the module grew by ${after.wasm - before.wasm} bytes`);
    assert.ok(after.heap - before.heap < HEAP, `the heap grew by ${after.heap - before.heap} bytes`);
  });
}

async function signedIn(t) {
  const { url } = await server(t);
  const session = createSession({ url, organization: ORGANIZATION });
  await session.authenticate(undefined, credentials);
  return session;
}

test("dispose may be called again, before any call, and in the middle of a callback", async (t) => {
  const session = await signedIn(t);
  const unused = createSession({ url: "http://127.0.0.1:9", organization: ORGANIZATION });
  unused.dispose();
  unused[Symbol.dispose]();
  await assert.rejects(unused.source("time"), { code: "invalid_argument" });
  const operation = session.scaleout({ desiredNodes: 2, onProgress: () => session.dispose() });
  await assert.rejects(operation, { code: "invalid_argument" });
  session.dispose();
  await assert.rejects(session.status(), SlideRuleError);
});

test("a stream that is disposed of ends, and one that was not begun cannot be", async (t) => {
  const session = await signedIn(t);
  const stream = session.stream("endless");
  const next = stream[Symbol.asyncIterator]().next();
  await new Promise((resolve) => setTimeout(resolve, 50));
  stream[Symbol.dispose]();
  stream[Symbol.dispose]();
  await assert.rejects(next, { code: "invalid_argument", message: /disposed of/ });
  const other = session.stream("atl06p");
  other[Symbol.dispose]();
  await assert.rejects(other.collect(), { code: "invalid_argument" });
  const opening = session.stream("silent");
  const collected = opening.collect();
  opening[Symbol.dispose]();
  await assert.rejects(collected, { code: "invalid_argument" });
  session.dispose();
});

test("a wait that is disposed of leaves the order standing", async (t) => {
  const session = await signedIn(t);
  const operation = session.scaleout({ desiredNodes: 2 });
  operation[Symbol.dispose]();
  assert.equal((await operation).requestId, "r-1");
  operation[Symbol.dispose]();
  session.dispose();
});
