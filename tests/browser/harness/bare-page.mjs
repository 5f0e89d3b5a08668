/** Pages that import the package by its name, without a bundler, and leave it to the test. */

const HEAD = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">`;

/** A page of its own. */
const BARE = `${HEAD}
<title>Bare page</title>
<script type="importmap">{ "imports": { "sliderule-wasm": "/js/index.js" } }</script>
<script type="module">
  import * as sliderule from "sliderule-wasm";
  globalThis.sliderule = sliderule;
  document.title = "Ready";
</script>`;

/** A page whose frame has no origin, and therefore no storage. */
const SANDBOX = `${HEAD}
<title>Sandbox</title>
<iframe sandbox="allow-scripts" src="/bare.html" title="A frame without an origin"></iframe>`;

/**
 * A module worker: it runs the function it is sent, as text, with the package and the argument it is sent. Import maps do not
 * reach workers.
 */
const WORKER = `
import * as sliderule from "/js/index.js";
globalThis.sliderule = sliderule;
onmessage = async ({ data: { act, argument } }) => {
  try {
    postMessage({ value: await (0, eval)("(" + act + ")")(argument) });
  } catch (error) {
    postMessage({ error: String(error?.code ?? error) });
  }
};`;

/** What `serveFolders` is to serve for them. */
export const FILES = {
  folders: ["js", "pkg"],
  pages: { "/bare.html": BARE, "/sandbox.html": SANDBOX, "/worker.js": WORKER },
};

/** In a page: whether it has the package. */
export const isReady = () => "sliderule" in globalThis;
