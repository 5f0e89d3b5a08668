// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** What comes into WebAssembly from outside: whatever a `fetch`, a store or a callback does, calls settle. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, describe, test } from "node:test";
import { promisify } from "node:util";

import { createSession } from "../../js/index.js";

import { ORGANIZATION, PASSWORD, standIn, USER } from "../node/stand-in.mjs";

const credentials = { username: USER, password: PASSWORD };
const realFetch = globalThis.fetch;

describe("fetch", () => {
  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  const session = () => createSession({ url: "http://127.0.0.1:9", organization: ORGANIZATION });
  const fetches = {
    "rejects with text": () => Promise.reject("no network"),
    "rejects with nothing": () => Promise.reject(),
    "throws at once": () => {
      throw new TypeError("no network");
    },
    "answers with nothing": () => Promise.resolve(undefined),
    "answers with an object that is no Response": () => Promise.resolve({ status: 200 }),
    "is no promise": () => 42,
    "breaks off while the body is read": async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.error("cut"),
        }),
      ),
  };
  for (const [name, fetch] of Object.entries(fetches)) {
    test(`a fetch that ${name} leaves the server unreachable`, async () => {
      globalThis.fetch = fetch;
      await assert.rejects(session().authenticate(undefined, credentials), { code: "unreachable", retryable: true });
    });
  }

  test("a Response of another realm is as good as ours", async () => {
    const foreign = { status: 401, ok: false, headers: new Headers(), text: async () => '{"detail":"no"}' };
    globalThis.fetch = async () => foreign;
    await assert.rejects(session().authenticate(undefined, credentials), { code: "wrong_credentials" });
  });

  test("the caller's signal never reaches fetch, ours ends it", async () => {
    const controller = new AbortController();
    let request;
    globalThis.fetch = (_, given) => {
      request = given;
      return new Promise((_, reject) => given.signal.addEventListener("abort", () => reject(given.signal.reason)));
    };
    const call = session().authenticate(undefined, { ...credentials, signal: controller.signal });
    while (request === undefined) await new Promise((resolve) => setImmediate(resolve));
    controller.abort("the caller's own words");
    await assert.rejects(call, (reason) => reason === "the caller's own words");
    assert.equal(request.signal.aborted, true);
    assert.equal(request.signal.reason.name, "AbortError");
  });

  test("no cookies, no redirects, nothing from a cache", async () => {
    let request;
    globalThis.fetch = async (_, given) => {
      request = given;
      return new Response("{}", { status: 401 });
    };
    await assert.rejects(session().authenticate(undefined, credentials));
    const { credentials: cookies, redirect, cache } = request;
    assert.deepEqual({ cookies, redirect, cache }, { cookies: "omit", redirect: "manual", cache: "no-store" });
  });
});

test("two sessions over one store renew once", async (t) => {
  const server = await standIn(t);
  server.state.lifetime = "0.2";
  const records = new Map();
  const store = {
    get: (key) => records.get(key) ?? null,
    set: (key, value) => void records.set(key, value),
    delete: (key) => void records.delete(key),
  };
  const options = { url: server.url, organization: ORGANIZATION, store };
  const [one, other] = [createSession(options), createSession(options)];
  await one.authenticate(undefined, credentials);
  await other.authenticate();
  await new Promise((resolve) => setTimeout(resolve, 120));
  server.state.lifetime = "3600.0";
  await Promise.all([one.source("time"), other.source("time")]);
  assert.equal(server.asked("refresh").length, 1);
});

test("a session disposed of while it renews its tokens saves the new ones", async (t) => {
  const server = await standIn(t);
  const records = new Map();
  let noteSaved;
  const saved = new Promise((resolve) => {
    noteSaved = resolve;
  });
  const store = {
    get: (key) => records.get(key) ?? null,
    set: (key, value) => {
      records.set(key, value);
      if (value.includes("refresh-2")) noteSaved();
    },
    delete: (key) => void records.delete(key),
  };
  const options = { url: server.url, organization: ORGANIZATION, store };
  server.state.lifetime = "0.01";
  const session = createSession(options);
  await session.authenticate(undefined, credentials);
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.state.lifetime = "3600.0";
  const refresh = server.routes["POST /api/org_token/refresh/"];
  server.routes["POST /api/org_token/refresh/"] = (note) => {
    session.dispose();
    return refresh(note);
  };
  await assert.rejects(session.source("time"), { code: "invalid_argument" });
  await saved;
  assert.equal((await createSession(options).authenticate()).source, "cache");
});

test("a default session that is replaced listens to other tabs no more", async (t) => {
  const server = await standIn(t);
  const program = `
    let open = 0;
    globalThis.document = {};
    globalThis.BroadcastChannel = class { constructor() { open += 1; } close() { open -= 1; } postMessage() {} };
    const storage = { getItem: () => null, setItem() {}, removeItem() {} };
    Object.defineProperty(globalThis, "sessionStorage", { value: storage });
    const { init } = await import("sliderule-wasm");
    for (let i = 0; i < 3; i += 1) await init(${JSON.stringify(server.url)}, { organization: "acme" });
    console.log(open);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: new URL(".", import.meta.url),
  });
  assert.equal(stdout.trim(), "1");
});

test("a page keeps tokens in its sessionStorage, and no password", async (t) => {
  const server = await standIn(t);
  const program = `
    const kept = new Map();
    globalThis.document = {};
    Object.defineProperty(globalThis, "sessionStorage", { value: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
    } });
    const { createSession } = await import("sliderule-wasm");
    const options = { url: ${JSON.stringify(server.url)}, organization: ${JSON.stringify(ORGANIZATION)} };
    await createSession(options).authenticate(undefined, ${JSON.stringify(credentials)});
    const { source } = await createSession(options).authenticate();
    console.log(JSON.stringify({ source, kept: [...kept] }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: new URL(".", import.meta.url),
  });
  const { source, kept } = JSON.parse(stdout);
  assert.equal(source, "cache");
  assert.equal(kept.length, 2);
  assert.ok(!stdout.includes(PASSWORD));
});

test("a callback that throws is reported as uncaught, and the call goes on", async (t) => {
  const server = await standIn(t);
  const program = `
    import { init } from "sliderule-wasm";
    process.on("uncaughtException", ({ message }) => console.log(message));
    const session = await init(${JSON.stringify(server.url)}, {
      organization: ${JSON.stringify(ORGANIZATION)},
      credentials: ${JSON.stringify(credentials)},
      desiredNodes: 2,
      onProgress: ({ phase }) => { throw new Error(phase); },
    });
    console.log(session.serverVersion);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: new URL(".", import.meta.url),
  });
  assert.deepEqual(stdout.trim().split("\n"), ["requesting", "ready", "4.20.0"]);
});
