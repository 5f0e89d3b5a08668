// @ts-nocheck: most of it runs in pages, where only the browser knows the types.
/**
 * A call that is aborted at every step it takes: at each request, answer and piece of a body, each use of the token store, of
 * locks and of the channel between tabs, and each timer.
 *
 * Wherever that is, the call rejects with the caller's own reason; nothing is left unhandled, on the wire or locked; and the
 * session works afterwards. What is finished all the same is a refresh, an order and a sign-out, which would be lost otherwise.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { note } from "../node/secrets.mjs";
import { GITHUB_TOKEN, ORGANIZATION, PASSWORD, standIn, statusOf, USER } from "../node/stand-in.mjs";
import { FILES, isReady } from "./harness/bare-page.mjs";
import { openBrowser } from "./harness/chromium.mjs";
import { serveFolders } from "./harness/static-server.mjs";
import { watch } from "./harness/watched.mjs";

const API = `/api/v1/organizations/${ORGANIZATION}`;

/** Begun once, these are finished whoever waits: see `crates/session/src/renewal.rs`, `capacity.rs` and `sign_in.rs`. */
const FINISHED = ["/api/org_token/refresh/", `${API}/requests`, "/api/token/blacklist/", "/source/definition"];

/** A stand-in whose cluster takes a moment to wake, and tells of it as events. */
async function waking(t, generation) {
  const server = await standIn(t, { generation });
  const { routes, state } = server;
  let ordered = 0;
  state.request = { id: "r-1", user: USER, nodes: 2, expires_at: "2026-11-24T10:00:00Z" };
  const status = () => statusOf({ ...state, nodes: Date.now() - ordered < 40 ? 0 : 2 });
  const place = routes[`POST ${API}/requests`];
  routes[`POST ${API}/requests`] = (...given) => {
    ordered = Date.now();
    return place(...given);
  };
  routes[`GET ${API}/status`] = () => [200, status()];
  routes[`GET ${API}/events`] = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "access-control-allow-origin": "*" });
    const say = () => response.write(`event: status\ndata: ${JSON.stringify(status())}\n\n`);
    say();
    const timer = setTimeout(say, 50);
    response.on("close", () => clearTimeout(timer));
  };
  // Each run begins with the tokens of the first sign-in, of which a real server would take the refresh token once.
  const refresh = routes["POST /api/org_token/refresh/"];
  routes["POST /api/org_token/refresh/"] = () =>
    refresh({ text: JSON.stringify({ refresh: `refresh-${state.issued}` }) });
  return server;
}

/** In a page: counts the steps of what runs, and does something at one of them. */
function instrument() {
  const real = { setTimeout: globalThis.setTimeout.bind(globalThis), fetch: globalThis.fetch };
  const steps = { count: 0, at: 0, act: () => {}, open: new Set(), unhandled: [] };
  const step = () => {
    steps.count += 1;
    if (steps.count === steps.at) steps.act();
  };
  const stepped = (act) =>
    async function (...given) {
      step();
      const result = await act.apply(this, given);
      step();
      return result;
    };
  globalThis.fetch = stepped(async (url, options) => {
    const entry = { url, signal: options.signal };
    steps.open.add(entry);
    try {
      return await real.fetch.call(globalThis, url, options);
    } finally {
      steps.open.delete(entry);
    }
  });
  globalThis.setTimeout = (act, ...more) =>
    real.setTimeout(
      () => {
        step();
        act();
      },
      ...more,
    );
  for (const [prototype, method] of [
    [Response.prototype, "text"],
    [ReadableStreamDefaultReader.prototype, "read"],
  ]) {
    prototype[method] = stepped(prototype[method]);
  }
  const { postMessage } = BroadcastChannel.prototype;
  BroadcastChannel.prototype.postMessage = function (message) {
    step();
    postMessage.call(this, message);
  };
  const { request } = LockManager.prototype;
  LockManager.prototype.request = function (name, options, held) {
    step();
    return request.call(this, name, options, (lock) => {
      step();
      return held(lock);
    });
  };
  addEventListener("unhandledrejection", ({ reason }) => steps.unhandled.push(`rejection: ${reason}`));
  addEventListener("error", ({ message }) => steps.unhandled.push(`error: ${message}`));
  Object.assign(globalThis, { steps, stepped, pause: (ms) => new Promise((resolve) => real.setTimeout(resolve, ms)) });
}

