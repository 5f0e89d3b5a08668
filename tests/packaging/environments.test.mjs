/**
 * The same smoke test in every environment that the package is for: sign in, scale, stream, against one real provisioning
 * system with nodes of its own.
 *
 * Each environment is a small project in `environments/`, which is what `docs/ENVIRONMENTS.md` shows, and has an
 * organization of its own: nothing that one does is seen by another.
 */

import assert from "node:assert/strict";
import { cp, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { chromiumMissing, openBrowser } from "../browser/harness/chromium.mjs";
import { command, startProvisioning } from "../browser/harness/provisioning.mjs";
import { serveSite } from "../browser/harness/static-server.mjs";
import { readPage } from "./harness/pages.mjs";
import { build, runScript, startServer } from "./harness/programs.mjs";
import { isInstalled, makeProject, openWorkshop, scripts } from "./harness/projects.mjs";

/** What the reference node makes of the granules, wherever the question comes from. */
const SEEN = { user: "ada", nodes: 2, rows: 5815, meanHeight: 708.359, warnings: ["credentials_missing"] };

/** Chromium says so itself, where a policy forbids something. */
const POLICY = /Content[ -]Security[ -]Policy/i;

/**
 * @typedef {object} Place
 * @property {import("node:test").TestContext} t
 * @property {string} environment
 * @property {string} project the folder of the project
 * @property {string} origin of the provisioning system
 * @property {(url: string, options?: { mayComplain?: RegExp }) => ReturnType<typeof readPage>} open opens a page in Chromium
 */

/**
 * @typedef {object} Test
 * @property {string} name
 * @property {string} environment
 * @property {boolean} [inBrowser] whether it needs Chromium
 * @property {string} [runtime] the scope of the npm packages that have its runtime, for certain systems
 * @property {(place: Place) => Promise<void>} check
 */

/** @type {Test[]} */
const TESTS = [
  { name: "Node, import", environment: "node-module", check: prints },
  { name: "Node, require", environment: "node-require", check: prints },
  { name: "Node, its own entry", environment: "node-entry", check: prints },
  { name: "Node, slim entry with bytes", environment: "node-slim", check: prints },
  { name: "Deno, with no permission but the network", environment: "deno", runtime: "@deno", check: prints },
  { name: "Deno, slim entry with a URL", environment: "deno-slim", runtime: "@deno", check: prints },
  { name: "Deno, Node's entry", environment: "deno-entry", runtime: "@deno", check: prints },
  { name: "Bun", environment: "bun", runtime: "@oven", check: prints },
  { name: "Bun, slim entry with a URL", environment: "bun-slim", runtime: "@oven", check: prints },
  { name: "Bun, Node's entry", environment: "bun-entry", runtime: "@oven", check: prints },
  { name: "bundled for a server by esbuild, as ES module and CommonJS", environment: "esbuild-server", check: bundled },
  { name: "bundled for a server, Node's entry left out", environment: "esbuild-server-entry", check: bundled },
  {
    name: "rendered on the server, then alive in the page",
    environment: "server-rendered",
    inBrowser: true,
    check: hydrated,
  },
  ...["vite", "vite-slim", "vite-worker"].flatMap((environment) => [
    { name: `${environment}, development server`, environment, inBrowser: true, check: developed },
    { name: `${environment}, build`, environment, inBrowser: true, check: builtIn("dist/") },
  ]),
  ...["webpack", "rollup", "esbuild"].flatMap((bundler) => [
    { name: bundler, environment: bundler, inBrowser: true, check: builtIn("") },
    { name: `${bundler}, slim entry`, environment: `${bundler}-slim`, inBrowser: true, check: builtIn("") },
  ]),
  { name: "a page with an import map", environment: "browser", inBrowser: true, check: shows() },
  { name: "a page with an import map, slim entry", environment: "browser-slim", inBrowser: true, check: shows() },
  { name: "a module worker", environment: "module-worker", inBrowser: true, check: shows() },
  { name: "a service worker", environment: "service-worker", inBrowser: true, check: shows() },
  { name: "a service worker, slim entry", environment: "service-worker-slim", inBrowser: true, check: shows() },
  {
    name: "a sandboxed frame keeps tokens in memory",
    environment: "sandboxed-frame",
    inBrowser: true,
    check: degraded,
  },
  ...["strict-csp", "strict-csp-slim"].flatMap((environment) => [
    { name: `${environment}, a page with that policy`, environment, inBrowser: true, check: allowed },
    { name: `${environment}, where it forbids WebAssembly`, environment, inBrowser: true, check: forbidden },
  ]),
  { name: "two copies in one page", environment: "two-copies", inBrowser: true, check: twice },
  { name: "an import alone does nothing", environment: "import-only", inBrowser: true, check: untouched },
];

test("the package signs in, scales and streams in every environment", { concurrency: 3 }, async (t) => {
  const [provisioning, workshop] = await Promise.all([startProvisioning(t), openWorkshop(t)]);
  const noBrowser = chromiumMissing();
  const browser = noBrowser === undefined ? await openBrowser(t) : undefined;

  await Promise.all(
    TESTS.map(({ name, environment, inBrowser = false, runtime, check }, number) =>
      t.test(name, { skip: (inBrowser && noBrowser) || (runtime && runtimeMissing(runtime)) }, async (t) => {
        const account = await openAccount(provisioning, `${environment}-${number}`);
        const project = await makeProject(workshop, environment, account);
        const open = (/** @type {string} */ url, /** @type {{ mayComplain?: RegExp } | undefined} */ options) => {
          assert.ok(browser);
          return readPage(browser, url, options);
        };
        await check({ t, environment, project, origin: provisioning.origin, open });
      }),
    ),
  );
  await provisioning.stop();
});

/**
 * Why a test has to be left out; where continuous integration runs, that is no reason.
 *
 * @param {string} scope
 * @returns {string | undefined}
 */
function runtimeMissing(scope) {
  const isThere = isInstalled(scope) || process.env.CI !== undefined;
  return isThere ? undefined : `npm has no package of ${scope} for this machine`;
}

/**
 * An organization with a sleeping cluster, of which Ada is a member.
 *
 * @param {import("../browser/harness/provisioning.mjs").Provisioning} provisioning
 * @param {string} organization
 */
async function openAccount({ origin, data, account: { user, password } }, organization) {
  await command(data, ["org", "add", organization, "--owner", "olga", "--credit", "25", "--max-nodes", "4"]);
  await command(data, ["member", "add", organization, user]);
  return { url: origin, organization, username: user, password };
}

/** @param {Place} place */
async function prints({ project }) {
  const { output } = await runScript(project, "start");
  assert.deepEqual(JSON.parse(output), SEEN);
}

/** @param {Place} place */
async function bundled({ project }) {
  await build(project);
  for (const script of Object.keys(await scripts(project)).filter((name) => name !== "build")) {
    const { output } = await runScript(project, script);
    assert.deepEqual(JSON.parse(output), SEEN, script);
  }
}

/** @param {Place} place */
async function developed({ t, project, open }) {
  const { shown } = await open(await startServer(t, project, "dev"));
  assert.deepEqual(shown, SEEN);
}

/**
 * The default entry is all that a page loads; with the slim one, the module is beside it, once.
 *
 * @param {string} page path of the page
 * @returns {(place: Place) => Promise<void>}
 */
function builtIn(page) {
  return async (place) => {
    await build(place.project);
    const made = await readdir(join(place.project, "dist"), { recursive: true });
    const modules = made.filter((file) => file.endsWith(".wasm"));
    assert.equal(modules.length, place.environment.endsWith("-slim") ? 1 : 0, modules.join(", "));
    await shows(page)(place);
  };
}

/**
 * @param {string} [page] path of the page
 * @returns {(place: Place) => Promise<void>}
 */
function shows(page = "") {
  return async ({ t, project, open }) => {
    const { shown } = await open(`${await serveSite(t, join(project, page))}/`);
    assert.deepEqual(shown, SEEN);
  };
}

/** @param {Place} place */
async function degraded({ t, project, open }) {
  const { shown } = await open(`${await serveSite(t, project)}/`);
  const { warnings, ...seen } = shown;
  assert.deepEqual({ ...seen, warnings: [] }, { ...SEEN, warnings: [] });
  assert.deepEqual(warnings.sort(), [...SEEN.warnings, "storage_degraded"].sort());
}

/**
 * The project's own policy, as strict as one can be that still lets a page run scripts of its own and speak to the system.
 *
 * @param {Place} place
 * @returns {Promise<string>}
 */
async function policy({ project, origin }) {
  const text = await readFile(join(project, "policy.txt"), "utf8");
  return text.trim().replace("https://ps.slideruleearth.io https://acme.slideruleearth.io", origin);
}

/** @param {Place} place */
async function allowed(place) {
  const headers = { "Content-Security-Policy": await policy(place) };
  const { shown } = await place.open(`${await serveSite(place.t, place.project, headers)}/`);
  assert.deepEqual(shown, SEEN);
}

/** @param {Place} place */
async function forbidden(place) {
  const stricter = (await policy(place)).replace(" 'wasm-unsafe-eval'", "");
  const site = await serveSite(place.t, place.project, { "Content-Security-Policy": stricter });
  const { shown } = await place.open(`${site}/`, { mayComplain: POLICY });
  assert.equal(shown.error, "wasm_blocked");
  assert.match(shown.message, /'wasm-unsafe-eval'/);
}

/**
 * On the server nothing happens but the first text. In the page React's strict mode mounts everything twice, so that the first
 * session is disposed of with its first call under way; what the page shows comes from the second.
 *
 * @param {Place} place
 */
async function hydrated({ t, project, open }) {
  await build(project);
  const { output } = await runScript(project, "start");
  assert.match(output, /<p>Waking the cluster<\/p>/);
  await writeFile(join(project, "index.html"), output);
  const { shown } = await open(`${await serveSite(t, project)}/`);
  assert.deepEqual(shown, { nodes: 2, rows: 2546 });
}

/** @param {Place} place */
async function twice({ t, project, open }) {
  const modules = join(project, "node_modules");
  await cp(join(modules, "sliderule-wasm"), join(modules, "sliderule-wasm-other"), { recursive: true });
  const { shown } = await open(`${await serveSite(t, project)}/`);
  assert.deepEqual(shown, [SEEN, SEEN]);
}

/** @param {Place} place */
async function untouched({ t, project, open }) {
  const { shown, requested } = await open(`${await serveSite(t, project)}/`);
  assert.deepEqual(shown.after, shown.before);
  assert.deepEqual(
    requested.filter((path) => /wasm$|inlined/.test(path)),
    [],
  );
}
