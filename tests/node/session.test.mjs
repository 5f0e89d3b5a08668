// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** What a session does first: addresses, sign-in, the version rule, and what it says when one of them fails. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { authenticate, createSession, init, SlideRuleError, source, update_available_servers } from "../../js/index.js";

import { GITHUB_TOKEN, ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const credentials = { username: USER, password: PASSWORD };
const refused = (code) => (error) => error instanceof SlideRuleError && error.code === code;

describe("init", () => {
  test("signs in, asks for nodes, waits, and checks the version, in this order", async (t) => {
    const server = await standIn(t);
    const session = await init(server.url, {
      organization: ORGANIZATION,
      desired_nodes: 2,
      time_to_live: 15,
      credentials: { ps_username: USER, ps_password: PASSWORD },
    });
    assert.deepEqual(
      server.requests.map(({ method, path }) => `${method} ${path}`),
      [
        "POST /api/org_token/",
        "POST /api/v1/organizations/acme/requests",
        "GET /api/v1/organizations/acme/events",
        "GET /api/v1/organizations/acme/status",
        "POST /clusters/acme/source/version",
      ],
    );
    const order = server.asked("/requests")[0];
    assert.deepEqual(JSON.parse(order.text), { nodes: 2, time_to_live_seconds: 900 });
    assert.match(order.headers["idempotency-key"], /^[0-9a-f]{32}$/);
    assert.equal(session.authenticated, true);
    assert.equal(session.user, USER);
    assert.equal(session.organization, ORGANIZATION);
    assert.equal(session.serverVersion, "4.20.0");
    assert.deepEqual(session.warnings, []);
  });

  test("without credentials it resolves with a warning, and the version check comes before the first use", async (t) => {
    const server = await standIn(t);
    const warned = [];
    const session = await init(server.url, {
      organization: ORGANIZATION,
      onWarning: (warning) => warned.push(warning),
    });
    assert.equal(session.authenticated, false);
    assert.equal(warned[0].code, "credentials_missing");
    assert.deepEqual(server.requests, []);
    await authenticate(ORGANIZATION, credentials);
    await source("time");
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ["/api/org_token/", "/clusters/acme/source/version", "/clusters/acme/source/time"],
    );
  });

  test("without credentials but with nodes to start it rejects", async (t) => {
    const server = await standIn(t);
    await assert.rejects(
      init(server.url, { organization: ORGANIZATION, desiredNodes: 1 }),
      refused("credentials_missing"),
    );
  });

  test("a failed init leaves a session that the next call can use", async (t) => {
    const server = await standIn(t);
    const wrong = { username: USER, password: "wrong" };
    await assert.rejects(
      init(server.url, { organization: ORGANIZATION, credentials: wrong }),
      refused("wrong_credentials"),
    );
    const { user, organization, expiresAt, source } = await authenticate(ORGANIZATION, credentials);
    assert.deepEqual({ user, organization, source }, { user: USER, organization: ORGANIZATION, source: "password" });
    assert.ok(expiresAt.getTime() > Date.now());
    assert.equal((await update_available_servers({ desired_nodes: 2 })).requestedNodes, 2);
  });

  test("after an init that could not even begin, no password goes to the deployment before it", async (t) => {
    const server = await standIn(t);
    const failures = [
      ["127.0.0.1:8080", {}, /give the URL `http:\/\/127.0.0.1:8080`/],
      ["http://x.test", {}, /plain http/],
      ["", {}, /names no host/],
      ["https://x.test", { organisation: ORGANIZATION }, /organisation/],
    ];
    for (const [url, options, message] of failures) {
      await init(server.url, { organization: ORGANIZATION, credentials });
      const before = server.requests.length;
      await assert.rejects(init(url, options), message);
      await assert.rejects(authenticate(ORGANIZATION, credentials), message);
      await assert.rejects(source("time"), message);
      assert.equal(server.requests.length, before);
    }
  });

  test("an incompatible server is named with the sentence of the documentation", async (t) => {
    const server = await standIn(t, { version: "v3.7.0" });
    const options = { organization: ORGANIZATION, credentials, protocolVersion: "4.0.2" };
    await assert.rejects(init(server.url, options), {
      code: "version_incompatible",
      message: "Client (version (4, 0, 2)) is incompatible with the server (version (3, 7, 0))",
    });
  });

  test("a newer server of the same major release is a warning", async (t) => {
    const server = await standIn(t, { version: "v4.21.0" });
    const session = await init(server.url, { organization: ORGANIZATION, credentials });
    assert.deepEqual(session.warnings, [
      {
        code: "version_incompatible",
        message: "Client (version (4, 20, 0)) is out of date with the server (version (4, 21, 0))",
      },
    ]);
  });
});

