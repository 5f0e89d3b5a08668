// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** A cluster of an older provisioning system is asked for its nodes more rarely by a page that nobody sees. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createSession } from "../../js/index.js";

import { ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

/** How long the first pause between two looks is, in a page that is hidden or not. */
async function firstPause(t, hidden) {
  const server = await standIn(t, { generation: "older", nodes: 0 });
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  const pauses = [];
  const { setTimeout } = globalThis;
  const restore = () => {
    globalThis.setTimeout = setTimeout;
    delete globalThis.document;
  };
  t.after(restore);
  globalThis.document = { hidden };
  globalThis.setTimeout = (act, ms, ...more) => {
    if (new Error().stack.includes("ports.js")) pauses.push(ms);
    return setTimeout(act, ms, ...more);
  };
  const operation = session.scaleout({ desiredNodes: 2 });
  for await (const { phase } of operation) if (phase === "waking") break;
  await new Promise((resolve) => setTimeout(resolve, 20));
  restore();
  session.dispose();
  await operation.catch(() => {});
  // The client's other timers are limits: a minute for a request, an hour for the wait.
  return pauses.filter((ms) => ms < 30_000);
}

test("two seconds at first where it is seen, three times as long where it is not", async (t) => {
  const [seen] = await firstPause(t, false);
  const [unseen] = await firstPause(t, true);
  assert.ok(seen >= 1800 && seen <= 2200, `${seen} ms`);
  assert.ok(unseen >= 5400 && unseen <= 6600, `${unseen} ms`);
});
