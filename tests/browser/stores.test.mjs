// @ts-nocheck: most of it runs in pages, where only the browser knows the types.
/**
 * Token stores where they live: in tabs, duplicated tabs, frames without an origin and workers of a real browser.
 *
 * The provisioning system is the stand-in of the Node tests, at another origin, which counts requests and has everything
 * watched for secrets.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { secret } from "../node/secrets.mjs";
import { answer, ORGANIZATION, PASSWORD, standIn, USER } from "../node/stand-in.mjs";
import { FILES, isReady } from "./harness/bare-page.mjs";
import { openBrowser } from "./harness/chromium.mjs";
import { serveFolders } from "./harness/static-server.mjs";
import { watch } from "./harness/watched.mjs";

const credentials = { username: USER, password: PASSWORD };
const DATABASE = "sliderule-wasm";

/** A browser, a place for its pages, and a stand-in for what they talk to. */
async function setUp(t, look) {
  const server = await standIn(t);
  const pages = await serveFolders(t, FILES);
  const context = await openBrowser(t, look);
  watch(context);
  const open = async () => {
    const page = await context.newPage();
    await page.goto(`${pages}/bare.html`);
    await page.waitForFunction(isReady);
    await page.evaluate(warmUp);
    return page;
  };
  const options = { url: server.url, organization: ORGANIZATION };
  return { server, pages, context, open, options };
}

/** In a page: has the WebAssembly module loaded, so that calls of several tabs begin at the same time. */
function warmUp() {
  return globalThis.sliderule.createSession({ url: "http://127.0.0.1:9", organization: null }).authenticate();
}

/** In a page: signs in, calls a service, and tells what came of it. The session stays there as `session`. */
async function use({ options, credentials, isSilent = false }) {
  const session = globalThis.sliderule.createSession(options);
  globalThis.session = session;
  try {
    const { user, source } = await session.authenticate(undefined, credentials);
    if (!isSilent) await session.source("time");
    return { user, source, warnings: session.warnings.map(({ message }) => message) };
  } catch (error) {
    return { code: error.code, warnings: session.warnings.map(({ message }) => message) };
  }
}

/** In a page: does something in a new module worker. */
function inWorker({ act, argument }) {
  const worker = new Worker("/worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data.value ?? { failure: data.error });
    worker.onerror = () => reject(new Error("the worker cannot be loaded"));
    worker.postMessage({ act, argument });
  }).finally(() => worker.terminate());
}

const throughWorker = (page, argument) => page.evaluate(inWorker, { act: String(use), argument });

const signedIn = { user: USER, source: "password", warnings: [] };
const cached = { user: USER, source: "cache", warnings: [] };
const nobody = { code: "credentials_missing", warnings: [] };