/** In a page: what is called, with a session and a signal. */
function nameCalls() {
  globalThis.calls = {
    init: (_, { signal, options: { url, organization }, credentials, store }) =>
      sliderule.init(url, { organization, credentials, store, desiredNodes: 2, signal }),
    authenticate: (session, { signal, credentials }) => session.authenticate(undefined, { ...credentials, signal }),
    github: (session, { signal, githubToken }) => session.authenticate(undefined, { githubToken, signal }),
    cached: (session, { signal }) => session.authenticate(undefined, { signal }),
    scaleout: (session, { signal }) => session.scaleout({ desiredNodes: 2, signal }),
    updateAvailableServers: (session, { signal }) => session.updateAvailableServers({ desiredNodes: 2, signal }),
    source: (session, { signal }) => session.source("time", {}, { signal }),
    stream: (session, { signal }) => session.stream("atl06p", {}, { signal }).collect(),
    checkVersion: (session, { signal }) => session.checkVersion({ signal }),
    status: (session, { signal }) => session.status({ signal }),
    costs: (session, { signal }) => session.costs({ signal }),
    estimate: (session, { signal }) => session.estimate({ desiredNodes: 2, timeToLive: 15, signal }),
    extend: (session, { signal }) => session.extend({ requestId: "r-1", timeToLive: 15, signal }),
    release: (session, { signal }) => session.release({ requestId: "r-1", signal }),
    signOut: (session, { signal }) => session.signOut({ signal }),
  };
}

/** In a page: aborts one call at each of its steps, and tells of each run in which something was not as it should be. */
async function abortEverywhere({ name, start, options, credentials, githubToken, finished }) {
  const call = globalThis.calls[name];
  const { steps, stepped, pause } = globalThis;
  const problems = [];
  let runs = 0;

  /** A store of its own for each run, with what the first sign-in left. */
  const storeOf = (kept) => ({
    channel: `aborts ${options.url}`,
    get: stepped(async (key) => kept.get(key)),
    set: stepped(async (key, value) => void kept.set(key, value)),
    delete: stepped(async (key) => void kept.delete(key)),
  });
  const left = async () => {
    const { held, pending } = await navigator.locks.query();
    const locks = [...held, ...pending].map((lock) => lock.name).filter((lock) => lock.includes(options.url));
    return { requests: [...steps.open].map(({ url }) => url), locks };
  };
  const isEmpty = ({ requests, locks }) => requests.length + locks.length === 0;

  const first = new Map();
  const setUp = sliderule.createSession({ ...options, store: storeOf(first) });
  await setUp.authenticate(undefined, credentials);
  setUp.dispose();
  for (const [key, kept] of first) {
    // Tokens past half their life, or their end, are renewed before anything else, with all that belongs to it.
    const { version, text } = JSON.parse(kept);
    if (!text.startsWith("{")) continue;
    const aged = { aging: { renew_at: 1 }, ended: { renew_at: 1, expires_at: 2 } }[start];
    first.set(key, JSON.stringify({ version, text: JSON.stringify({ ...JSON.parse(text), ...aged }) }));
  }

  /** One run, with an abort at a step; or as soon as so many microtasks have passed. */
  async function run({ at = 0, microtasks = null, reason }) {
    runs += 1;
    const where = `${name} (${start}), aborted at ${microtasks === null ? `step ${at}` : `microtask ${microtasks}`}`;
    const complain = (what) => problems.push(`${where}: ${what}`);
    const store = storeOf(start === "nobody" ? new Map() : new Map(first));
    const session = sliderule.createSession({ ...options, store });
    if (start === "signed in" || start === "aging") await session.authenticate();
    const controller = new AbortController();
    let begun = false;
    Object.assign(steps, {
      count: 0,
      at,
      act: () => {
        controller.abort(reason);
        begun = true;
      },
    });
    const { signal } = controller;
    const promise = Promise.resolve(call(session, { signal, options, credentials, githubToken, store }));
    const outcome = promise.then(
      (value) => ({ value }),
      (error) => ({ error }),
    );
    if (microtasks !== null) {
      for (let n = 0; n < microtasks; n += 1) await null;
      steps.act();
    }
    const ended = await outcome;
    const count = steps.count;
    steps.at = 0;
    // What the last step leaves to be done may be for others: the call itself has ended.
    const wasDone = at === count && "value" in ended;
    if (begun && !wasDone) {
      if (!("error" in ended) || ended.error !== reason) complain(`it ended with ${ended.error ?? "a value"}`);
      const goesOn = [...steps.open].filter(({ url, signal }) => {
        return !signal.aborted && !finished.some((each) => url.includes(each));
      });
      if (goesOn.length > 0) complain(`goes on: ${goesOn.map(({ url }) => url)}`);
    } else if (at === 0 && "error" in ended) {
      complain(`without an abort it failed: ${ended.error.code} ${ended.error.message ?? ended.error}`);
    }
    for (let n = 0; n < 100 && !isEmpty(await left()); n += 1) await pause(10);
    const rest = await left();
    if (!isEmpty(rest)) complain(`left: ${JSON.stringify(rest)}`);
    // After `init` the session is the module's own.
    const after = name === "init" ? sliderule : session;
    try {
      if (!after.authenticated) await after.authenticate(undefined, credentials);
      if ((await after.source("time")).format !== "GPS") complain("a wrong answer afterwards");
    } catch (error) {
      complain(`afterwards ${error.code}: ${error.message}`);
    }
    session.dispose();
    return count;
  }

  const count = await run({ at: 0 });
  const reasons = [new Error("mine"), "text", null, undefined, 0];
  for (let at = 1; at <= count; at += 1) {
    const reason = reasons[at % reasons.length];
    // `abort(undefined)` makes a reason, which is nobody's own.
    await run({ at, reason: reason === undefined ? new DOMException("theirs", "AbortError") : reason });
  }
  for (const microtasks of [0, 1, 3, 8, 21]) await run({ microtasks, reason: "soon" });
  await pause(20);
  problems.push(...steps.unhandled.splice(0));
  return { runs, count, problems };
}