describe("authenticate", () => {
  const failures = [
    ["wrong_credentials", 401, { detail: "No active account found with the given credentials" }],
    ["unknown_organization", 403, { detail: "acme is NOT a valid organization name" }],
    ["not_a_member", 403, { detail: "ada is NOT a member of acme" }],
    ["membership_inactive", 403, { detail: "ada is NOT an active Member of acme" }],
    ["throttled", 429, { detail: "slow down" }],
    ["bad_response", 500, "<html>Server Error</html>"],
    ["bad_response", 200, "<html>a captive portal</html>"],
    ["bad_response", 200, { access: "a" }],
    [
      "insufficient_funds",
      402,
      { status: "FAILED", code: "insufficient_funds", error_msg: "$0 left", detail: "$0 left" },
    ],
  ];
  for (const [code, status, body] of failures) {
    test(`tells ${code} from ${status} ${JSON.stringify(body).slice(0, 50)}`, async (t) => {
      const server = await standIn(t, { routes: { "POST /api/org_token/": [status, body] } });
      const session = createSession({ url: server.url, organization: ORGANIZATION });
      await assert.rejects(session.authenticate(undefined, credentials), (error) => {
        assert.equal(error.code, code);
        assert.equal(error.status, status);
        assert.equal(error.endpoint, `${server.url}/api/org_token/`);
        return true;
      });
      assert.equal(session.authenticated, false);
    });
  }

  test("nothing that answers is unreachable, after three tries", async (t) => {
    let tries = 0;
    const cut = ({ path }, response) => {
      tries += 1;
      assert.equal(path, "/api/org_token/");
      response.destroy();
    };
    const server = await standIn(t, { routes: { "POST /api/org_token/": cut } });
    const session = createSession({ url: server.url, organization: ORGANIZATION });
    await assert.rejects(session.authenticate(undefined, credentials), { code: "unreachable", retryable: true });
    assert.equal(tries, 3);
  });

  test("a GitHub token wins over a password", async (t) => {
    const server = await standIn(t);
    const session = createSession({ url: server.url, organization: ORGANIZATION });
    const { source } = await session.authenticate(ORGANIZATION, { ...credentials, github_token: GITHUB_TOKEN });
    assert.equal(source, "github");
    assert.deepEqual(JSON.parse(server.requests[0].text), { org_name: ORGANIZATION, access_token: GITHUB_TOKEN });
  });

  test("credentials come from the environment where none are given", async (t) => {
    const server = await standIn(t);
    Object.assign(process.env, { PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    t.after(() => {
      delete process.env.PS_USERNAME;
      delete process.env.PS_PASSWORD;
    });
    const { user } = await createSession({ url: server.url, organization: ORGANIZATION }).authenticate();
    assert.equal(user, USER);
  });

  test("a server that echoes the password does not get it into the error", async (t) => {
    const echo = ({ text }) => [401, { detail: `bad: ${text}` }];
    const server = await standIn(t, { routes: { "POST /api/org_token/": echo } });
    const session = createSession({ url: server.url, organization: ORGANIZATION });
    await assert.rejects(session.authenticate(undefined, credentials), (error) => {
      assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(PASSWORD));
      return true;
    });
    server.routes["POST /api/org_token/"] = ({ text }) => [401, { detail: `bad: ${JSON.parse(text).password}!` }];
    for (const password of ['hun"ter2', "pässwörd"]) {
      await assert.rejects(session.authenticate(undefined, { username: USER, password }), /bad: …!/);
    }
  });

  test("what a token store keeps serves the next session, and sign-out removes it", async (t) => {
    const server = await standIn(t);
    const records = new Map();
    const store = {
      get: async (key) => records.get(key) ?? null,
      set: async (key, value) => void records.set(key, value),
      delete: async (key) => void records.delete(key),
    };
    const options = { url: server.url, organization: ORGANIZATION, store };
    await createSession(options).authenticate(undefined, credentials);
    assert.ok(![...records.values()].join().includes(PASSWORD));
    const next = createSession(options);
    assert.equal((await next.authenticate()).source, "cache");
    await next.signOut();
    assert.equal(records.size, 0);
    assert.equal(next.authenticated, false);
    assert.equal(server.asked("/api/org_token/").length, 1);
  });

  test("a token store that fails gives way to memory, and says so", async (t) => {
    const server = await standIn(t);
    const fail = () => {
      throw new Error("quota");
    };
    const session = createSession({
      url: server.url,
      organization: ORGANIZATION,
      store: { get: fail, set: fail, delete: fail },
    });
    assert.equal((await session.authenticate(undefined, credentials)).user, USER);
    assert.equal(session.warnings[0].code, "storage_degraded");
  });
});

describe("options", () => {
  test("a name that does not exist is refused", async () => {
    await assert.rejects(init("x.test", { organisation: "acme" }), refused("invalid_argument"));
    await assert.rejects(authenticate("acme", { user: "ada" }), refused("invalid_argument"));
    await assert.rejects(source("version", {}, { retries: 3 }), refused("invalid_argument"));
  });

  test("two spellings with different values are refused, with the same value accepted", async (t) => {
    const server = await standIn(t);
    const session = createSession({ url: server.url, organization: ORGANIZATION });
    await assert.rejects(
      session.authenticate(ORGANIZATION, { username: USER, ps_username: "bob", password: PASSWORD }),
      refused("invalid_argument"),
    );
    await session.authenticate(ORGANIZATION, { username: USER, ps_username: USER, ps_password: PASSWORD });
  });

  test("values outside their range are refused before anything is sent", async (t) => {
    const server = await standIn(t);
    const session = createSession({ url: server.url, organization: ORGANIZATION });
    for (const bad of [-1, 1.5, "2", Number.NaN, 2 ** 40]) {
      await assert.rejects(session.updateAvailableServers({ desiredNodes: bad }), refused("invalid_argument"));
    }
    await assert.rejects(session.source("../api/secrets"), refused("invalid_argument"));
    await assert.rejects(session.source("time", "text"), refused("invalid_argument"));
    const signal = { aborted: false, addEventListener() {} };
    await assert.rejects(session.source("time", {}, { signal }), refused("invalid_argument"));
    assert.deepEqual(server.requests, []);
  });

  test("bypass_dns is accepted, and says that it does nothing", async (t) => {
    const server = await standIn(t);
    const session = await init(server.url, { organization: ORGANIZATION, credentials, bypass_dns: true });
    assert.equal(session.warnings[0].code, "unsupported");
  });
});