describe("what stays, and for whom", () => {
  test("by default sessionStorage: for a reload and a duplicate of the tab, and no longer than the tabs", async (t) => {
    const { context, open, options, pages } = await setUp(t);
    const page = await open();
    assert.deepEqual(await page.evaluate(use, { options, credentials }), signedIn);
    const kept = await page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage } }));
    assert.equal(Object.keys(kept.session).length, 2);
    assert.match(JSON.stringify(kept.session), /refresh-1/);
    assert.ok(!JSON.stringify(kept).includes(PASSWORD));
    assert.deepEqual(kept.local, {});

    await page.reload();
    await page.waitForFunction(isReady);
    assert.deepEqual(await page.evaluate(use, { options }), cached);
    // A tab that a page opens begins with a copy of its sessionStorage, as a duplicated one does.
    const [duplicate] = await Promise.all([
      context.waitForEvent("page"),
      page.evaluate((url) => void window.open(url), `${pages}/bare.html`),
    ]);
    await duplicate.waitForFunction(isReady);
    assert.deepEqual(await duplicate.evaluate(use, { options }), cached);

    const other = await open();
    assert.deepEqual(
      await other.evaluate(use, { options }),
      cached,
      "tabs that are open at the same time tell each other",
    );
    for (const each of [page, duplicate, other]) await each.close();
    assert.deepEqual(await (await open()).evaluate(use, { options }), nobody);
  });

  for (const store of ["local", "indexedDB"]) {
    test(`with "${store}" for a reload, another tab, and a new page after all are closed`, async (t) => {
      const { open, options } = await setUp(t);
      const page = await open();
      const there = { options: { ...options, store } };
      assert.deepEqual(await page.evaluate(use, { ...there, credentials }), signedIn);
      await page.reload();
      await page.waitForFunction(isReady);
      assert.deepEqual(await page.evaluate(use, there), cached);
      const other = await open();
      assert.deepEqual(await other.evaluate(use, there), cached);
      await page.close();
      await other.close();
      const last = await open();
      assert.deepEqual(await last.evaluate(use, there), cached);
      await last.evaluate(() => session.signOut());
      assert.deepEqual(await (await open()).evaluate(use, there), nobody);
    });
  }

  test("in a module worker memory, or IndexedDB where it is asked for", async (t) => {
    const { open, options } = await setUp(t);
    const page = await open();
    assert.deepEqual(await throughWorker(page, { options, credentials }), signedIn);
    assert.deepEqual(await throughWorker(page, { options }), nobody);
    const encrypted = { options: { ...options, store: "indexedDB" } };
    assert.deepEqual(await throughWorker(page, { ...encrypted, credentials }), signedIn);
    assert.deepEqual(await throughWorker(page, encrypted), cached);
    assert.deepEqual(await page.evaluate(use, encrypted), cached);
    const { warnings } = await throughWorker(page, { options: { ...options, store: "session" }, credentials });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^there is no sessionStorage here; /);
  });
});

