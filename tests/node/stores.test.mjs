// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Token stores: what is kept where, and that no store, however it fails, does more harm than a sign-in. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createSession } from "../../js/index.js";

import { DegradingStore } from "../../js/store/degrading.js";
import { StoreProblem } from "../../js/store/problem.js";
import { TRAITS } from "../../js/store/traits.js";
import { webStorageStore } from "../../js/store/web-storage.js";
import { ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const credentials = { username: USER, password: PASSWORD };

/** A session over a store, and what it has warned of. */
async function sessionOver(t, store, more = {}) {
  const server = await standIn(t);
  const session = createSession({ url: server.url, organization: ORGANIZATION, store, ...more });
  return { server, session, codes: () => session.warnings.map(({ code }) => code) };
}

const later = (value) => new Promise((resolve) => setTimeout(() => resolve(value), 20));
const fail = () => {
  throw new Error(`quota exceeded while writing ${PASSWORD}`);
};

describe("a store of the caller's", () => {
  const map = () => new Map();
  const kinds = {
    "a Map": map,
    "one that answers by promises": () => {
      const records = map();
      return {
        get: (key) => later(records.get(key)),
        set: (key, value) => later(records.set(key, value)),
        delete: (key) => later(records.delete(key)),
      };
    },
    "one that has null for nothing": () => {
      const records = map();
      return {
        get: (key) => records.get(key) ?? null,
        set: (key, value) => void records.set(key, value),
        delete: (key) => void records.delete(key),
      };
    },
  };
  for (const [name, make] of Object.entries(kinds)) {
    test(`${name} serves the next session`, async (t) => {
      const store = make();
      const { server, session, codes } = await sessionOver(t, store);
      await session.authenticate(undefined, credentials);
      const next = createSession({ url: server.url, organization: ORGANIZATION, store });
      assert.equal((await next.authenticate()).source, "cache");
      await next.signOut();
      const last = createSession({ url: server.url, organization: ORGANIZATION, store });
      await assert.rejects(last.authenticate(), { code: "credentials_missing" });
      assert.deepEqual(codes(), []);
    });
  }

  test("it is asked as an object, and never for a password", async (t) => {
    class Keychain {
      #records = new Map();
      get(key) {
        return this.#records.get(key);
      }
      set(key, value) {
        this.#records.set(key, value);
      }
      delete(key) {
        this.#records.delete(key);
      }
      get all() {
        return JSON.stringify([...this.#records]);
      }
    }
    const keychain = new Keychain();
    const { session, codes } = await sessionOver(t, keychain);
    await session.authenticate(undefined, credentials);
    assert.ok(keychain.all.includes("refresh-1"));
    assert.ok(!keychain.all.includes(PASSWORD));
    assert.deepEqual(codes(), []);
  });

  test("is of no concern to sessions over other stores, which may be other people's", async (t) => {
    const { server, session } = await sessionOver(t, new Map());
    await session.authenticate(undefined, credentials);
    for (const store of [new Map(), "memory", undefined]) {
      const other = createSession({ url: server.url, organization: ORGANIZATION, store });
      await assert.rejects(other.authenticate(), { code: "credentials_missing" });
    }
  });

  test("is told of what happens over another one that names the same channel", async (t) => {
    const channel = `test ${process.pid}`;
    const named = () => Object.assign(new Map(), { channel });
    const { server, session } = await sessionOver(t, named());
    await session.authenticate(undefined, credentials);
    const other = createSession({ url: server.url, organization: ORGANIZATION, store: named() });
    assert.equal((await other.authenticate()).source, "cache");
    await session.signOut();
    while (other.authenticated) await new Promise((resolve) => setImmediate(resolve));
  });

  test("what is none is refused before anything is sent", async (t) => {
    const { server } = await sessionOver(t);
    for (const store of ["disk", 7, {}, { load() {}, save() {}, forget() {} }, { get() {}, set() {} }]) {
      assert.throws(() => createSession({ url: server.url, store }), {
        code: "invalid_argument",
        message: /"indexedDB"/,
      });
    }
    const odd = Object.assign(new Map(), { channel: 7 });
    assert.throws(() => createSession({ store: odd }), { code: "invalid_argument", message: /channel/ });
    assert.throws(() => createSession({ store: "file" }), {
      code: "invalid_argument",
      message: /sliderule-wasm\/node/,
    });
  });
});

describe("a store that fails", () => {
  const faults = {
    "throws whatever it is asked": { get: fail, set: fail, delete: fail },
    "rejects whatever it is asked": {
      get: async () => fail(),
      set: async () => fail(),
      delete: async () => fail(),
    },
    "cannot be read": { get: fail, set() {}, delete() {} },
    "cannot be written": { get: () => null, set: fail, delete() {} },
    "rejects with nothing": {
      get: () => Promise.reject(),
      set: () => Promise.reject(),
      delete: () => Promise.reject(),
    },
    "answers with something that is no text": { get: () => ({ text: 1 }), set() {}, delete: fail },
  };
  for (const [name, store] of Object.entries(faults)) {
    test(`because it ${name} gives way to memory, with one warning`, async (t) => {
      const warned = [];
      const { session, codes } = await sessionOver(t, store, { onWarning: (warning) => warned.push(warning) });
      await session.authenticate(undefined, credentials);
      assert.equal((await session.authenticate()).source, "cache");
      await session.source("time");
      await session.signOut();
      assert.equal(session.authenticated, false);
      await assert.rejects(session.authenticate(), { code: "credentials_missing" });
      await session.authenticate(undefined, credentials);
      assert.deepEqual(codes(), ["storage_degraded"]);
      assert.equal(warned.length, 1);
      assert.match(warned[0].message, /memory/);
    });
  }

  test("because it never answers holds a sign-in up for seconds, and only once", async (t) => {
    const never = () => new Promise(() => {});
    const { session, codes } = await sessionOver(t, { get: never, set: never, delete: never });
    const began = Date.now();
    await session.authenticate(undefined, credentials);
    await session.source("time");
    await session.authenticate();
    assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
    assert.deepEqual(codes(), ["storage_degraded"]);
    assert.match(session.warnings[0].message, /did not answer within 2 s/);
  });

  test("later is read no more, and what it had given stays", async () => {
    const records = new Map();
    let isBroken = false;
    const guarded = (act) => (isBroken ? fail() : act());
    const store = {
      get: (key) => guarded(() => records.get(key)),
      set: (key, value) => guarded(() => records.set(key, value)),
      delete: (key) => guarded(() => records.delete(key)),
    };
    const degrading = new DegradingStore(store, () => {});
    await degrading.save("a", "1");
    isBroken = true;
    await degrading.save("b", "2");
    isBroken = false;
    assert.equal(await degrading.load("a"), "1");
    assert.equal(await degrading.load("b"), "2");
    assert.deepEqual([...records.keys()], ["a"], "it is given nothing more");
  });

  test("loses what has changed since, lest the next page finds a token that was used", async () => {
    const records = new Map();
    let isFull = false;
    const told = [];
    const store = {
      get: (key) => records.get(key),
      set: (key, value) => (isFull ? fail() : records.set(key, value)),
      delete: (key) => records.delete(key),
    };
    const degrading = new DegradingStore(store, (what) => told.push(what));
    await degrading.save("a", "old");
    isFull = true;
    await degrading.save("a", "new");
    assert.equal(records.size, 0);
    assert.equal(await degrading.load("a"), "new");
    assert.equal(told.length, 1);
  });

  test("is still asked to forget", async () => {
    const records = new Map();
    const store = { get: fail, set: (key, value) => records.set(key, value), delete: (key) => records.delete(key) };
    const degrading = new DegradingStore(store, () => {});
    await degrading.save("a", "1");
    await degrading.load("a");
    await degrading.forget("a");
    assert.equal(records.size, 0);
    assert.equal(await degrading.load("a"), null);
  });

  test("is not quoted, since it may say what it was given to keep", async (t) => {
    const { session } = await sessionOver(t, { get: () => null, set: (_, value) => fail(value), delete() {} });
    await session.authenticate(undefined, credentials);
    assert.match(session.warnings[0].message, /^the token store failed; /);
  });
});

describe("a record", () => {
  const damaged = {
    "that is no JSON": '{"version":1,"text":"cut of',
    "of the first release, which had no numbers": '{"access":"a","refresh":"r","user":"ada"}',
    "of an earlier form": '{"version":0,"text":"{}"}',
    "without a text": '{"version":1}',
    "that is empty": "",
  };
  for (const [name, text] of Object.entries(damaged)) {
    test(`${name} is not there any more, and that is said`, async () => {
      const records = new Map([["a", text]]);
      const told = [];
      const degrading = new DegradingStore(records, (what) => told.push(what));
      assert.equal(await degrading.load("a"), null);
      assert.equal(records.size, 0);
      assert.match(told[0], /was removed; sign in again/);
      await degrading.save("a", "new");
      assert.equal(records.size, 1, "the store goes on");
      assert.equal(told.length, 1);
    });
  }

  test("that is written over costs no word", async () => {
    const told = [];
    const degrading = new DegradingStore(new Map([["a", "damaged"]]), (what) => told.push(what));
    await degrading.save("a", "new");
    assert.equal(await degrading.load("a"), "new");
    assert.deepEqual(told, []);
  });

  test("of a later release is left to it", async () => {
    const theirs = '{"version":2,"texts":["new"]}';
    const records = new Map([["a", theirs]]);
    const told = [];
    const degrading = new DegradingStore(records, (what) => told.push(what));
    assert.equal(await degrading.load("a"), null);
    assert.equal(records.get("a"), theirs);
    assert.match(told[0], /later release/);
  });

  test("that was damaged asks a session for a sign-in, with one warning", async (t) => {
    const records = new Map();
    const { server, session } = await sessionOver(t, records);
    await session.authenticate(undefined, credentials);
    session.dispose();
    for (const key of records.keys()) records.set(key, "damaged");
    const next = createSession({ url: server.url, organization: ORGANIZATION, store: records });
    await assert.rejects(next.authenticate(), { code: "credentials_missing" });
    await next.authenticate(undefined, credentials);
    const last = createSession({ url: server.url, organization: ORGANIZATION, store: records });
    assert.equal((await last.authenticate()).source, "cache");
    assert.deepEqual(
      next.warnings.map(({ code }) => code),
      ["storage_degraded"],
    );
  });
});

describe("the browser's storage of texts", () => {
  const faults = {
    "that is not there": [undefined, "there is no localStorage here"],
    "that keeps nothing": [
      { getItem: () => null, setItem() {}, removeItem() {} },
      "localStorage does not keep what is written to it",
    ],
    "that is full": [{ ...usual(), setItem: refuse("QuotaExceededError") }, "localStorage is full"],
    "that may not be written": [
      { ...usual(), setItem: refuse("SecurityError") },
      "the browser forbids this page its localStorage",
    ],
    "that fails in a way nobody knows": [
      { ...usual(), setItem: refuse("UnknownError") },
      "localStorage failed (UnknownError)",
    ],
  };
  for (const [name, [storage, said]] of Object.entries(faults)) {
    test(`${name} is found out by a real write`, async (t) => {
      define(t, "localStorage", { value: storage });
      const told = [];
      const degrading = new DegradingStore(webStorageStore("localStorage"), (what) => told.push(what));
      assert.equal(await degrading.load("a"), null);
      await degrading.save("a", "1");
      assert.equal(await degrading.load("a"), "1");
      assert.equal(told.length, 1);
      assert.ok(told[0].startsWith(`${said}; tokens are kept in memory`), told[0]);
    });
  }

  test("that may not even be looked for is one of them", async (t) => {
    define(t, "localStorage", { get: refuse("SecurityError") });
    const { session } = await sessionOver(t, "local");
    await session.authenticate(undefined, credentials);
    assert.match(session.warnings[0].message, /^the browser forbids this page its localStorage; /);
  });

  test("is left as it was found, but for the records", async (t) => {
    const storage = usual();
    define(t, "localStorage", { value: storage });
    const { session, codes } = await sessionOver(t, "local");
    await session.authenticate(undefined, credentials);
    assert.equal(storage.records.size, 2);
    await session.signOut();
    assert.equal(storage.records.size, 0);
    assert.deepEqual(codes(), []);
  });
});

test("IndexedDB that is not there, as in Node, gives way to memory", async (t) => {
  const { session } = await sessionOver(t, "indexedDB");
  await session.authenticate(undefined, credentials);
  assert.match(session.warnings[0].message, /^there is no IndexedDB here; /);
});

test("a store of ours is let go of when the session ends, and after a late use of it", async () => {
  let closings = 0;
  const store = Object.assign(new Map(), { [TRAITS]: { place: "a store", close: () => (closings += 1) } });
  const degrading = new DegradingStore(store, () => {});
  await degrading.save("a", "1");
  assert.equal(closings, 0);
  degrading.close();
  assert.equal(closings, 1);
  assert.equal(await degrading.load("a"), "1");
  assert.equal(closings, 2);
});

test("a store's own words are repeated where they are ours", async () => {
  const told = [];
  const refuse = () => Promise.reject(new StoreProblem("the disk is on fire"));
  const store = Object.assign(new Map(), { get: refuse, [TRAITS]: { place: "a store" } });
  await new DegradingStore(store, (what) => told.push(what)).load("a");
  assert.match(told[0], /^the disk is on fire; /);
});

function usual() {
  const records = new Map();
  return {
    records,
    getItem: (key) => records.get(key) ?? null,
    setItem: (key, value) => records.set(key, value),
    removeItem: (key) => records.delete(key),
  };
}

function refuse(name) {
  return () => {
    throw new DOMException("no", name);
  };
}

function define(t, name, property) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { ...property, configurable: true });
  t.after(() => {
    if (before === undefined) delete globalThis[name];
    else Object.defineProperty(globalThis, name, before);
  });
}