/** What older provisioning systems are asked in a way of their own. */
const OLDER = ["init", "authenticate", "cached", "source", "updateAvailableServers", "signOut"];

/** What is aborted from which start: with nothing kept, signed in, and with tokens past half their life or their end. */
const SCENES = [
  ["nobody", ["init", "authenticate", "github"]],
  ["signed in", ["scaleout", "updateAvailableServers", "source", "stream", "checkVersion"]],
  ["signed in", ["status", "costs", "estimate", "extend", "release", "signOut"]],
  ["aging", ["source", "scaleout"]],
  ["ended", ["cached"]],
];

test("whatever is aborted, wherever, ends as the caller says", { concurrency: 4 }, async (t) => {
  const pages = await serveFolders(t, FILES);
  const context = await openBrowser(t);
  watch(context);

  /** One page with a deployment of its own, so that none has to do with the locks and tokens of another. */
  const play = (generation, start, names) =>
    t.test(`${generation}, ${start}`, async (t) => {
      const server = await waking(t, generation);
      const page = await context.newPage();
      await page.goto(`${pages}/bare.html`);
      await page.waitForFunction(isReady);
      await page.evaluate(instrument);
      await page.evaluate(nameCalls);
      const options = { url: server.url, organization: ORGANIZATION };
      const credentials = { username: USER, password: PASSWORD };
      for (const name of names) {
        const given = { name, start, options, credentials, githubToken: GITHUB_TOKEN, finished: FINISHED };
        const { runs, count, problems } = await page.evaluate(abortEverywhere, given);
        t.diagnostic(`${name}: ${count} steps, ${runs} runs`);
        note("rejection", problems);
        assert.deepEqual(problems.slice(0, 10), []);
        assert.ok(count > 2, `${name} takes steps`);
      }
    });

  const scenes = SCENES.flatMap(([start, names]) => {
    const older = names.filter((name) => OLDER.includes(name));
    return [play("ours", start, names), ...(older.length > 0 ? [play("older", start, older)] : [])];
  });
  await Promise.all(scenes);
});
