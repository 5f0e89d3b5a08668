// @ts-nocheck: it looks at the client's own instance.
/**
 * A program that makes sessions and disposes of them, and tells what memory it has before and after: `node --expose-gc
 * memory.mjs <url> <kind> <count>`. Run by memory.test.mjs.
 */

import { setImmediate as turn } from "node:timers/promises";

import { createSession, ready } from "./own-module.mjs";
import { ORGANIZATION, PASSWORD, USER } from "./people.mjs";

const [url, kind, count] = process.argv.slice(2);
/** As many at a time as a busy program has; instances fail one after the other. */
const AT_ONCE = kind === "failed" ? 1 : 20;
const options = { url, organization: ORGANIZATION };
const ended = (promise) =>
  promise.then(
    () => "resolved",
    ({ code }) => code,
  );

const KINDS = {
  async unused() {
    createSession(options).dispose();
  },

  async used() {
    const session = createSession(options);
    await session.authenticate(undefined, { username: USER, password: PASSWORD });
    await session.source("time");
    await session.stream("atl06p").collect();
    session[Symbol.dispose]();
  },

  async busy() {
    const session = createSession(options);
    await session.authenticate(undefined, { username: USER, password: PASSWORD });
    const stream = session.stream("endless")[Symbol.asyncIterator]();
    const operation = session.scaleout({ desiredNodes: 2 });
    const calls = [session.source("silent"), stream.next(), operation, session.status()];
    const codes = calls.map(ended);
    await turn();
    session.dispose();
    session.dispose();
    for (const code of await Promise.all(codes)) if (code !== "invalid_argument") throw new Error(code);
  },

  /** An instance that fails must go with all that it had. */
  async failed() {
    const session = createSession(options);
    await session.authenticate(undefined, { username: USER, password: PASSWORD });
    try {
      (await ready()).decoder("", {}).push({ length: 2 ** 32 - 1 });
    } catch {}
    await session.source("time");
    session.dispose();
  },
};

async function make(many) {
  for (let made = 0; made < many; made += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, many - made) }, KINDS[kind]));
  }
}

/** Collecting takes several turns: finalizers run between them, and let go of more. */
async function measure() {
  for (let round = 0; round < 8; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, external, wasm: (await ready()).size };
}

await ready();
await make(count / 2);
const before = await measure();
await make(count);
console.log(JSON.stringify({ before, after: await measure() }));