describe("IndexedDB", () => {
  /** In a page: all that the database holds, as text, and what the keys are like. */
  async function contents(name) {
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const all = (store) =>
      new Promise((resolve) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
      });
    const [keys, records] = [await all("keys"), await all("records")];
    database.close();
    const text = (bytes) => Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
    const exported = await crypto.subtle.exportKey("raw", keys[0]).catch((error) => error.name);
    return {
      keys: keys.map(({ extractable, algorithm, usages }) => ({ extractable, algorithm, usages })),
      exported,
      vectors: records.map(({ iv }) => text(iv)),
      text: records.map(({ iv, data }) => text(iv) + text(data)).join("\n"),
    };
  }

  test("holds no token in the clear, under a key that cannot be taken out", async (t) => {
    const { open, options } = await setUp(t);
    const page = await open();
    const there = { options: { ...options, store: "indexedDB" }, credentials };
    await page.evaluate(use, there);
    const first = await page.evaluate(contents, DATABASE);
    assert.deepEqual(first.keys, [
      { extractable: false, algorithm: { name: "AES-GCM", length: 256 }, usages: ["encrypt", "decrypt"] },
    ]);
    assert.equal(first.exported, "InvalidAccessError");
    assert.equal(first.vectors.length, 2);
    assert.ok(!/refresh-|access-|eyJ|e30|version/.test(first.text), "nothing of a record is to be read");
    await page.evaluate(use, there);
    const second = await page.evaluate(contents, DATABASE);
    const vectors = [...first.vectors, ...second.vectors];
    assert.equal(new Set(vectors).size, 4, "each write has a vector of its own");
    assert.ok(vectors.every((vector) => vector.length === 12));
  });

  test("opens a record under its own name only", async (t) => {
    const { open, options } = await setUp(t);
    const page = await open();
    const there = { options: { ...options, store: "indexedDB" } };
    await page.evaluate(use, { ...there, credentials });
    await page.evaluate(async (name) => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
      });
      const records = database.transaction("records", "readwrite").objectStore("records");
      const names = await new Promise((resolve) => {
        const request = records.getAllKeys();
        request.onsuccess = () => resolve(request.result);
      });
      const other = names.find((each) => each.endsWith("ada"));
      await new Promise((resolve) => {
        const request = records.get(other);
        request.onsuccess = () => {
          for (const each of names) records.put(request.result, each);
          records.transaction.oncomplete = resolve;
        };
      });
      database.close();
    }, DATABASE);
    await page.reload();
    await page.waitForFunction(isReady);
    const { code, warnings } = await page.evaluate(use, there);
    assert.equal(code, "credentials_missing");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /was damaged/);
  });

  test("gets one key, however many tabs and workers make one at once", async (t) => {
    const { open, options } = await setUp(t);
    const tabs = [await open(), await open()];
    const deployments = [options, ...(await Promise.all(Array.from({ length: 5 }, () => standIn(t))))];
    // Each writes a record that nobody else writes over.
    const them = deployments.map(({ url }) => ({ options: { ...options, url, store: "indexedDB" } }));
    const everywhere = them.map((there, n) => {
      const page = tabs[n % 2];
      return n < 2 ? page.evaluate(use, { ...there, credentials }) : throughWorker(page, { ...there, credentials });
    });
    for (const one of await Promise.all(everywhere)) assert.deepEqual(one, signedIn);
    assert.equal((await tabs[0].evaluate(contents, DATABASE)).keys.length, 1);
    for (const there of them) assert.deepEqual(await tabs[1].evaluate(use, there), cached);
    assert.deepEqual(await throughWorker(tabs[0], them[0]), cached);
  });

  test("stands in nobody's way: it can be deleted under a session, which goes on with a new one", async (t) => {
    const { open, options } = await setUp(t);
    const page = await open();
    const there = { options: { ...options, store: "indexedDB" }, credentials };
    await page.evaluate(use, there);
    const other = await open();
    const came = await other.evaluate(
      (name) =>
        new Promise((resolve) => {
          const request = indexedDB.deleteDatabase(name);
          request.onsuccess = () => resolve("deleted");
          request.onblocked = () => resolve("blocked");
        }),
      DATABASE,
    );
    assert.equal(came, "deleted");
    const after = await page.evaluate(async (given) => {
      await session.authenticate(undefined, given);
      return session.warnings.length;
    }, credentials);
    assert.equal(after, 0);
    assert.deepEqual(await other.evaluate(use, { options: there.options }), cached);
  });

  test("is closed with its session", async (t) => {
    const { open, options } = await setUp(t);
    const page = await open();
    await page.evaluate(() => {
      globalThis.open = 0;
      const { open } = IDBFactory.prototype;
      IDBFactory.prototype.open = function (...given) {
        globalThis.open += 1;
        return open.apply(this, given);
      };
      const { close } = IDBDatabase.prototype;
      IDBDatabase.prototype.close = function () {
        globalThis.open -= 1;
        return close.apply(this);
      };
    });
    await page.evaluate(use, { options: { ...options, store: "indexedDB" }, credentials });
    assert.equal(await page.evaluate(() => globalThis.open), 1);
    await page.evaluate(() => session.dispose());
    await page.waitForFunction(() => globalThis.open === 0);
  });

  test("of a later release is left alone", async (t) => {
    const { open, options } = await setUp(t);
    const page = await open();
    await page.evaluate(
      (name) =>
        new Promise((resolve) => {
          const request = indexedDB.open(name, 99);
          request.onsuccess = () => {
            request.result.close();
            resolve();
          };
        }),
      DATABASE,
    );
    const { source, warnings } = await page.evaluate(use, {
      options: { ...options, store: "indexedDB" },
      credentials,
    });
    assert.equal(source, "password");
    assert.deepEqual(warnings.length, 1);
    assert.match(warnings[0], /^IndexedDB failed \(VersionError\); tokens are kept in memory/);
  });
});

