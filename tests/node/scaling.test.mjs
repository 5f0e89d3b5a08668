// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Asking for nodes and waiting for them, from provisioning systems of both generations. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createSession } from "../../js/index.js";

import { answer, ORGANIZATION, PASSWORD, standIn, statusOf, USER, withEvents } from "./stand-in.mjs";

async function signedIn(t, options) {
  const server = await standIn(t, options);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  return { server, session };
}

describe("ours", () => {
  test("a waking cluster is watched until it is ready", async (t) => {
    const { server, session } = await signedIn(t);
    server.state.ready = [0, 0, 1, 2];
    const seen = [];
    const operation = session.scaleout({ desired_nodes: 2, onProgress: (progress) => seen.push(progress) });
    const iterated = [];
    for await (const { phase } of operation) iterated.push(phase);
    const capacity = await operation;
    assert.deepEqual(iterated, ["requesting", "waking", "waking", "growing", "ready"]);
    assert.deepEqual(
      seen.map(({ nodes }) => nodes),
      [0, 0, 0, 1, 2],
    );
    assert.deepEqual(capacity, {
      availableNodes: 2,
      requestedNodes: 2,
      clamped: false,
      ready: true,
      requestId: "r-1",
      expiresAt: new Date("2026-11-24T10:00:00Z"),
      costMicroUsd: 113_000,
    });
  });

  test("readiness is heard as an event, at once, and the events are left then", async (t) => {
    const { server, session } = await signedIn(t, { nodes: 0 });
    const events = withEvents(server);
    const operation = session.scaleout({ desiredNodes: 2 });
    for await (const { phase } of operation) {
      if (phase !== "waking") continue;
      server.state.nodes = 2;
      events.tell();
    }
    assert.equal((await operation).availableNodes, 2);
    assert.deepEqual(server.asked("/status"), [], "nothing was asked meanwhile");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(events.listeners.size, 0);
  });

  test("a request is estimated, extended, and kept alive while a job runs", async (t) => {
    const { server, session } = await signedIn(t);
    const estimate = await session.estimate({ desiredNodes: 2, timeToLive: 15 });
    assert.equal(estimate.costMicroUsd, 113_000);
    await assert.rejects(session.extend(), { code: "invalid_argument" });
    await session.scaleout({ desiredNodes: 2 });
    const extension = await session.extend({ timeToLive: 30 });
    assert.ok(extension.expiresAt.getTime() > Date.now() + 29 * 60_000);
    assert.equal(await session.keepAlive(async () => "done"), "done");
    await assert.rejects(session.keepAlive(Promise.reject(new Error("mine"))), /mine/);
    const alive = session.keepAlive({ timeToLive: 20 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(alive.expiresAt.getTime() > Date.now() + 19 * 60_000);
    assert.equal(alive.stopped, false);
    session.dispose();
    assert.equal(alive.stopped, true, "it stops with the session");
    assert.ok(server.asked("requests/r-1").every(({ method }) => method === "PATCH"));
  });

  test("a refusal to keep nodes alive is a warning, and ends it", async (t) => {
    const problem = { status: "FAILED", code: "insufficient_funds", error_msg: "$0.10 is left", detail: "" };
    const { session } = await signedIn(t, {
      routes: { "PATCH /api/v1/organizations/acme/requests/r-1": [402, problem] },
    });
    await session.scaleout({ desiredNodes: 2 });
    const alive = session.keepAlive();
    while (!alive.stopped) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(session.warnings[0].code, "insufficient_funds");
    assert.match(session.warnings[0].message, /kept alive no more: \$0.10 is left/);
  });

  test("nodes that are wanted for months are not asked for over and over", async (t) => {
    const { server, session } = await signedIn(t);
    await session.scaleout({ desiredNodes: 2 });
    const alive = session.keepAlive({ timeToLive: 80_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    alive.stop();
    assert.equal(server.asked("requests/r-1").length, 1);
  });

  test("every call takes a time limit", async (t) => {
    const hang = () => undefined;
    const status = "GET /api/v1/organizations/acme/status";
    const { session } = await signedIn(t, { routes: { [status]: hang, "POST /api/token/blacklist/": hang } });
    const limit = { timeoutMs: 30 };
    const calls = [session.status(limit), session.updateAvailableServers(limit), session.signOut(limit)];
    await Promise.all(calls.map((call) => assert.rejects(call, { code: "timed_out", retryable: true })));
  });

  test("a refusal ends the wait at once", async (t) => {
    const problem = {
      status: "FAILED",
      code: "insufficient_funds",
      error_msg: "$0.10 is left",
      detail: "$0.10 is left",
    };
    const { session } = await signedIn(t, { routes: { "POST /api/v1/organizations/acme/requests": [402, problem] } });
    await assert.rejects(session.scaleout({ desiredNodes: 2 }), (error) => {
      assert.equal(error.code, "insufficient_funds");
      assert.equal(error.message, "$0.10 is left");
      return true;
    });
  });

  test("money that ends while the cluster wakes ends the wait", async (t) => {
    const { server, session } = await signedIn(t, { nodes: 0 });
    server.routes["GET /api/v1/organizations/acme/status"] = () => [
      200,
      { ...statusOf(server.state), blocked: "out_of_funds", message: "the money is spent" },
    ];
    await assert.rejects(session.scaleout({ desiredNodes: 2 }), {
      code: "out_of_funds",
      message: "the money is spent",
    });
  });

  test("a wait that takes too long says what it saw last", async (t) => {
    const { server, session } = await signedIn(t, { nodes: 1 });
    const status = "GET /api/v1/organizations/acme/status";
    const look = server.routes[status];
    server.routes[status] = () => {
      // The second look gets no answer, so the time that is left runs out there.
      server.routes[status] = () => undefined;
      return look();
    };
    await assert.rejects(session.scaleout({ desiredNodes: 2, timeoutMs: 2000 }), (error) => {
      assert.equal(error.code, "scale_timeout");
      assert.match(error.message, /^1 of 2 nodes .* scaleout\(\{ desiredNodes: 0 \}\)/);
      assert.equal(error.progress.nodes, 1);
      return true;
    });
  });

  test("minReady ends the wait early", async (t) => {
    const { session } = await signedIn(t, { nodes: 1 });
    const capacity = await session.scaleout({ desiredNodes: 2, minReady: 1 });
    assert.equal(capacity.availableNodes, 1);
  });

  test("a wait can be left, and the request stands", async (t) => {
    const { server, session } = await signedIn(t, { nodes: 1 });
    const operation = session.scaleout({ desiredNodes: 2 });
    for await (const { phase } of operation) if (phase === "growing") operation.stopWaiting();
    const capacity = await operation;
    assert.deepEqual([capacity.availableNodes, capacity.ready], [1, false]);
    assert.equal(capacity.requestId, "r-1");
    assert.notEqual(server.state.request, undefined);
  });

  test("a wait can be aborted, with the caller's reason, and asks nothing more", async (t) => {
    const { server, session } = await signedIn(t, { nodes: 1 });
    const controller = new AbortController();
    const operation = session.scaleout({
      desiredNodes: 2,
      signal: controller.signal,
      onProgress: ({ phase }) => phase === "growing" && controller.abort("enough"),
    });
    await assert.rejects(operation, (reason) => reason === "enough");
    const before = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.equal(server.requests.length, before);
  });

  test("a refusal waits for whoever iterates late", async (t) => {
    const refusal = { status: "FAILED", code: "out_of_funds", error_msg: "no money", detail: "no money" };
    const { session } = await signedIn(t, { routes: { "POST /api/v1/organizations/acme/requests": [402, refusal] } });
    const operation = session.scaleout({ desiredNodes: 2 });
    await session.status();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const phases = [];
    const iterate = async () => {
      for await (const { phase } of operation) phases.push(phase);
    };
    await assert.rejects(iterate(), { code: "out_of_funds" });
    assert.deepEqual(phases, ["requesting"]);
  });

  test("an order whose call was aborted before its answer is released all the same", async (t) => {
    const { server, session } = await signedIn(t);
    const place = "POST /api/v1/organizations/acme/requests";
    const grant = server.routes[place];
    let go;
    const asked = new Promise((resolve) => {
      server.routes[place] = (note, response) => {
        go = () => answer(response, ...grant(note));
        resolve();
      };
    });
    const controller = new AbortController();
    const operation = session.scaleout({ desiredNodes: 2, signal: controller.signal });
    await asked;
    controller.abort();
    await assert.rejects(operation, { name: "AbortError" });
    const released = session.release();
    go();
    await released;
    assert.equal(server.asked("requests/r-1")[0].method, "DELETE");
  });

  test("more than allowed is clamped, and said", async (t) => {
    const { session } = await signedIn(t, { nodes: 3 });
    const { requestedNodes, clamped } = await session.scaleout({ desiredNodes: 9 });
    assert.deepEqual({ requestedNodes, clamped }, { requestedNodes: 3, clamped: true });
  });

  test("release takes back what this session asked for", async (t) => {
    const { server, session } = await signedIn(t);
    await session.updateAvailableServers({ desiredNodes: 2 });
    await session.release();
    assert.equal(server.asked("requests/r-1")[0].method, "DELETE");
    await session.release();
    assert.equal(server.asked("requests/r-1").length, 1);
  });

  test("status and costs come with camelCase names and dates", async (t) => {
    const { session } = await signedIn(t);
    await session.updateAvailableServers({ desiredNodes: 2 });
    const status = await session.status();
    assert.equal(status.state, "running");
    assert.equal(status.targetNodes, 2);
    assert.deepEqual(status.requests[0].expiresAt, new Date("2026-11-24T10:00:00Z"));
    const costs = await session.costs();
    assert.equal(costs.spentMicroUsd, 113_000);
    assert.equal(costs.entries[0].amountMicroUsd, -113_000);
    assert.ok(costs.entries[0].at instanceof Date);
    assert.deepEqual([status.explanation, status.runway, costs.fixedHourMicroUsd], ["", null, 0], "not told");
  });

  test("who asked, how long the money lasts, and who pays are told where the server says so", async (t) => {
    const { server, session } = await signedIn(t);
    const organization = "/api/v1/organizations/acme";
    const explanation = "ada asked for 2 for 60 min more; at most 3";
    const runway = { nodes: 2, minutes: 991 };
    server.routes[`GET ${organization}/status`] = () => [
      200,
      { ...statusOf(server.state), explanation, runway, shares: [], free_micro_usd: 1, trouble: null, releases: [] },
    ];
    const entry = { at: "2026-11-24T09:00:00Z", kind: "charge", amount_micro_usd: -1, payer: "ada", note: "" };
    server.routes[`GET ${organization}/costs`] = [
      200,
      {
        organization: "acme",
        balance_micro_usd: 6,
        credited_micro_usd: 8,
        spent_micro_usd: 2,
        running_up_micro_usd: 1,
        node_hour_micro_usd: 226_000,
        fixed_hour_micro_usd: 153_000,
        entries: [entry, { ...entry, kind: "reserve", amount_micro_usd: 0, reserved_micro_usd: 9, payer: undefined }],
      },
    ];
    const status = await session.status();
    assert.deepEqual([status.explanation, status.runway], [explanation, runway]);
    const costs = await session.costs();
    assert.equal(costs.fixedHourMicroUsd, 153_000);
    assert.deepEqual([costs.balanceMicroUsd, costs.spentMicroUsd], [5, 3], "with what ran since the last charge");
    const entries = costs.entries.map(({ kind, payer }) => [kind, payer]);
    assert.deepEqual(entries, [
      ["charge", "ada"],
      ["reserve", null],
    ]);
  });
});

describe("older provisioning systems", () => {
  test("the number is clamped here, and the cluster itself is asked for nodes", async (t) => {
    const { server, session } = await signedIn(t, { generation: "older", nodes: 3 });
    const { availableNodes, requestedNodes, clamped } = await session.update_available_servers({
      desired_nodes: 9,
      time_to_live: 15,
    });
    assert.deepEqual(
      { availableNodes, requestedNodes, clamped },
      { availableNodes: 3, requestedNodes: 3, clamped: true },
    );
    assert.deepEqual(
      server.requests.slice(1).map(({ method, path }) => `${method} ${path}`),
      [
        "GET /api/org_num_nodes/acme/",
        "POST /api/desired_org_num_nodes_ttl/acme/3/15/",
        "POST /clusters/acme/discovery/status",
      ],
    );
  });

  test("a cluster that answers 503 is a cluster that wakes", async (t) => {
    const { server, session } = await signedIn(t, { generation: "older", nodes: 2 });
    let looks = 0;
    server.routes["POST /clusters/acme/discovery/status"] = () => {
      looks += 1;
      return looks <= 3 ? [503, "<h1>503</h1> No server is available"] : [200, { nodes: 2 }];
    };
    const phases = [];
    await session.scaleout({ desiredNodes: 2, onProgress: ({ phase }) => phases.push(phase) });
    assert.deepEqual(phases, ["requesting", "waking", "ready"]);
  });

  test("a refusal ends the wait at once, though the text is in msg", async (t) => {
    const { server, session } = await signedIn(t, { generation: "older" });
    server.routes["POST /api/desired_org_num_nodes_ttl/acme/2/60/"] = [
      503,
      { status: "FAILED", msg: "acme is not deployed", error_msg: "" },
    ];
    await assert.rejects(session.scaleout({ desiredNodes: 2 }), (error) => {
      assert.equal(error.code, "scale_refused");
      assert.match(error.message, /acme is not deployed/);
      return true;
    });
    assert.equal(server.asked("desired_org_num_nodes_ttl").length, 1);
  });

  test("what they cannot do is unsupported", async (t) => {
    const { session } = await signedIn(t, { generation: "older" });
    for (const call of ["status", "costs", "release"]) {
      await assert.rejects(session[call](), { code: "unsupported" });
    }
  });
});
