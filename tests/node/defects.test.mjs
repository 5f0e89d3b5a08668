// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/**
 * What the existing clients get wrong, one by one, where no other file has it: Python 2.0 to 5.0, and the Node package 5.6.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createSession, init } from "../../js/index.js";
import { init as initInNode } from "../../js/node.js";

import { answer, GITHUB_TOKEN, ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const credentials = { username: USER, password: PASSWORD };
const COUNTS = `GET /api/org_num_nodes/${ORGANIZATION}/`;

async function signedIn(t, options) {
  const server = await standIn(t, options);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, credentials);
  return { server, session };
}

describe("answers of services", () => {
  for (const type of [
    "application/json",
    "application/json; charset=utf-8",
    "text/plain",
    "text/plain;charset=UTF-8",
  ]) {
    for (const status of [200, 201]) {
      test(`${status} as ${type} is an answer`, async (t) => {
        const { server, session } = await signedIn(t);
        server.routes["source time"] = (_, response) => {
          answer(response, status, '{"time": 1}', { "content-type": type });
        };
        assert.deepEqual(await session.source("time"), { time: 1 });
      });
    }
  }

  test("what is no JSON rejects, once, and ends nothing else", async (t) => {
    const { server, session } = await signedIn(t);
    for (const body of ["", "{", "<html>", "NaN"]) {
      server.routes["source time"] = (_, response) => answer(response, 200, body, { "content-type": "text/plain" });
      await assert.rejects(session.source("time"), { code: "bad_response" }, JSON.stringify(body));
    }
    assert.equal(server.asked("/source/time").length, 4);
    assert.equal((await session.status()).state, "running");
  });

  test("a refusal of the balancer in front of an old cluster is told, whatever it looks like", async (t) => {
    const { server, session } = await signedIn(t, { generation: "older" });
    server.routes["source time"] = [403, "Invalid JWT organization"];
    await assert.rejects(session.source("time"), (error) => {
      assert.equal(error.status, 403);
      assert.ok(error.endpoint.endsWith("/source/time"));
      return true;
    });
  });
});

describe("tokens", () => {
  test("without a sign-in there is no Authorization header", async (t) => {
    const server = await standIn(t);
    const session = createSession({ url: server.url, organization: null });
    await session.source("time").catch(() => {});
    const open = createSession({ url: server.url, organization: "sliderule" });
    await open.source("time").catch(() => {});
    assert.ok(server.requests.length >= 2);
    for (const { headers } of server.requests) assert.equal(headers.authorization, undefined);
  });

  test("those of one organization are not sent to another, nor to another deployment", async (t) => {
    const { server, session } = await signedIn(t);
    await session.authenticate("beta").catch(() => {});
    await session.source("time").catch(() => {});
    const to = server.requests.filter(({ path }) => path.startsWith("/clusters/beta/"));
    assert.ok(to.length > 0 && to.every(({ headers }) => headers.authorization === undefined));
    const elsewhere = await standIn(t);
    await init(server.url, { organization: ORGANIZATION, credentials });
    await init(elsewhere.url, { organization: ORGANIZATION });
    assert.ok(elsewhere.requests.every(({ headers }) => headers.authorization === undefined));
  });

  test("a refresh that brings no refresh token signs nobody out, and crashes nothing", async (t) => {
    const server = await standIn(t);
    server.state.lifetime = "1.0";
    const session = createSession({ url: server.url, organization: ORGANIZATION });
    await session.authenticate(undefined, credentials);
    server.routes["POST /api/org_token/refresh/"] = [200, { access: "e30.e30.x", access_lifetime: "3600.0" }];
    await new Promise((resolve) => setTimeout(resolve, 600));
    const answers = await Promise.all([1, 2, 3].map(() => session.source("time")));
    assert.equal(answers.length, 3);
    assert.equal(session.authenticated, true);
    assert.equal(server.asked("/refresh/").length, 1);
  });

  test("arguments are used before the environment, and there a GitHub token before a password", async (t) => {
    const server = await standIn(t);
    Object.assign(process.env, { PS_GITHUB_TOKEN: GITHUB_TOKEN, PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    t.after(() => {
      for (const name of ["PS_GITHUB_TOKEN", "PS_USERNAME", "PS_PASSWORD"]) delete process.env[name];
    });
    const options = { url: server.url, organization: ORGANIZATION };
    assert.equal((await createSession(options).authenticate()).source, "github");
    assert.equal((await createSession(options).authenticate(undefined, credentials)).source, "password");
  });
});

describe("scaling", () => {
  test("a refusal ends it at once, in whatever form it comes, and nothing is waited for", async (t) => {
    const refusals = [
      [400, { status: "FAILED", error_msg: "Invalid token" }],
      [401, { detail: "Token is invalid or expired", code: "token_not_valid" }],
      [403, { detail: "not yours" }],
      [403, "<html>Forbidden</html>"],
      [400, { status: "FAILED", msg: "", error_msg: "" }],
    ];
    for (const [status, body] of refusals) {
      const { server, session } = await signedIn(t, { generation: "older", routes: { [COUNTS]: [status, body] } });
      const began = Date.now();
      await assert.rejects(
        session.scaleout({ desiredNodes: 2 }),
        (error) => error.status === status && error.code !== "",
      );
      assert.ok(Date.now() - began < 2000);
      assert.deepEqual(server.asked("/discovery/status"), []);
    }
  });

  test("a number that makes no sense is refused; none asks for nothing and tells what there is", async (t) => {
    const { server, session } = await signedIn(t, { generation: "older" });
    await assert.rejects(async () => session.scaleout({ desiredNodes: -1 }), { code: "invalid_argument" });
    const before = server.requests.length;
    const { availableNodes, requestedNodes } = await session.updateAvailableServers();
    assert.deepEqual([availableNodes, requestedNodes], [2, 0]);
    assert.deepEqual(
      server.requests.slice(before).map(({ path }) => path),
      [`/clusters/${ORGANIZATION}/discovery/status`],
    );
  });
});

describe("versions", () => {
  for (const [version, read] of [
    ["v4.5.0-rc1", "4.5.0"],
    ["4.20.0", "4.20.0"],
    ["v4.20.0-0-gf4f93bd0-dirty", "4.20.0"],
  ]) {
    test(`${version} is ${read}`, async (t) => {
      const { session } = await signedIn(t, { version });
      assert.equal((await session.checkVersion()).server, read);
    });
  }

  test("a server that says none is no server, and a plugin that is not there is named", async (t) => {
    const { session } = await signedIn(t, { version: "four" });
    await assert.rejects(session.checkVersion(), { code: "bad_response" });
    const { session: other } = await signedIn(t);
    await assert.rejects(other.checkVersion({ plugins: ["icesat2"] }), /icesat2/);
  });
});

test("init and version ten times over are ten answers", async (t) => {
  const server = await standIn(t);
  for (let n = 0; n < 10; n += 1) {
    const session = await initInNode(server.url, { organization: ORGANIZATION, credentials });
    assert.equal((await session.source("version")).server.version, "v4.20.0");
  }
});