describe("storage that is denied", () => {
  test("in a frame without an origin every store gives way to memory, with one warning", async (t) => {
    const { pages, context, options } = await setUp(t);
    const page = await context.newPage();
    await page.goto(`${pages}/sandbox.html`);
    const frame = page.frames().find((each) => each.url().endsWith("/bare.html"));
    await frame.waitForFunction(isReady);
    for (const [store, place] of [
      [undefined, "sessionStorage"],
      ["session", "sessionStorage"],
      ["local", "localStorage"],
      ["indexedDB", "IndexedDB"],
    ]) {
      const { source, warnings } = await frame.evaluate(use, { options: { ...options, store }, credentials });
      assert.equal(source, "password");
      assert.equal(warnings.length, 1);
      assert.ok(warnings[0].startsWith(`the browser forbids this page its ${place}; `), warnings[0]);
    }
  });

  test("a page without https has no WebCrypto, and keeps nothing that it cannot encrypt", async (t) => {
    const { context, pages, options } = await setUp(t, { flags: ["--host-resolver-rules=MAP pages.test 127.0.0.1"] });
    const page = await context.newPage();
    await page.goto(`${pages.replace("127.0.0.1", "pages.test")}/bare.html`);
    await page.waitForFunction(isReady);
    assert.equal(await page.evaluate(() => globalThis.crypto.subtle), undefined);
    const { source, warnings } = await page.evaluate(use, {
      options: { ...options, store: "indexedDB" },
      credentials,
    });
    assert.equal(source, "password");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^there is no WebCrypto here, which takes a page loaded by https; /);
    assert.deepEqual(await page.evaluate(use, { options, credentials }), signedIn, "sessionStorage works there");
  });
});

describe("storage that is full", () => {
  /** In a page: fills a storage up to so many characters. */
  function fill({ place, left }) {
    const storage = globalThis[place];
    let [size, text] = [1 << 20, "x".repeat(1 << 20)];
    for (let n = 0; size >= 1; n += 1) {
      try {
        storage.setItem(`filler ${n}`, text);
      } catch {
        size >>= 1;
        text = "x".repeat(size);
      }
    }
    storage.setItem("filler 0", "x".repeat((1 << 20) - left));
  }

  for (const [store, place] of [
    ["session", "sessionStorage"],
    ["local", "localStorage"],
  ]) {
    for (const left of [0, 150]) {
      test(`${place} with room for ${left} characters gives way to memory, and loses nothing`, async (t) => {
        const { open, options } = await setUp(t);
        const page = await open();
        await page.evaluate(fill, { place, left });
        const { source, warnings } = await page.evaluate(use, { options: { ...options, store }, credentials });
        assert.equal(source, "password");
        assert.equal(warnings.length, 1);
        assert.ok(warnings[0].startsWith(`${place} is full; tokens are kept in memory`), warnings[0]);
        const again = await page.evaluate(async () => (await session.authenticate()).source);
        assert.equal(again, "cache");
        const left_ = await page.evaluate((name) => Object.keys(globalThis[name]), place);
        assert.deepEqual(
          left_.filter((key) => !key.startsWith("filler")),
          [],
        );
      });
    }
  }

  test("IndexedDB without room gives way to memory", async (t) => {
    const { context, open, options, pages } = await setUp(t);
    const page = await open();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: pages, quotaSize: 1 });
    const { source, warnings } = await page.evaluate(use, {
      options: { ...options, store: "indexedDB" },
      credentials,
    });
    assert.equal(source, "password");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^IndexedDB (is full|failed)/);
  });
});

