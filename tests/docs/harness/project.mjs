/**
 * A project of somebody who reads the documents: the package is installed from its tarball, and the names that examples leave to
 * the reader (`parameters`, `session`, `showForm` …) are there.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { ROOT } from "../../browser/harness/static-server.mjs";
import { install, pack } from "../../packaging/harness/projects.mjs";

/** How long one example may take, on a machine with other work. */
const PATIENCE_MS = 60_000;

/** @typedef {{ url: string, organization: string, username: string, password: string }} Account */

/**
 * What examples take for granted, as a module: an entry, the account's default session, and what a reader would have.
 *
 * @param {string} entry
 * @param {Account} account
 */
const given = (entry, { url, organization, username, password }) => `
import * as sliderule from "${entry}";

const parameters = { resources: ["ATL03_20200304065203_10470607_003_01.h5"], parms: { cnf: 4 } };
const session = await sliderule.init(${JSON.stringify(url)}, {
  organization: "${organization}",
  desiredNodes: 1,
  credentials: ${JSON.stringify({ username, password })},
});
const { tables } = await session.stream("atl06p", parameters).collect();
const entries = new Map();
const keychain = {
  read: (key) => entries.get(key),
  write: (key, value) => entries.set(key, value),
  remove: (key) => entries.delete(key),
};
const showForm = async () => (${JSON.stringify({ username, password })});
const save = async () => {};
const password = ${JSON.stringify(password)};
const batch = tables.atl06rec;
const account = { url: ${JSON.stringify(url)}, organization: "${organization}", password };
const observable = { invalidation: new Promise(() => {}), display: console.log };
Object.assign(globalThis, sliderule, { session, parameters, batch, keychain, showForm, save, ...account, ...observable });
`;

/** What a program complained of, without the minified line that it complained of. */
const readable = (/** @type {string} */ text) => text.replace(/^.{400,}$/gm, "…").replace(/^ +\^$/gm, "");

/**
 * Makes the project, which goes with the test.
 *
 * @param {import("node:test").TestContext} t
 * @param {Account} account
 */
export async function openProject(t, account) {
  const folder = await mkdtemp(join(tmpdir(), "sliderule-documents-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "reader", private: true, type: "module" }));
  const { tarball } = await pack(folder);
  await install(folder, tarball);
  await symlink(join(ROOT, "node_modules/apache-arrow"), join(folder, "node_modules/apache-arrow"), "dir");
  await writeFile(join(folder, "process.mjs"), "");
  await writeFile(join(folder, "request.json"), '{ "resources": ["ATL03_20200304065203_10470607_003_01.h5"] }');
  await mkdir(join(folder, "given"));
  await writeFile(join(folder, "given/node.js"), given("sliderule-wasm/node", account));
  await writeFile(join(folder, "given/browser.js"), given("sliderule-wasm", account));

  const { url, organization, username, password } = account;
  const kept = Object.entries(process.env).filter(([name]) => !/^(PS_|SLIDERULE_|NETRC|XDG_|NODE_OPTIONS)/.test(name));
  const env = {
    ...Object.fromEntries(kept),
    PATH: `${join(folder, "node_modules/.bin")}${delimiter}${process.env.PATH}`,
    HOME: folder,
    SLIDERULE_URL: url,
    SLIDERULE_ORGANIZATION: organization,
    PS_USERNAME: username,
    PS_PASSWORD: password,
  };
  /** The public deployment and places of the reader's machine become what a test has. */
  const adapted = (/** @type {string} */ code) =>
    code.replaceAll('"slideruleearth.io"', JSON.stringify(url)).replaceAll("/srv/job", join(folder, "srv"));
  const run = async (/** @type {string} */ program, /** @type {string[]} */ words) => {
    const { stdout } = await promisify(execFile)(program, words, { cwd: folder, env, timeout: PATIENCE_MS }).catch(
      ({ code, stderr }) => assert.fail(`it ended with ${code}:\n${readable(stderr)}`),
    );
    return stdout.trim();
  };
  let count = 0;
  return {
    folder,
    adapted,
    /**
     * Runs an example in Node, which may lack some of the newest language.
     *
     * @param {string} code
     * @returns {Promise<string>} what it printed
     */
    async node(code) {
      count += 1;
      const name = `example-${count}.js`;
      const lowered = await transform(adapted(code), { target: "node20.19", format: "esm" });
      await writeFile(join(folder, name), lowered.code);
      const program = `await import("./given/node.js"); await import("./${name}");`;
      return await run(process.execPath, ["--input-type=module", "--eval", program]);
    },
    /**
     * @param {string} code
     * @returns {Promise<string>} what it printed
     */
    shell: (code) => run("sh", ["-ec", adapted(code)]),
    /**
     * Puts a page into the project that runs an example and then says so, after what it printed.
     *
     * @param {string} code
     * @returns {Promise<string>} its path
     */
    async pageOf(code) {
      count += 1;
      await writeFile(join(folder, `example-${count}.js`), adapted(code));
      return await this.page(`<!doctype html>
<title>Example</title>
<script type="importmap">{ "imports": { "sliderule-wasm": "./node_modules/sliderule-wasm/dist/index.js" } }</script>
<body></body>
<script type="module">
  await import("./given/browser.js");
  await import("./example-${count}.js");
  document.title = "Done";
</script>`);
    },
    /**
     * @param {string} html
     * @returns {Promise<string>} its path
     */
    async page(html) {
      count += 1;
      await writeFile(join(folder, `page-${count}.html`), adapted(html));
      return `page-${count}.html`;
    },
  };
}
