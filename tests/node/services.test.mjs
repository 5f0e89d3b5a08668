// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Plain services and record streams: what arrives, what is retried, and what is an error. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createSession } from "../../js/index.js";

import { ATL06, ATL06_PARTIAL, answer, ORGANIZATION, PASSWORD, records, standIn, USER } from "./stand-in.mjs";

const TOKENS = { exp: "", access_lifetime: "3600.0", refresh_lifetime: "86400.0", refresh: "r-beta", access: "a-beta" };

async function signedIn(t, options) {
  const server = await standIn(t, options);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  return { server, session };
}

const once = (first, then) => {
  let called = false;
  return (...given) => {
    if (called) return then(...given);
    called = true;
    return first(...given);
  };
};

describe("source", () => {
  test("parameters go as JSON, with the token and the header of a plain answer", async (t) => {
    const { server, session } = await signedIn(t);
    const { asked } = await session.source("time", { time: "é", input: "NOW" });
    assert.deepEqual(asked, { time: "é", input: "NOW" });
    const { headers } = server.asked("/source/time")[0];
    assert.equal(headers["x-sliderule-streaming"], "0");
    assert.match(headers.authorization, /^Bearer e30\./);
  });

  test("a 503 is tried again, and Retry-After is honoured", async (t) => {
    const { server, session } = await signedIn(t);
    const busy = (_, response) => {
      response.writeHead(503, { "retry-after": "1", "content-type": "text/plain" });
      response.end("Memory exceeded");
    };
    server.routes["source time"] = once(busy, server.routes["source time"]);
    const began = Date.now();
    await session.source("time");
    assert.ok(Date.now() - began >= 1000);
  });

  test("a 4xx is not tried again", async (t) => {
    const { server, session } = await signedIn(t);
    await assert.rejects(session.source("nonsense"), { code: "unsupported", status: 404 });
    assert.equal(server.asked("nonsense").length, 1);
  });

  test("an ended token is renewed once, however many calls are under way", async (t) => {
    const { server, session } = await signedIn(t);
    const time = server.routes["source time"];
    server.routes["source time"] = (note, response) =>
      note.headers.authorization.endsWith("access-1") ? [403, "JWT has expired"] : time(note, response);
    await Promise.all([session.source("time"), session.source("time"), session.source("time")]);
    assert.equal(server.asked("refresh").length, 1);
  });

  test("a token past half its life is renewed before a request", async (t) => {
    const { server, session } = await signedIn(t);
    server.state.lifetime = "0.2";
    await session.authenticate(undefined, { username: USER, password: PASSWORD });
    await new Promise((resolve) => setTimeout(resolve, 120));
    server.state.lifetime = "3600.0";
    await session.source("time");
    assert.equal(server.asked("refresh").length, 1);
  });

  test("a sign-in that has ended for good says so", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source version"] = [401, { detail: "no", code: "token_not_valid" }];
    server.routes["POST /api/org_token/refresh/"] = [401, { detail: "Token is blacklisted", code: "token_not_valid" }];
    await assert.rejects(session.source("time"), { code: "reauthentication_required" });
    assert.equal(session.authenticated, false);
  });

  test("a cluster that is off is told from one that is not there", async (t) => {
    const { server, session } = await signedIn(t, { nodes: 0 });
    server.routes["source version"] = [503, "<h1>503</h1> No server is available"];
    await assert.rejects(session.source("time"), {
      code: "cluster_asleep",
      message: /^0 nodes are ready; start it with scaleout\(\{ desiredNodes: 1 \}\)/,
      status: 503,
    });
  });

  test("no token follows a redirect", async (t) => {
    const elsewhere = await standIn(t);
    const { server, session } = await signedIn(t);
    server.routes["source version"] = (_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/clusters/acme/source/version` });
      response.end();
    };
    await assert.rejects(session.source("time"), { code: "bad_response" });
    assert.deepEqual(elsewhere.requests, []);
  });

  test("an old node that cannot be asked by POST is asked by GET where that will do", async (t) => {
    const empty = (_, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.end();
    };
    const { server, session } = await signedIn(t, { version: "v4.0.2" });
    const version = server.routes["source version"];
    server.routes["source version"] = (note, response) =>
      note.method === "GET" ? version(note) : empty(note, response);
    server.routes["source time"] = empty;
    assert.equal((await session.checkVersion()).server, "4.0.2");
    await assert.rejects(session.source("time", { input: "NOW" }), { code: "unsupported" });
  });

  test("a call can be aborted, and a disposed session ends its calls", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source time"] = () => undefined;
    await session.checkVersion();
    const controller = new AbortController();
    const aborted = session.source("time", {}, { signal: controller.signal });
    const disposed = session.source("time");
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(aborted, { name: "AbortError" });
    session.dispose();
    await assert.rejects(disposed, { code: "invalid_argument" });
    await assert.rejects(session.source("time"), { code: "invalid_argument" });
  });

  test("a session disposed of before its first call begins sends nothing", async (t) => {
    const server = await standIn(t);
    const session = createSession({ url: server.url, organization: null });
    const call = session.source("time");
    session.dispose();
    await assert.rejects(call, { code: "invalid_argument" });
    assert.deepEqual(server.requests, []);
  });

  test("a call that takes too long is timed_out", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source time"] = () => undefined;
    await session.checkVersion();
    await assert.rejects(session.source("time", {}, { timeoutMs: 50 }), { code: "timed_out", retryable: true });
  });
});

describe("stream", () => {
  test("records arrive as columns of their own types", async (t) => {
    const { server, session } = await signedIn(t);
    const { tables, messages, bytes } = await session.stream("atl06p", { resources: ["a.h5"], parms: {} }).collect();
    assert.equal(bytes, ATL06.length);
    const { atl06rec } = tables;
    assert.equal(atl06rec.length, 114);
    const { columns } = atl06rec;
    assert.ok(columns.h_mean instanceof Float64Array);
    assert.ok(columns.dh_fit_dx instanceof Float32Array);
    assert.equal(columns.h_mean.length, 114);
    assert.equal(columns.h_mean[0], 1500.424844907837);
    assert.equal(columns.extent_id[0], 4715269254386024450n);
    assert.equal(columns.time[0], 1564764800002799872n);
    assert.equal(messages[0].text, "Starting proxy for atl06 to process 1 resource(s) with 1 thread(s)");
    assert.equal(messages[0].level, "info");
    // One request for each layout, whatever the number of records.
    const asked = server.asked("definition").map(({ text }) => JSON.parse(text).rectype);
    assert.deepEqual(
      asked.sort(),
      ["atl06rec", "atl06rec.elevation", "eventrec", "exceptrec"].filter((type) => asked.includes(type)),
    );
    assert.equal(new Set(asked).size, asked.length);
  });

  test("columns share no memory with the module or each other's batches", async (t) => {
    const { session } = await signedIn(t);
    for await (const { columns } of session.stream("atl06p")) {
      assert.equal(columns.h_mean.buffer.byteLength, columns.h_mean.byteLength);
    }
  });

  test("a truncated stream is an error and not a shorter result", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source atl06p"] = (_, response) => records(response, ATL06.subarray(0, 6000));
    await assert.rejects(session.stream("atl06p").collect(), { code: "stream_truncated" });
  });

  test("a stream cut between two records is an error too", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source atl06p"] = (_, response) => records(response, ATL06.subarray(0, 564), { end: false });
    await assert.rejects(session.stream("atl06p").collect(), { code: "stream_truncated", retryable: true });
  });

  test("bytes that are no records are malformed", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source atl06p"] = (_, response) => records(response, Buffer.from("<html>not records</html>"));
    await assert.rejects(session.stream("atl06p").collect(), { code: "stream_malformed" });
  });

  test("a result of which the server reports missing parts is incomplete unless that is allowed", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source atl06p"] = (_, response) => records(response, ATL06_PARTIAL);
    await assert.rejects(session.stream("atl06p").collect(), (error) => {
      assert.equal(error.code, "incomplete_result");
      assert.equal(error.partial.tables.atl06rec.length, 57);
      return true;
    });
    const { tables } = await session.stream("atl06p", {}, { allow_partial: true }).collect();
    assert.equal(tables.atl06rec.length, 57);
  });

  test("a result without rows is empty and no error", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source atl06p"] = (_, response) => records(response, Buffer.alloc(0));
    assert.deepEqual((await session.stream("atl06p").collect()).tables, {});
  });

  test("leaving the loop ends the request", async (t) => {
    const { server, session } = await signedIn(t);
    let closed;
    const gone = new Promise((resolve) => {
      closed = resolve;
    });
    server.routes["source atl06p"] = (_, response) => {
      response.on("close", closed);
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.write(ATL06.subarray(0, 10_000));
    };
    for await (const { length } of session.stream("atl06p")) {
      assert.ok(length > 0);
      break;
    }
    await gone;
  });

  test("a disposed session ends its streams", async (t) => {
    const { server, session } = await signedIn(t);
    const gone = new Promise((resolve) => {
      server.routes["source atl06p"] = (_, response) => {
        response.on("close", resolve);
        response.writeHead(200, { "content-type": "application/octet-stream" });
        response.write(ATL06.subarray(0, 10_000));
      };
    });
    const stream = session.stream("atl06p", {}, { onProgress: () => session.dispose() });
    await assert.rejects(stream.collect(), { code: "invalid_argument" });
    await gone;
  });

  test("a caller's signal ends it, with the caller's reason", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source atl06p"] = (_, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.write(ATL06.subarray(0, 10_000));
    };
    const controller = new AbortController();
    const stream = session.stream(
      "atl06p",
      {},
      { signal: controller.signal, onProgress: () => controller.abort(new Error("enough")) },
    );
    await assert.rejects(stream.collect(), { message: "enough" });
  });

  test("a stream that is aborted while it waits for a layout leaves the layout to others", async (t) => {
    const { server, session } = await signedIn(t);
    const definition = server.routes["source definition"];
    const controller = new AbortController();
    let late;
    const asked = new Promise((resolve) => {
      server.routes["source definition"] = (note, response) => {
        late ??= [];
        late.push(() => answer(response, ...definition(note)));
        resolve();
      };
    });
    const aborted = session.stream("atl06p", {}, { signal: controller.signal }).collect();
    const other = session.stream("atl06p").collect();
    await asked;
    controller.abort();
    await assert.rejects(aborted, { name: "AbortError" });
    server.routes["source definition"] = definition;
    for (const each of late) each();
    assert.equal((await other).tables.atl06rec.length, 114);
  });

  test("a layout comes from the cluster that the stream came from", async (t) => {
    const { server, session } = await signedIn(t);
    let go;
    server.routes["POST /api/org_token/"] = [200, { ...TOKENS, api: "/api/v1/" }];
    const begun = new Promise((resolve) => {
      server.routes["source atl06p"] = (_, response) => {
        response.writeHead(200, { "content-type": "application/octet-stream" });
        response.flushHeaders();
        go = () => response.end(ATL06);
        resolve();
      };
    });
    const collected = session.stream("atl06p").collect();
    await begun;
    await session.authenticate("beta", { username: USER, password: PASSWORD });
    go();
    assert.equal((await collected).tables.atl06rec.length, 114);
    const asked = server.asked("definition").map(({ path }) => path);
    assert.deepEqual([...new Set(asked)], ["/clusters/acme/source/definition"]);
  });

  test("a server that falls silent is timed_out", async (t) => {
    const { server, session } = await signedIn(t);
    server.routes["source atl06p"] = (_, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.write(ATL06.subarray(0, 1000));
    };
    await session.checkVersion();
    const seen = [];
    const onProgress = ({ bytes }) => seen.push(bytes);
    await assert.rejects(session.stream("atl06p", {}, { timeoutMs: 1000, onProgress }).collect(), {
      code: "timed_out",
      message: "the server sent nothing for 1000 ms; allow more with timeoutMs",
    });
    assert.equal(seen.at(-1), 1000);
  });

  test("a stream can be read once", async (t) => {
    const { session } = await signedIn(t);
    const stream = session.stream("atl06p");
    await stream.collect();
    await assert.rejects(stream.collect(), { code: "invalid_argument" });
  });
});
