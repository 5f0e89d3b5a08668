// @ts-nocheck: it takes the place of fetch for one address.
/** A stream goes on being read while the layouts of its records are asked for. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { createSession } from "../../js/node.js";
import { Chunks } from "../../js/stream/chunks.js";
import { aMoment } from "../../js/stream/pace.js";
import { ATL06, DEFINITIONS, ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
});

/**
 * A session whose stream is cut into pieces, which are counted as they are asked for.
 *
 * @param {import("node:test").TestContext} t
 * @param {{ size: number, times: number }} options How long pieces are, and how often the recorded stream comes.
 */
async function signedIn(t, { size, times }) {
  const server = await standIn(t);
  const body = Buffer.concat(Array(times).fill(ATL06));
  const seen = { pieces: 0, all: Math.ceil(body.length / size) };
  const pull = (controller) => {
    if (seen.pieces === seen.all) return controller.close();
    controller.enqueue(new Uint8Array(body.subarray(seen.pieces * size, (seen.pieces + 1) * size)));
    seen.pieces += 1;
  };
  const headers = { "Content-Type": "application/octet-stream" };
  globalThis.fetch = async (url, options) =>
    String(url).endsWith("/source/atl06p")
      ? new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers })
      : realFetch(url, options);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  return { server, session, seen };
}

/** Has the server give no layout before the stream was read that far. */
function heldUntil(server, isFar) {
  server.routes["source definition"] = ({ text }, response) => {
    const timer = setInterval(() => {
      if (!isFar()) return;
      clearInterval(timer);
      response.end(JSON.stringify(DEFINITIONS[JSON.parse(text).rectype] ?? null));
    }, 5);
    response.on("close", () => clearInterval(timer));
    response.writeHead(200, { "Content-Type": "application/json" });
  };
}

const rows = (result) => Object.values(result.tables).reduce((sum, { length }) => sum + length, 0);

test("a layout that comes once the whole stream was read loses no row and changes no order", async (t) => {
  const plain = await signedIn(t, { size: 1000, times: 3 });
  const expected = await plain.session.stream("atl06p").collect();
  const { server, session, seen } = await signedIn(t, { size: 1000, times: 3 });
  heldUntil(server, () => seen.pieces === seen.all);
  const result = await session.stream("atl06p").collect();
  assert.ok(rows(result) > 0);
  assert.deepEqual(result.tables, expected.tables);
});

test("no more than some megabytes are read ahead", async (t) => {
  const { server, session, seen } = await signedIn(t, {
    size: 256 * 1024,
    times: Math.ceil(12_000_000 / ATL06.length),
  });
  let most = 0;
  const since = performance.now();
  heldUntil(server, () => {
    most = seen.pieces;
    return performance.now() - since > 1_000;
  });
  await session.stream("atl06p").collect();
  assert.equal(seen.pieces, seen.all);
  assert.ok(most > 4 && most <= 20, `${most} pieces were read ahead`);
});

test("whoever leaves while a layout is waited for waits no longer", async (t) => {
  const { server, session } = await signedIn(t, { size: 1000, times: 1 });
  heldUntil(server, () => false);
  const controller = new AbortController();
  const collected = session.stream("atl06p", {}, { signal: controller.signal }).collect();
  setTimeout(() => controller.abort("enough"), 50);
  await assert.rejects(collected, (reason) => reason === "enough");
  session.dispose();
});

test("chunks that are there for the taking are read together, up to some megabytes and never past a gap", async () => {
  const size = 1 << 20;
  const seen = { pulled: 0 };
  let resume;
  const gap = new Promise((resolve) => {
    resume = resolve;
  });
  const pull = async (controller) => {
    if (seen.pulled === 10) await gap;
    if (seen.pulled === 12) return controller.close();
    seen.pulled += 1;
    controller.enqueue(new Uint8Array(size).fill(seen.pulled));
  };
  const response = new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  const chunks = new Chunks(response, { signal: new AbortController().signal, timeoutMs: 60_000 });
  const order = [(await chunks.next())[0]];
  await chunks.readAhead(aMoment);
  assert.equal(seen.pulled, 5, "four megabytes beyond the first");
  await chunks.readAhead(aMoment);
  assert.equal(seen.pulled, 5, "and no more before those are taken");
  for (let taken = 0; taken < 4; taken += 1) order.push((await chunks.next())[0]);
  order.push((await chunks.next())[0]);
  await chunks.readAhead(aMoment);
  for (let taken = 0; taken < 4; taken += 1) order.push((await chunks.next())[0]);
  await chunks.readAhead(aMoment);
  assert.equal(seen.pulled, 10, "nobody waits for the chunk behind the gap");
  resume();
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) order.push(chunk[0]);
  assert.deepEqual(order, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  chunks.close();
});
