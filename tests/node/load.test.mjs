// @ts-nocheck: a test gives wrong types on purpose.
/** What the slim entry's `load` takes, what it refuses, and that a load that failed can be tried again. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { Entry } from "../../js/entry.js";

/** A module of eight bytes: valid, and not ours. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

let bytes;
let server;
let origin;

before(async () => {
  bytes = await readFile(new URL("../../dist/sliderule.wasm", import.meta.url));
  server = createServer((request, response) => {
    const status = request.url === "/missing.wasm" ? 404 : 200;
    const type = request.url === "/as-text.wasm" ? "text/plain" : "application/wasm";
    response.writeHead(status, { "Content-Type": type }).end(status === 200 ? bytes : "");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const { version: RELEASE } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const isLoaded = async (slim) => assert.equal((await slim.version()).wasm, RELEASE);
const wasmNotLoaded = (words) => (error) =>
  error.name === "SlideRuleError" && error.code === "wasm_not_loaded" && words.test(error.message);

test("a call that waits for the module ends when it is aborted, and when its time is over", async () => {
  const slim = new Entry();
  slim.load(new Promise(() => {}));
  const session = slim.createSession({ url: "http://127.0.0.1:9", organization: "acme" });
  const controller = new AbortController();
  const aborted = session.source("time", {}, { signal: controller.signal });
  controller.abort("enough");
  await assert.rejects(aborted, (reason) => reason === "enough");
  const calls = [
    session.status({ timeoutMs: 20 }),
    session.source("time", {}, { timeoutMs: 20 }),
    session.init({ timeoutMs: 20 }),
    session.scaleout({ desiredNodes: 1, timeoutMs: 20 }),
  ];
  await Promise.all(calls.map((call) => assert.rejects(call, { code: "timed_out", message: /20 ms/ })));
});

test("unloaded, every call says that load comes first", async () => {
  const slim = new Entry();
  const refusal = wasmNotLoaded(/load\(…\) first/);
  await assert.rejects(slim.init("localhost:1"), refusal);
  await assert.rejects(slim.session.source("time"), refusal);
  await assert.rejects(slim.session.scaleout({ desiredNodes: 1 }), refusal);
  await assert.rejects(slim.session.stream("atl06p").collect(), refusal);
  await assert.rejects(slim.version(), refusal);
});

for (const [name, source] of [
  ["a Buffer", () => bytes],
  ["an ArrayBuffer", () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)],
  ["a view", () => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)],
  ["a compiled module", () => WebAssembly.compile(bytes)],
  ["a Response", () => new Response(bytes)],
  ["a Response served as WebAssembly", () => fetch(`${origin}/sliderule.wasm`)],
  ["a Response served as something else", () => fetch(`${origin}/as-text.wasm`)],
  ["a URL", () => new URL("/sliderule.wasm", origin)],
  ["text", () => `${origin}/sliderule.wasm`],
  ["a Request", () => new Request(`${origin}/sliderule.wasm`)],
]) {
  test(`load takes ${name}, and a promise of it`, async () => {
    const slim = new Entry();
    await slim.load(await source());
    await isLoaded(slim);
    const other = new Entry();
    await other.load(Promise.resolve(source()));
    await isLoaded(other);
  });
}

test("load is done once, however often and with whatever it is called", async () => {
  const slim = new Entry();
  let compiled = 0;
  const { compile } = WebAssembly;
  WebAssembly.compile = (given) => {
    compiled += 1;
    return compile(given);
  };
  try {
    await Promise.all([slim.load(bytes), slim.load(bytes), slim.version()]);
    await slim.load(Promise.reject(new Error("nobody asks for it")));
    await slim.load("nothing that could be loaded");
    await isLoaded(slim);
  } finally {
    WebAssembly.compile = compile;
  }
  assert.equal(compiled, 1);
});

for (const [name, source, words] of [
  ["bytes that are no WebAssembly", () => new TextEncoder().encode("<!doctype html>"), /cannot be loaded/],
  ["no bytes at all", () => undefined, /cannot be loaded/],
  ["another module", () => EMPTY, /needs its own sliderule\.wasm, and this one is something else/],
  ["an answer that says no", () => `${origin}/missing.wasm`, /missing\.wasm answered 404/],
  ["an address at which nothing answers", () => "http://127.0.0.1:1/sliderule.wasm", /cannot be loaded/],
  ["a promise that fails", () => Promise.reject(new Error("out of paper")), /out of paper/],
]) {
  test(`load refuses ${name}, and can be tried again`, async () => {
    const slim = new Entry();
    await assert.rejects(slim.load(source()), wasmNotLoaded(words));
    await assert.rejects(slim.session.source("time"), wasmNotLoaded(/load\(…\) first/));
    await slim.load(bytes);
    await isLoaded(slim);
  });
}

test("a module of another release is refused by its name, before it runs", async () => {
  const altered = Buffer.from(bytes);
  const other = RELEASE.replaceAll(/\d/g, "9");
  altered.write(other, altered.length - RELEASE.length);
  await assert.rejects(new Entry().load(altered), wasmNotLoaded(/this one is of 9[9.]+; take both from one release/));
});
