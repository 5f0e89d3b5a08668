/**
 * The domain `sliderule.test` for a test: a real provisioning system with TLS on port 443, and a place to run Python
 * clients where that domain exists.
 *
 * Server and clients share a network and a view of the file system of their own (namespaces of Linux, made without any
 * privilege), with nothing in that network but them: a client under test cannot reach any other system, whatever it
 * does with its credentials. The client's packages are as they were published; host names and trusted certificates
 * are files that are mounted over those of the machine, inside only.
 *
 * `SLIDERULE_PYTHON` names the folder of the Python environment and the clients; otherwise it is `target/python`, where
 * `cargo xtask test python` installs them.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROGRAM, addUser, command, serve } from "../../browser/harness/provisioning.mjs";
import { ROOT } from "../../browser/harness/static-server.mjs";

const PLACE = process.env.SLIDERULE_PYTHON ?? join(ROOT, "target/python");
const INTERPRETER = join(PLACE, "environment/bin/python");
const HERE = fileURLToPath(new URL(".", import.meta.url));
const TLS = join(HERE, "../tls");
const SCRIPTS = join(HERE, "../scripts");

/** Users and their passwords. Olga owns every organization, Ada is a member of each; Bob and Eve of none. */
export const PEOPLE = {
  ada: "correct horse battery staple",
  bob: "another horse, another staple",
  eve: "a horse of a different colour",
  olga: "an owner's password",
};

/** `parked` has no line here: it is found by its address alone. */
const HOSTS = ["localhost", ...["ps", "acme", "poor", "outdated", "nowhere"].map((name) => `${name}.sliderule.test`)];

/** How long an access token lives: long enough for a busy machine to present one in the second half of its life. */
const ACCESS_SECONDS = 8;

const SETTINGS = `lease_seconds = 10
tail_seconds = 5
boot_seconds = 10

[tokens]
access_seconds = ${ACCESS_SECONDS}
refresh_seconds = 3600
`;

/** How long one script may take. */
const PATIENCE_MS = 90_000;

/**
 * Runs a script of the folder `scripts` as a user would, and returns what it told. `words` are its arguments; the
 * credentials, by default Ada's, are in its environment.
 *
 * @typedef {(script: string, options?: { words?: string[], user?: string, password?: string }) => Promise<any>} Run
 */

/**
 * Starts the system with four organizations: `acme`, asleep, with three nodes at most; `poor`, asleep, with hardly any
 * money; `parked`, which always has a node; `outdated`, whose one node is of another major release.
 *
 * @param {import("node:test").TestContext} t
 * @param {string} version the client's, such as `4.0.4`, which is also the release of the nodes
 * @returns {Promise<{ run: Run }>}
 */
export async function openDomain(t, version) {
  for (const file of [INTERPRETER, PROGRAM]) {
    await access(file).catch(() => {
      throw new Error(`There is no ${file}: run \`cargo xtask test python\`, which makes it.`);
    });
  }
  const data = await mkdtemp(join(tmpdir(), "sliderule-python-"));
  const [settings, hosts, home] = ["sliderule.toml", "hosts", "home"].map((name) => join(data, name));
  assert(settings && hosts && home);
  await Promise.all([writeFile(settings, SETTINGS), writeFile(hosts, `127.0.0.1 ${HOSTS.join(" ")}\n`), mkdir(home)]);
  for (const [name, password] of Object.entries(PEOPLE)) await addUser(data, name, password);
  const release = ["--node-version", `v${version}`];
  await addOrganization(data, "acme", [...release, "--credit", "25", "--max-nodes", "3"]);
  await addOrganization(data, "poor", [...release, "--credit", "0.10", "--max-nodes", "3"]);
  const one = ["--credit", "25", "--min-nodes", "1", "--max-nodes", "1"];
  await addOrganization(data, "parked", [...release, ...one]);
  await addOrganization(data, "outdated", ["--node-version", "v3.7.0", ...one]);

  const certificate = ["--tls-cert", join(TLS, "server.pem"), "--tls-key", join(TLS, "server.key")];
  const where = ["--listen", "127.0.0.1:443", "--domain", "sliderule.test", "--config", settings, "--data", data];
  const enter = [INTERPRETER, "-B", join(HERE, "enter.py"), hosts, join(TLS, "ca.pem")];
  const { id } = await serve(
    t,
    ["unshare", "--map-root-user", "--net", "--mount", ...enter, PROGRAM, "serve", ...where, ...certificate],
    data,
  );
  /** @type {Run} */
  const run = (script, { words = [], user = "ada", password = PEOPLE.ada } = {}) => {
    const inside = ["--target", String(id), "--user", "--preserve-credentials", "--net", "--mount"];
    return tellingOf("nsenter", [...inside, INTERPRETER, "-B", join(SCRIPTS, script), ...words], {
      PATH: process.env.PATH,
      HOME: home,
      PYTHONPATH: join(PLACE, `sliderule-${version}`),
      PS_USERNAME: user,
      PS_PASSWORD: password,
    });
  };
  return { run };
}

/**
 * @param {string} data
 * @param {string} name
 * @param {string[]} flags
 */
async function addOrganization(data, name, flags) {
  await command(data, ["org", "add", name, "--owner", "olga", ...flags]);
  await command(data, ["member", "add", name, "ada"]);
}

/**
 * Runs a program to its end and reads the JSON that it printed.
 *
 * @param {string} program
 * @param {string[]} words
 * @param {NodeJS.ProcessEnv} env
 */
async function tellingOf(program, words, env) {
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE_MS });
  let [told, complaint] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    told += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaint += text;
  });
  const [code, signal] = await once(child, "close");
  assert.equal(code, 0, `${words.at(-1)} ended with ${code ?? signal}: ${told}${complaint}`);
  return JSON.parse(told);
}
