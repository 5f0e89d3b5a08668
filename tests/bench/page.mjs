/** How long a page is held up while it decodes a stream: in Chromium, from the package as it is published. */

import { openBrowser, openPage } from "../browser/harness/chromium.mjs";
import { serveFolders } from "../browser/harness/static-server.mjs";

const BARE = `<!doctype html>
<meta charset="utf-8">
<title>Bare page</title>
<link rel="icon" href="data:,">
<script type="module">
  import * as sliderule from "/js/index.js";
  globalThis.sliderule = sliderule;
</script>`;

/** How many streams count, after one in which the module is compiled. */
const TURNS = 5;

/** What the browser calls the running of a page's own code: within a task, or when one ends. */
const SCRIPT = new Set(["FunctionCall", "RunMicrotasks", "v8.callFunction"]);

/**
 * The longest time for which the page's own code held its main thread while it decoded a stream, collecting garbage
 * included, and the longest task of any kind, also while a bare `fetch` drains the same: browsers read bodies in tasks of
 * their own, which no page can cut. In milliseconds by the clock; medians over some streams.
 *
 * @param {string} url Of the node.
 * @param {number} bytes
 * @returns {Promise<{ script: number, task: number, bareTask: number }>}
 */
export async function longestBlocks(url, bytes) {
  /** @type {(() => unknown)[]} */
  const after = [];
  const t = /** @type {any} */ ({ after: (/** @type {() => unknown} */ done) => after.unshift(done) });
  try {
    const origin = await serveFolders(t, { folders: ["js", "pkg"], pages: { "/bare.html": BARE } });
    const context = await openBrowser(t);
    const { page } = await openPage(context);
    await page.goto(`${origin}/bare.html`);
    await page.waitForFunction(() => "sliderule" in globalThis);
    const client = await context.newCDPSession(page);
    /** @type {{ script: number, task: number }[]} */
    const decoded = [];
    /** @type {{ script: number, task: number }[]} */
    const drained = [];
    for (let turn = 0; turn <= TURNS; turn += 1) {
      decoded.push(await traced(client, () => page.evaluate(decodeThere, { url, bytes })));
      drained.push(await traced(client, () => page.evaluate(drainThere, { url, bytes })));
    }
    return {
      script: median(decoded.slice(1).map(({ script }) => script)),
      task: median(decoded.slice(1).map(({ task }) => task)),
      bareTask: median(drained.slice(1).map(({ task }) => task)),
    };
  } finally {
    for (const done of after) await done();
  }
}

/**
 * @param {import("playwright-core").CDPSession} client
 * @param {() => Promise<void>} run
 */
async function traced(client, run) {
  /** @type {any[]} */
  const events = [];
  const collect = (/** @type {{ value: any[] }} */ { value }) => events.push(...value);
  client.on("Tracing.dataCollected", collect);
  await client.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      includedCategories: ["disabled-by-default-devtools.timeline", "devtools.timeline", "v8", "__metadata"],
    },
  });
  await run();
  const complete = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.end");
  await complete;
  client.off("Tracing.dataCollected", collect);
  const thread = (/** @type {any} */ { pid, tid }) => `${pid} ${tid}`;
  const named = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const main = new Set(named.map(thread));
  const longest = (/** @type {(name: string) => boolean} */ counts) =>
    Math.max(...events.filter((event) => main.has(thread(event)) && counts(event.name)).map(({ dur }) => dur ?? 0)) /
    1000;
  return { script: longest((name) => SCRIPT.has(name)), task: longest((name) => name === "RunTask") };
}

/**
 * Runs inside the page.
 *
 * @param {{ url: string, bytes: number }} how
 */
async function decodeThere({ url, bytes }) {
  const { createSession } = /** @type {any} */ (globalThis).sliderule;
  const session = createSession({ url, organization: null });
  for await (const { length } of session.stream(`records/${bytes}`))
    if (length === 0) throw new Error("an empty batch");
}

/**
 * Runs inside the page.
 *
 * @param {{ url: string, bytes: number }} how
 */
async function drainThere({ url, bytes }) {
  const { body } = await fetch(`${url}/source/records/${bytes}`, { method: "POST" });
  const reader = body?.getReader();
  while (!(await reader?.read())?.done);
}

/** @param {number[]} values */
function median(values) {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
