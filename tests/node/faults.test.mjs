// @ts-nocheck: it reaches into the client's own classes, and breaks what they rely on.
/**
 * The module's own faults: a panic, a trap, an exception thrown through it. All of them are real: the module as it is shipped
 * is entered in ways that it forbids. What was under way must end, and the next call must work.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";

import { createSession, ready } from "./own-module.mjs";
import { ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";
import { exception } from "./wire.mjs";

const credentials = { username: USER, password: PASSWORD };

/** A decoder says what definitions it needs while it looks through them; to have it change them then is a panic. */
async function panic() {
  const decoder = (await ready()).decoder("", { need: () => decoder.flush() });
  decoder.push(exception(-1, 2, "a message"));
  decoder.needs();
}

/** More memory than there is. */
async function trap() {
  (await ready()).decoder("", {}).push({ length: 2 ** 32 - 1 });
}

/** Something of ours that throws in the middle of the module's work, which nothing of ours should. */
async function thrown() {
  const need = () => {
    throw new Error("thrown through the module");
  };
  const decoder = (await ready()).decoder("", { need });
  decoder.push(exception(-1, 2, "a message"));
  decoder.needs();
}

const FAULTS = { panic, trap, "exception thrown through the module": thrown };

async function signedIn(t, options) {
  const server = await standIn(t, options);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, credentials);
  return { server, session };
}

/** Has the module fail in that way, and gives what it was seen to fail with. */
async function fail(fault) {
  const instance = await ready();
  await assert.rejects(fault(), { code: "internal_error" });
  assert.equal(instance.fault.code, "internal_error");
  assert.match(instance.fault.message, /report it/);
  return instance.fault;
}

const settled = (promise) =>
  promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );

for (const [name, fault] of Object.entries(FAULTS)) {
  describe(`after a${name.startsWith("e") ? "n" : ""} ${name}`, () => {
    test("all that was pending rejects with internal_error, of every session, and streams do", async (t) => {
      const { server, session } = await signedIn(t);
      const { server: elsewhere, session: other } = await signedIn(t);
      server.routes["source time"] = () => {};
      elsewhere.routes["source time"] = () => {};
      server.routes["source atl06p"] = (_, response) => {
        response.writeHead(200, { "content-type": "application/octet-stream" });
        response.flushHeaders();
      };
      await session.checkVersion();
      await other.checkVersion();
      const stream = session.stream("atl06p")[Symbol.asyncIterator]();
      const pending = [session.source("time"), other.source("time"), stream.next()].map(settled);
      await until(() => server.asked("atl06p").length > 0 && elsewhere.asked("time").length > 0);
      await pause(20);
      const { message } = await fail(fault);
      for (const { error } of await Promise.all(pending)) {
        assert.equal(error.code, "internal_error");
        assert.equal(error.message, message);
      }
    });

    test("the next call works on a fresh instance, and the session is who it was", async (t) => {
      const { server, session } = await signedIn(t);
      await session.source("time");
      const before = await ready();
      await fail(fault);
      assert.deepEqual((await session.source("time")).asked, {});
      assert.notEqual(await ready(), before);
      const { tables } = await session.stream("atl06p").collect();
      assert.equal(tables.atl06rec.length, 114);
      assert.equal((await session.status()).organization, ORGANIZATION);
      assert.equal(session.user, USER);
      assert.equal(server.asked("org_token").length, 1, "nobody had to sign in again");
    });
  });
}

test("a panic says where in the module it was, and nothing of the data", async () => {
  const { message, cause } = await fail(panic);
  assert.match(cause.stack, /wasm-function\[\d+\]/);
  assert.doesNotMatch(`${message} ${cause.stack}`, /a message/);
});

test("requests for nodes are still the session's to extend and release, and are not when they were released", async (t) => {
  const { server, session } = await signedIn(t);
  await session.scaleout({ desiredNodes: 2 });
  await fail(panic);
  assert.equal((await session.extend({ timeToLive: 30 })).requestId, "r-1");
  await fail(trap);
  await session.release();
  assert.equal(server.requests.filter(({ method }) => method === "DELETE").length, 1);
  await fail(panic);
  await assert.rejects(session.extend(), { code: "invalid_argument" });
});

