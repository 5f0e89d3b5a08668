/** Pages that import the package by its name, without a bundler, and leave it to the test. */

const HEAD = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">`;

/** A page of its own. */
const BARE = `${HEAD}
<title>Bare page</title>
<script type="importmap">{ "imports": { "sliderule-wasm": "/js/index.js" } }</script>
<script type="module">
  import "/tell.js";
  import * as sliderule from "sliderule-wasm";
  globalThis.sliderule = sliderule;
  document.title = "Ready";
</script>`;

/** The same under a policy that lets it run its scripts, and no WebAssembly. */
const STRICT = BARE.replace(
  HEAD,
  `${HEAD}
<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'unsafe-inline'">`,
);

/** A page whose frame has no origin, and therefore no storage. */
const SANDBOX = `${HEAD}
<title>Sandbox</title>
<iframe sandbox="allow-scripts" src="/bare.html" title="A frame without an origin"></iframe>`;

/**
 * A module worker: it runs the function it is sent, as text, with the package and the argument it is sent. Import maps do not
 * reach workers.
 */
const WORKER = `
import "/tell.js";
import * as sliderule from "/js/index.js";
globalThis.sliderule = sliderule;
onmessage = async ({ data: { act, argument } }) => {
  try {
    postMessage({ value: await (0, eval)("(" + act + ")")(argument) });
  } catch (error) {
    postMessage({ error: String(error?.code ?? error) });
  }
};`;

/**
 * Writes on the console what the client tells its caller: errors with all that hangs on them, events, warnings, failures and
 * answers. So they are searched for secrets with everything else that is on the console, see `tests/node/secrets.mjs`.
 */
const TELL = `
import { Connection } from "/js/connection.js";
import { SlideRuleError } from "/js/errors.js";
import { Ports } from "/js/ports.js";

function words(said) {
  if (!(said instanceof Error)) return typeof said === "string" ? said : JSON.stringify(said) ?? String(said);
  const { name, message, stack, cause, ...more } = said;
  return [name, message, stack, words({ ...said, ...more, cause: undefined }), cause && words(cause)].join(" ");
}
const tell = (kind, said) => console.debug("the client said:", kind, words(said));

function tap(prototype, method, look) {
  const real = prototype[method];
  prototype[method] = function (...given) {
    look(...given);
    return real.apply(this, given);
  };
}
tap(Ports.prototype, "emit", (_, event) => tell("event", event));
tap(Ports.prototype, "succeeded", (_, value) => tell("answer", value));
tap(Ports.prototype, "failed", (_, failure) => tell("failure", failure));
tap(Connection.prototype, "warn", (warning) => tell("warning", warning));
// The constructor of the error sets its name, which an accessor here gets to know.
Object.defineProperty(SlideRuleError.prototype, "name", {
  configurable: true,
  set(value) {
    Object.defineProperty(this, "name", { value, writable: true, enumerable: true, configurable: true });
    queueMicrotask(() => tell("error", this));
  },
});`;

/** What `serveFolders` is to serve for them. */
export const FILES = {
  folders: ["js", "pkg"],
  pages: {
    "/bare.html": BARE,
    "/sandbox.html": SANDBOX,
    "/strict.html": STRICT,
    "/worker.js": WORKER,
    "/tell.js": TELL,
  },
};

/** In a page: whether it has the package. */
export const isReady = () => "sliderule" in globalThis;
