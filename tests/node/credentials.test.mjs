// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** A callback that is asked for credentials when a call cannot go on without them. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createSession, init, source } from "../../js/index.js";

import { answer, ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const credentials = { username: USER, password: PASSWORD };

/** A session whose callback answers one thing after another, and what it was asked. */
async function sessionAsking(t, answers, more = {}) {
  const server = await standIn(t);
  const asked = [];
  const callback = async (request) => {
    asked.push(request);
    const next = answers.shift();
    return typeof next === "function" ? next(request) : next;
  };
  const options = { url: server.url, organization: ORGANIZATION, ...more };
  const session = createSession({ ...options, credentials: callback });
  return { server, session, asked, callback, options, reasons: () => asked.map(({ reason }) => reason) };
}

/** Ends the sign-in for good, as a server does that has revoked it. */
function revoke(server) {
  server.routes["POST /api/org_token/refresh/"] = [401, { detail: "Token is blacklisted", code: "token_not_valid" }];
  server.routes["source time"] = ({ headers, text }) =>
    headers.authorization?.endsWith(`access-${server.state.issued}`) && server.state.issued > 1
      ? [200, { asked: JSON.parse(text) }]
      : [401, { detail: "Token is blacklisted", code: "token_not_valid" }];
}

describe("authenticate", () => {
  test("asks where nothing was given, kept or found, and not where something was", async (t) => {
    const { server, session, asked } = await sessionAsking(t, [credentials]);
    const { user, source } = await session.authenticate();
    assert.deepEqual([user, source], [USER, "password"]);
    assert.equal((await session.authenticate()).source, "cache");
    assert.equal(asked.length, 1);
    const { organization, url, reason, signal } = asked[0];
    assert.deepEqual({ organization, url, reason }, { organization: ORGANIZATION, url: server.url, reason: "missing" });
    assert.ok(signal instanceof AbortSignal && !signal.aborted);
    assert.equal(server.asked("/api/org_token/").length, 1);
  });

  test("takes an environment that may not be read, as in Deno, for an empty one", async (t) => {
    const { session, reasons } = await sessionAsking(t, [credentials]);
    const { env } = process;
    t.after(() => {
      process.env = env;
    });
    process.env = new Proxy(env, {
      get(_, name) {
        throw new Error(`Requires env access to "${String(name)}"`);
      },
    });
    await session.authenticate();
    process.env = env;
    assert.deepEqual(reasons(), ["missing"]);
  });

  test("does not ask where the environment has credentials, nor for wrong ones that were given", async (t) => {
    const { session, asked } = await sessionAsking(t, [credentials]);
    await assert.rejects(session.authenticate(undefined, { username: USER, password: "a wrong one" }), {
      code: "wrong_credentials",
    });
    Object.assign(process.env, { PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    t.after(() => {
      delete process.env.PS_USERNAME;
      delete process.env.PS_PASSWORD;
    });
    await session.authenticate();
    assert.equal(asked.length, 0);
  });

  test("asks nobody for an organization that is everybody's, or for a single node", async (t) => {
    const { session, asked } = await sessionAsking(t, []);
    for (const organization of ["sliderule", null]) {
      const open = createSession({ url: (await standIn(t)).url, organization, credentials: assert.fail });
      assert.equal((await open.authenticate()).source, "none");
    }
    await assert.rejects(session.authenticate(), { code: "credentials_missing" });
    assert.equal(asked.length, 1);
  });
});

describe("what is answered", () => {
  for (const none of [null, undefined, {}, { username: undefined }]) {
    test(`${JSON.stringify(none)} is none, and the call rejects as it would without a callback`, async (t) => {
      const { server, session, asked } = await sessionAsking(t, [none]);
      await assert.rejects(session.authenticate(), (error) => {
        assert.equal(error.code, "credentials_missing");
        assert.equal(error.cause, undefined);
        return true;
      });
      assert.equal(asked.length, 1);
      assert.deepEqual(server.requests, []);
    });
  }

  test("an error is the cause of the call's own", async (t) => {
    const fault = new Error("the form was closed");
    for (const failing of [() => Promise.reject(fault), () => assert.fail(fault)]) {
      const { session } = await sessionAsking(t, [failing]);
      await assert.rejects(session.authenticate(), (error) => {
        assert.equal(error.code, "credentials_missing");
        assert.equal(error.cause, fault);
        return true;
      });
    }
  });

  test("what makes no sense is refused by its name", async (t) => {
    for (const [wrong, said] of [
      ["text", /must be an object, or null/],
      [{ user: USER }, /there is no option `user`/],
      [{ username: 7 }, /`username` must be text/],
    ]) {
      const { session } = await sessionAsking(t, [wrong]);
      await assert.rejects(session.authenticate(), { code: "invalid_argument", message: said });
    }
  });

  test("wrong credentials reject, are not tried again, and the next call says that they were wrong", async (t) => {
    const wrong = { username: USER, password: "a wrong one" };
    const { server, session, reasons } = await sessionAsking(t, [wrong, wrong, credentials, null]);
    await assert.rejects(session.authenticate(), { code: "wrong_credentials" });
    await assert.rejects(session.authenticate(), { code: "wrong_credentials" });
    await session.authenticate();
    await session.signOut();
    await assert.rejects(session.authenticate(), { code: "credentials_missing" });
    assert.deepEqual(reasons(), ["missing", "wrong", "wrong", "missing"]);
    assert.equal(server.asked("/api/org_token/").length, 3);
  });
});

describe("calls", () => {
  test("that need a sign-in at once ask once, and all go on", async (t) => {
    let give;
    const { server, session, asked } = await sessionAsking(t, [() => new Promise((resolve) => (give = resolve))]);
    const calls = [session.status(), session.costs(), session.updateAvailableServers({ desiredNodes: 2 })];
    while (give === undefined) await new Promise((resolve) => setImmediate(resolve));
    calls.push(session.authenticate());
    give(credentials);
    const [status] = await Promise.all(calls);
    assert.equal(status.organization, ORGANIZATION);
    assert.equal(asked.length, 1);
    assert.equal(server.asked("/api/org_token/").length, 1);
  });

  test("that need one at once and get none reject, each for itself", async (t) => {
    const { session, asked } = await sessionAsking(t, [null]);
    const calls = await Promise.allSettled([session.status(), session.costs(), session.scaleout({ desiredNodes: 2 })]);
    assert.deepEqual(
      calls.map(({ reason }) => reason.code),
      ["credentials_missing", "credentials_missing", "credentials_missing"],
    );
    assert.equal(new Set(calls.map(({ reason }) => reason)).size, 3, "an error for each");
    for (const { reason } of calls) assert.match(reason.message, /nobody is signed in to `acme`; call authenticate/);
    assert.equal(asked.length, 1);
  });

  test("whose sign-in has ended for good ask, sign in and go on", async (t) => {
    const { server, session, reasons } = await sessionAsking(t, [credentials]);
    await session.authenticate(undefined, credentials);
    revoke(server);
    assert.deepEqual(await session.source("time", { a: 1 }), { asked: { a: 1 } });
    assert.deepEqual(reasons(), ["ended"]);
    assert.equal(server.asked("/api/org_token/").filter(({ path }) => path === "/api/org_token/").length, 2);
  });

  test("that are refused once more after that are not begun a third time", async (t) => {
    const { server, session, asked } = await sessionAsking(t, [credentials, credentials]);
    await session.authenticate(undefined, credentials);
    revoke(server);
    server.routes["source time"] = [401, { detail: "Token is blacklisted", code: "token_not_valid" }];
    await assert.rejects(session.source("time"), { code: "reauthentication_required" });
    assert.equal(asked.length, 1);
  });

  test("of a stream ask as well", async (t) => {
    const { server, session, asked } = await sessionAsking(t, [credentials]);
    const atl06p = server.routes["source atl06p"];
    server.routes["source atl06p"] = (note, response) =>
      note.headers.authorization === undefined
        ? answer(response, 403, "Missing Authorization HTTP header")
        : atl06p(note, response);
    const { tables } = await session.stream("atl06p", {}).collect();
    assert.ok(tables.atl06rec.length > 0);
    assert.equal(asked.length, 1);
  });
});

describe("a call that is aborted", () => {
  const waiting = () => new Promise(() => {});

  test("waits no longer, and the form is told where nobody else waits", async (t) => {
    const { session, asked } = await sessionAsking(t, [waiting, credentials]);
    const [one, two] = [new AbortController(), new AbortController()];
    const calls = [session.status({ signal: one.signal }), session.costs({ signal: two.signal })];
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    one.abort("first");
    await assert.rejects(calls[0], (reason) => reason === "first");
    assert.equal(asked[0].signal.aborted, false);
    two.abort("second");
    await assert.rejects(calls[1], (reason) => reason === "second");
    assert.equal(asked[0].signal.aborted, true);
    await session.authenticate();
    assert.equal(asked.length, 2, "the next need is a need of its own");
  });

  test("sends nothing of what is answered later", async (t) => {
    let give;
    const { server, session, asked } = await sessionAsking(t, [() => new Promise((resolve) => (give = resolve))]);
    const abort = new AbortController();
    const call = session.authenticate(undefined, { signal: abort.signal });
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await assert.rejects(call, { name: "AbortError" });
    give(credentials);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(server.requests, []);
  });

  test("with its session rejects as every other call does", async (t) => {
    const { session, asked } = await sessionAsking(t, [waiting]);
    const call = session.authenticate();
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    session.dispose();
    await assert.rejects(call, { code: "invalid_argument", message: /disposed/ });
    assert.equal(asked[0].signal.aborted, true);
  });
});

describe("init", () => {
  test("asks before it warns, and later calls ask too", async (t) => {
    const { server, callback, options, asked } = await sessionAsking(t, [credentials, credentials]);
    const { url, ...rest } = options;
    const session = await init(url, { ...rest, credentials: callback });
    assert.deepEqual([session.authenticated, session.serverVersion], [true, "4.20.0"]);
    assert.deepEqual(session.warnings, []);
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ["/api/org_token/", "/clusters/acme/source/version"],
    );
    revoke(server);
    await source("time");
    assert.deepEqual(
      asked.map(({ reason }) => reason),
      ["missing", "ended"],
    );
  });

  test("warns or rejects as without a callback where there are none, and asks once", async (t) => {
    const { callback, options, asked } = await sessionAsking(t, [null, null]);
    const { url, ...rest } = options;
    const session = await init(url, { ...rest, credentials: callback });
    assert.deepEqual(
      session.warnings.map(({ code }) => code),
      ["credentials_missing"],
    );
    assert.equal(asked.length, 1);
    await assert.rejects(init(url, { ...rest, credentials: callback, desiredNodes: 2 }), {
      code: "credentials_missing",
    });
    assert.equal(asked.length, 2);
  });

  test("rejects where the callback fails or its answer is wrong", async (t) => {
    const fault = new Error("no form");
    const wrong = { username: USER, password: "a wrong one" };
    const { callback, options } = await sessionAsking(t, [() => Promise.reject(fault), wrong]);
    const { url, ...rest } = options;
    await assert.rejects(init(url, { ...rest, credentials: callback }), { code: "credentials_missing", cause: fault });
    await assert.rejects(init(url, { ...rest, credentials: callback }), { code: "wrong_credentials" });
  });

  test("takes what a store keeps without asking", async (t) => {
    const store = new Map();
    const { session, callback, options, asked } = await sessionAsking(t, [], { store });
    await session.authenticate(undefined, credentials);
    const { url, ...rest } = options;
    assert.equal((await init(url, { ...rest, credentials: callback })).user, USER);
    assert.equal(asked.length, 0);
  });
});

test("createSession takes a callback and no credentials, which it would have to keep", () => {
  assert.throws(() => createSession({ credentials }), { code: "invalid_argument", message: /must be a function/ });
  assert.throws(() => createSession({ credentials: "me" }), { code: "invalid_argument" });
});
