/**
 * How few requests a session needs, and how soon it hears that its nodes are ready: `cargo xtask bench session`.
 *
 * Against a real provisioning system with real nodes on this machine. Arguments: `page` or `-` for whether there is a
 * Chromium, and a file for the figures or `-`.
 */

import { writeFileSync } from "node:fs";

import { createSession } from "sliderule-wasm/node";

import { openBrowser, openPage } from "../browser/harness/chromium.mjs";
import { startProvisioning } from "../browser/harness/provisioning.mjs";
import { serveFolders } from "../browser/harness/static-server.mjs";

const [browser = "-", file = "-"] = process.argv.slice(2);

/** How often a cluster is woken. */
const WAKES = 9;
const CALLERS = 100;
/** How long an access token lives in the measurement of refreshes. */
const ACCESS_SECONDS = 4;

/** @type {(() => unknown)[]} */
const after = [];
const t = /** @type {any} */ ({ after: (/** @type {() => unknown} */ done) => after.unshift(done) });

/** What was asked since it was last emptied. */
/** @type {string[]} */
const asked = [];
const plainFetch = globalThis.fetch;
globalThis.fetch = (request, options) => {
  asked.push(new URL(/** @type {Request} */ (request).url ?? request).pathname);
  return plainFetch(request, options);
};