describe("nodes that are kept alive", () => {
  /** Keeps nodes alive, and gives what has an extension fail by the module's own fault while it is under way. */
  async function keeping(t) {
    const { server, session } = await signedIn(t);
    await session.scaleout({ desiredNodes: 2 });
    const place = "PATCH /api/v1/organizations/acme/requests/r-1";
    const extend = server.routes[place];
    server.routes[place] = () => {};
    const alive = session.keepAlive({ timeToLive: 20 });
    const failNext = async (count, next = extend) => {
      await until(() => server.asked("requests/r-1").length === count);
      server.routes[place] = next;
      await fail(panic);
    };
    return { server, session, alive, failNext };
  }

  test("are kept on after a fault, by the next instance", async (t) => {
    const { server, session, alive, failNext } = await keeping(t);
    await failNext(1);
    await until(() => alive.expiresAt !== null);
    assert.equal(alive.stopped, false);
    assert.equal(server.asked("requests/r-1").length, 2);
    assert.deepEqual(session.warnings, []);
    alive.stop();
  });

  test("are kept no more after two faults, one upon the other", async (t) => {
    const { server, session, alive, failNext } = await keeping(t);
    await failNext(1, () => {});
    await failNext(2);
    await until(() => alive.stopped);
    assert.equal(session.warnings.at(-1).code, "internal_error");
    assert.equal(server.asked("requests/r-1").length, 2);
  });
});

test("a session keeps the organization and user it has, also where another user signed in to the same store later", async (t) => {
  const server = await standIn(t);
  const store = new Map();
  const session = createSession({ url: server.url, organization: ORGANIZATION, store });
  await session.authenticate(undefined, credentials);
  const key = [...store.keys()].find((name) => !store.get(name).includes("refresh-"));
  store.set(key, store.get(key).replace(`user:${USER}`, "user:bob"));
  await fail(panic);
  await session.source("time");
  assert.equal(session.user, USER);
});

test("a fault during a refresh gives the lock back, and the next call renews", async (t) => {
  const { server, session } = await signedIn(t);
  server.state.lifetime = "1.0";
  await session.authenticate(undefined, credentials);
  await pause(1100);
  const renew = server.routes["POST /api/org_token/refresh/"];
  server.routes["POST /api/org_token/refresh/"] = () => {};
  const pending = settled(session.source("time"));
  await until(() => server.asked("refresh").length > 0);
  await fail(panic);
  assert.equal((await pending).error.code, "internal_error");
  server.state.lifetime = "3600.0";
  server.routes["POST /api/org_token/refresh/"] = renew;
  const began = performance.now();
  await session.source("time");
  assert.ok(performance.now() - began < 4000, "no lock was waited for");
});

test("a program ends after a fault, whatever was being waited for", async (t) => {
  const server = await standIn(t, { nodes: 0 });
  const program = `
    import { createSession, ready } from ${JSON.stringify(new URL("own-module.mjs", import.meta.url).href)};
    const session = createSession({ url: "${server.url}", organization: "${ORGANIZATION}" });
    await session.authenticate(undefined, ${JSON.stringify(credentials)});
    const wait = session.scaleout({ desiredNodes: 2, timeToLive: 600 }).catch((error) => console.log(error.code));
    await new Promise((resolve) => setTimeout(resolve, 300));
    try { (await ready()).decoder("", {}).push({ length: 2 ** 32 - 1 }); } catch {}
    await wait;`;
  const options = { cwd: new URL(".", import.meta.url), timeout: 20_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], options);
  assert.equal(stdout, "internal_error\n");
});

test("an instance that ended does nothing any more", async (t) => {
  const { server, session } = await signedIn(t);
  const instance = await ready();
  const decoder = instance.decoder("", {});
  await fail(trap);
  assert.throws(() => decoder.flush(), { code: "internal_error" });
  assert.throws(() => instance.decoder("", {}), { code: "internal_error" });
  decoder.free();
  let heard = 0;
  instance.watch(() => {
    heard += 1;
  });
  assert.equal(heard, 1, "who comes late hears of it too");
  session.dispose();
  await assert.rejects(session.source("time"), { code: "invalid_argument" });
  assert.equal(server.asked("time").length, 0);
});

const pause = (milliseconds = 1) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(holds) {
  for (const end = performance.now() + 10_000; !holds(); ) {
    assert.ok(performance.now() < end, "it did not happen in time");
    await pause();
  }
}
