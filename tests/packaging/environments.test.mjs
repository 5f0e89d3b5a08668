/**
 * The same smoke test in every environment that the package is for: sign in, scale, stream, against one real provisioning
 * system with nodes of its own.
 *
 * Each environment is a small project in `environments/`, which is what `docs/ENVIRONMENTS.md` shows, and has an
 * organization of its own: nothing that one does is seen by another.
 */

import assert from "node:assert/strict";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { chromiumMissing, openBrowser } from "../browser/harness/chromium.mjs";
import { command, startProvisioning } from "../browser/harness/provisioning.mjs";
import { serveSite } from "../browser/harness/static-server.mjs";
import { readPage } from "./harness/pages.mjs";
import { build, runScript, startServer } from "./harness/programs.mjs";
import { makeProject, openWorkshop } from "./harness/projects.mjs";

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
 * Which test is run in which project; `inBrowser` for those that need Chromium.
 *
 * @type {{ name: string, environment: string, inBrowser?: boolean, check: (place: Place) => Promise<void> }[]}
 */
const TESTS = [
  { name: "Node, import", environment: "node-module", check: prints },
  { name: "Node, require", environment: "node-require", check: prints },
  { name: "Node, its own entry", environment: "node-entry", check: prints },
  { name: "Node, slim entry with bytes", environment: "node-slim", check: prints },
  { name: "Deno, with no permission but the network", environment: "deno", check: prints },
  { name: "Deno, slim entry with a URL", environment: "deno-slim", check: prints },
  { name: "Bun", environment: "bun", check: prints },
  { name: "Bun, slim entry with a URL", environment: "bun-slim", check: prints },
  { name: "bundled for a server by esbuild, as ES module and CommonJS", environment: "esbuild-server", check: bundled },
  ...["vite", "vite-slim"].flatMap((environment) => [
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
  { name: "a service worker, slim entry", environment: "service-worker", inBrowser: true, check: shows() },
  {
    name: "a sandboxed frame keeps tokens in memory",
    environment: "sandboxed-frame",
    inBrowser: true,
    check: degraded,
  },
  { name: "a page with a strict policy", environment: "strict-csp", inBrowser: true, check: allowed },
  { name: "a page whose policy forbids WebAssembly", environment: "strict-csp", inBrowser: true, check: forbidden },
  { name: "two copies in one page", environment: "two-copies", inBrowser: true, check: twice },
  { name: "an import alone does nothing", environment: "import-only", inBrowser: true, check: untouched },
];

test("the package signs in, scales and streams in every environment", { concurrency: 3 }, async (t) => {
  const [provisioning, workshop] = await Promise.all([startProvisioning(t), openWorkshop(t)]);
  const missing = chromiumMissing();
  const browser = missing === undefined ? await openBrowser(t) : undefined;

  await Promise.all(
    TESTS.map(({ name, environment, inBrowser = false, check }, number) =>
      t.test(name, { skip: inBrowser && browser === undefined ? missing : false }, async (t) => {
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
  for (const script of ["start", "start:commonjs"]) {
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
 * A policy as strict as one can be that still lets the page run scripts of its own and speak to the provisioning system.
 *
 * @param {string} scripts
 * @param {string} origin
 */
function policy(scripts, origin) {
  const rest = "img-src data:; require-trusted-types-for 'script'; trusted-types 'none'";
  return { "Content-Security-Policy": `default-src 'none'; script-src ${scripts}; connect-src ${origin}; ${rest}` };
}

/** @param {Place} place */
async function allowed({ t, project, origin, open }) {
  const { shown } = await open(`${await serveSite(t, project, policy("'self' 'wasm-unsafe-eval'", origin))}/`);
  assert.deepEqual(shown, SEEN);
}

/** @param {Place} place */
async function forbidden({ t, project, origin, open }) {
  const site = await serveSite(t, project, policy("'self'", origin));
  const { shown } = await open(`${site}/`, { mayComplain: POLICY });
  assert.equal(shown.error, "wasm_blocked");
  assert.match(shown.message, /'wasm-unsafe-eval'/);
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