/** @param {() => unknown} act */
async function requests(act) {
  asked.length = 0;
  await act();
  return asked.length;
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {number[]} numbers */
const median = (numbers) => numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;

try {
  const figures = { ...(await wire()), ...(await readiness()), ...(await refreshes()) };
  for (const [name, value] of Object.entries(figures)) {
    console.log(`${name.padEnd(34)} ${value === null ? "left out" : value.toFixed(1).padStart(10)}`);
  }
  if (file !== "-") writeFileSync(file, `${JSON.stringify({ session: figures })}\n`);
  const goals = {
    "2 requests with nothing cached": figures.requests_cold === 2,
    "1 request with a cached token": figures.requests_cached === 1,
    "2 requests with a refreshable one": figures.requests_refreshable === 2,
    "250 ms from ready to resolved": figures.ready_to_resolved_ms_median < 250,
    "1 refresh for 100 callers": figures.refreshes_for_100_callers === 1,
    "1 refresh for two tabs": figures.refreshes_for_two_tabs === null || figures.refreshes_for_two_tabs === 1,
  };
  const missed = Object.entries(goals).filter(([, met]) => !met);
  if (browser === "-") console.log("the two tabs were left out: there is no Chromium");
  if (missed.length > 0) {
    console.log(`missed: ${missed.map(([goal]) => goal).join(", ")}`);
    process.exitCode = 1;
  }
} finally {
  for (const done of after) await done();
}

/** Requests of `init` on a cluster that runs, so that scaling is aside. */
async function wire() {
  const { origin: url, account, stop } = await startProvisioning(t);
  const { user: username, password, organization } = account;
  /** @type {Map<string, string>} */
  const records = new Map();
  const store = {
    get: (/** @type {string} */ key) => records.get(key) ?? null,
    set: (/** @type {string} */ key, /** @type {string} */ value) => void records.set(key, value),
    delete: (/** @type {string} */ key) => void records.delete(key),
  };
  const awake = createSession({ url, organization });
  await awake.init({ credentials: { username, password }, desiredNodes: 1, timeToLive: 15 });

  /** @param {object} [options] */
  const init = (options) => requests(() => createSession({ url, organization, store }).init(options));
  const requests_cold = await init({ credentials: { username, password } });
  const requests_cached = await init();
  // As after half of the token's life.
  for (const [key, record] of records) {
    const { text, ...rest } = JSON.parse(record);
    if (!text.startsWith("{")) continue;
    records.set(key, JSON.stringify({ ...rest, text: JSON.stringify({ ...JSON.parse(text), renew_at: 0 }) }));
  }
  const requests_refreshable = await init();
  await awake.release();
  await stop();
  return { requests_cold, requests_cached, requests_refreshable };
}

/** From the moment at which the cluster's own count of nodes is complete to the end of the wait. */
async function readiness() {
  const { origin: url, account, stop } = await startProvisioning(t);
  const { user: username, password, organization } = account;
  const session = createSession({ url, organization });
  await session.authenticate(undefined, { username, password });
  const taken = [];
  for (let wake = 0; wake < WAKES; wake += 1) {
    const resolved = session.scaleout({ desiredNodes: 2, timeToLive: 15 }).then(() => performance.now());
    const ready = counted(url, organization, 2);
    taken.push(Math.max(0, (await resolved) - (await ready)));
    await session.release();
    while ((await session.status()).state !== "asleep") await pause(50);
  }
  await stop();
  return { ready_to_resolved_ms_median: median(taken), ready_to_resolved_ms_worst: Math.max(...taken) };
}

/**
 * When the gateway first counts so many nodes.
 *
 * @param {string} url
 * @param {string} organization
 * @param {number} wanted
 */
async function counted(url, organization, wanted) {
  for (;;) {
    const answer = await plainFetch(`${url}/clusters/${organization}/discovery/status`);
    if ((await answer.json()).nodes >= wanted) return performance.now();
    await pause(2);
  }
}

/** Refreshes that callers with an expired token cause: in one session, and in two tabs of a browser. */
async function refreshes() {
  const moreSettings = `[tokens]\naccess_seconds = ${ACCESS_SECONDS}\n`;
  const { origin: url, account, stop } = await startProvisioning(t, { moreSettings });
  const { user: username, password, organization } = account;
  const session = createSession({ url, organization });
  await session.init({ credentials: { username, password }, desiredNodes: 1, timeToLive: 15 });
  await pause(1000 * ACCESS_SECONDS);
  await requests(() => Promise.all(Array.from({ length: CALLERS }, () => session.source("version"))));
  const refreshes_for_100_callers = asked.filter((path) => path.endsWith("/refresh/")).length;
  const refreshes_for_two_tabs = browser === "-" ? null : await tabs({ url, organization, username, password });
  await session.release();
  await stop();
  return { refreshes_for_100_callers, refreshes_for_two_tabs };
}

/** @param {{ url: string, organization: string, username: string, password: string }} account */
async function tabs({ url, organization, username, password }) {
  const page = `<!doctype html>
<title>Tab</title>
<link rel="icon" href="data:,">
<script type="module">
  import { createSession } from "/js/index.js";
  globalThis.session = createSession({ url: "${url}", organization: "${organization}", store: "local" });
</script>`;
  const pages = await serveFolders(t, { folders: ["js", "pkg"], pages: { "/tab.html": page } });
  const context = await openBrowser(t);
  const opened = [];
  let refreshes = 0;
  for (let tab = 0; tab < 2; tab += 1) {
    const { page: view } = await openPage(context);
    view.on("request", (request) => {
      if (request.url().endsWith("/refresh/") && request.method() === "POST") refreshes += 1;
    });
    await view.goto(`${pages}/tab.html`);
    await view.waitForFunction(() => "session" in globalThis);
    opened.push(view);
  }
  const [first, second] = opened;
  await first?.evaluate(signInThere, { username, password });
  await second?.evaluate(signInThere, null);
  refreshes = 0;
  await pause(1000 * ACCESS_SECONDS);
  await Promise.all(opened.map((view) => view.evaluate(callThere, CALLERS / 2)));
  return refreshes;
}

/** @param {{ username: string, password: string } | null} credentials */
async function signInThere(credentials) {
  const { session } = /** @type {any} */ (globalThis);
  await session.authenticate(undefined, credentials ?? undefined);
}

/** @param {number} callers */
async function callThere(callers) {
  const { session } = /** @type {any} */ (globalThis);
  await Promise.all(Array.from({ length: callers }, () => session.source("version")));
}
