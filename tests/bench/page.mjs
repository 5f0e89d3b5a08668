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

/**
 * The longest time in milliseconds for which nothing else ran on the main thread; the median of three streams.
 *
 * @param {string} url Of the node.
 * @param {number} bytes
 * @returns {Promise<number>}
 */
export async function longestBlock(url, bytes) {
  /** @type {(() => unknown)[]} */
  const after = [];
  const t = /** @type {any} */ ({ after: (/** @type {() => unknown} */ done) => after.unshift(done) });
  try {
    const origin = await serveFolders(t, { folders: ["js", "pkg"], pages: { "/bare.html": BARE } });
    const { page } = await openPage(await openBrowser(t));
    await page.goto(`${origin}/bare.html`);
    await page.waitForFunction(() => "sliderule" in globalThis);
    const blocks = [];
    for (let turn = 0; turn <= 3; turn += 1) blocks.push(await page.evaluate(decodeThere, { url, bytes }));
    // In the first one the module is compiled.
    const [, ...counted] = blocks;
    return counted.sort((one, other) => one - other)[1] ?? 0;
  } finally {
    for (const done of after) await done();
  }
}

/**
 * Runs inside the page: decodes a stream, and all the while looks how late its own turn comes.
 *
 * @param {{ url: string, bytes: number }} how
 */
async function decodeThere({ url, bytes }) {
  const { createSession } = /** @type {any} */ (globalThis).sliderule;
  const session = createSession({ url, organization: null });
  const { port1, port2 } = new MessageChannel();
  let longest = 0;
  let last = performance.now();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    port2.postMessage(undefined);
  };
  port2.postMessage(undefined);
  for await (const { length } of session.stream(`records/${bytes}`))
    if (length === 0) throw new Error("an empty batch");
  port1.close();
  return longest;
}