describe("an expired token", () => {
  /** Lets the sign-in that comes next expire at once, and refreshes take long enough for everybody to want one. */
  function expiring(server) {
    server.state.lifetime = "0.05";
    const refresh = server.routes["POST /api/org_token/refresh/"];
    server.routes["POST /api/org_token/refresh/"] = (note, response) => {
      const [status, body] = refresh(note);
      setTimeout(() => answer(response, status, body), 300);
    };
    return {
      count: () => server.asked("/refresh/").length,
      /** Waits until the sign-in has expired, however quick the machine; those that come next live for an hour. */
      end: async () => {
        server.state.lifetime = "3600.0";
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
    };
  }

  for (const store of ["local", "indexedDB"]) {
    test(`is refreshed once by all tabs (and workers, which see IndexedDB only) over "${store}"`, async (t) => {
      const { server, open, options } = await setUp(t);
      const refreshes = expiring(server);
      const there = { options: { ...options, store } };
      const tabs = [await open(), await open()];
      await tabs[0].evaluate(use, { ...there, credentials, isSilent: true });
      await refreshes.end();
      const workers = store === "indexedDB" ? tabs.map((page) => throughWorker(page, there)) : [];
      const everywhere = await Promise.all([...tabs.map((page) => page.evaluate(use, there)), ...workers]);
      for (const one of everywhere) assert.deepEqual(one, cached);
      assert.equal(refreshes.count(), 1);
    });
  }

  test("of a duplicated tab is refreshed once, and signs neither of them out, now or after a reload", async (t) => {
    const { server, context, open, options, pages } = await setUp(t);
    const refreshes = expiring(server);
    const page = await open();
    await page.evaluate(use, { options, credentials, isSilent: true });
    const [duplicate] = await Promise.all([
      context.waitForEvent("page"),
      page.evaluate((url) => void window.open(url), `${pages}/bare.html`),
    ]);
    await duplicate.waitForFunction(isReady);
    await refreshes.end();
    const both = await Promise.all([page, duplicate].map((each) => each.evaluate(use, { options })));
    assert.deepEqual(both, [cached, cached]);
    assert.equal(refreshes.count(), 1);
    await page.close();
    await duplicate.reload();
    await duplicate.waitForFunction(isReady);
    assert.deepEqual(await duplicate.evaluate(use, { options }), cached, "what it was told has been kept");
    assert.equal(refreshes.count(), 1);
  });
});

test("without a network a call rejects and nobody is signed out; with one it goes on", async (t) => {
  const { context, open, options } = await setUp(t);
  const page = await open();
  await page.evaluate(use, { options, credentials });
  await context.setOffline(true);
  const offline = await page.evaluate(async () => {
    const code = await session.source("time").catch((error) => error.code);
    return { code, authenticated: session.authenticated };
  });
  assert.deepEqual(offline, { code: "unreachable", authenticated: true });
  await context.setOffline(false);
  const online = await page.evaluate(async () => (await session.source("time")).format);
  assert.equal(online, "GPS");
});

test("a page answers the callback with a form", async (t) => {
  const { server, open, options } = await setUp(t);
  const page = await open();
  await page.evaluate((given) => {
    const credentials = ({ organization, reason, signal }) =>
      new Promise((resolve) => {
        const form = document.createElement("form");
        form.innerHTML = `<p>${organization}: ${reason}</p><label>Password <input type="password"></label><button>Sign in</button>`;
        form.onsubmit = (event) => {
          event.preventDefault();
          form.remove();
          resolve({ username: "ada", password: form.querySelector("input").value });
        };
        signal.onabort = () => form.remove();
        document.body.append(form);
      });
    globalThis.session = globalThis.sliderule.createSession({ ...given, credentials });
    globalThis.calls = [1, 2, 3].map(() => globalThis.session.status().then(({ state }) => state));
  }, options);
  await page.getByText("acme: missing").waitFor();
  await page.getByLabel("Password").fill(secret(PASSWORD));
  await page.getByRole("button").click();
  assert.deepEqual(await page.evaluate(() => Promise.all(globalThis.calls)), ["running", "running", "running"]);
  assert.equal(await page.locator("form").count(), 0);
  assert.equal(server.asked("/api/org_token/").length, 1);
});
