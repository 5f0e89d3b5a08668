/**
 * A real provisioning system for a test: `sliderule-ps` on a free port of loopback, with a data directory of its own.
 *
 * `SLIDERULE_PS` names the executable; otherwise it is `target/debug/sliderule-ps`, where `cargo build` puts it. The
 * node program is found beside it. Stopping it is part of the test: afterwards no process and no file may be left.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "./static-server.mjs";
import { processesMentioning } from "./processes.mjs";

/** The executable of the server. */
export const PROGRAM = process.env.SLIDERULE_PS ?? join(ROOT, "target/debug/sliderule-ps");

/** How long starting and stopping may take, on a machine with other work. */
const PATIENCE_MS = 60_000;

/**
 * @typedef {object} Account
 * @property {string} user
 * @property {string} password
 * @property {string} organization
 */

/**
 * @typedef {object} Provisioning
 * @property {string} origin where it listens, such as `http://127.0.0.1:41234`
 * @property {Account} account a member of the organization, which is olga's
 * @property {string} data its data directory, for further commands
 * @property {() => Promise<void>} stop ends it in order and asserts that nothing is left; may be called twice
 */

/**
 * Starts a provisioning system with one organization, whose cluster is asleep, and one member.
 *
 * @param {import("node:test").TestContext} t
 * @param {{ creditUsd?: string, maxNodes?: number, moreSettings?: string }} [options] `moreSettings` are lines of TOML
 * @returns {Promise<Provisioning>}
 */
export async function startProvisioning(t, { creditUsd = "25", maxNodes = 4, moreSettings = "" } = {}) {
  await access(PROGRAM).catch(() => {
    throw new Error(`There is no ${PROGRAM}: run \`cargo build\` first, or set SLIDERULE_PS to the executable.`);
  });
  const data = await mkdtemp(join(tmpdir(), "sliderule-page-"));
  const account = { user: "ada", password: "correct horse battery staple", organization: "acme" };
  const settings = join(data, "sliderule.toml");
  await writeFile(settings, SETTINGS + moreSettings);
  await addUser(data, "olga", "an owner's password");
  await addUser(data, account.user, account.password);
  const limits = ["--credit", creditUsd, "--max-nodes", String(maxNodes)];
  await command(data, ["org", "add", account.organization, "--owner", "olga", ...limits]);
  await command(data, ["member", "add", account.organization, account.user]);

  const where = ["--listen", "127.0.0.1:0", "--domain", "localhost", "--config", settings, "--data", data];
  const { origin, stop } = await serve(t, [PROGRAM, "serve", ...where], data);
  return { origin, account, data, stop };
}

/**
 * Starts a server and waits until it listens.
 *
 * @param {import("node:test").TestContext} t
 * @param {[string, ...string[]]} commandLine the program that becomes the server, and its arguments
 * @param {string} data its data directory, which goes with it
 * @returns {Promise<{ origin: string, id: number, stop: () => Promise<void> }>} `id` is its process id; `stop` ends it
 *   in order and asserts that nothing is left, and may be called twice
 */
export async function serve(t, [program, ...words], data) {
  // `cargo xtask test` searches all logs for secrets when all have run.
  const kept = process.env.SLIDERULE_TEST_LOGS;
  const env = kept === undefined ? process.env : { ...process.env, RUST_LOG: "trace" };
  const server = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(server, "exit");
  /** @type {string[]} */
  const log = [];
  createInterface({ input: server.stderr }).on("line", (line) => {
    log.push(line);
    if (kept !== undefined) appendFileSync(join(kept, `served-${process.pid}-${server.pid}.log`), `${line}\n`);
  });

  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    server.kill("SIGTERM");
    await within(ended, "sliderule-ps did not end after SIGTERM", log);
    const left = await processesMentioning(data);
    await rm(data, { recursive: true, force: true });
    assert.deepEqual(left, [], "processes were left running");
  };
  t.after(stop);

  const lines = createInterface({ input: server.stdout });
  const origin = await within(
    new Promise((resolve, reject) => {
      lines.on("line", (line) => {
        log.push(line);
        const address = /sliderule-ps is listening on (https?:\/\/\S+)/.exec(line)?.[1];
        if (address !== undefined) resolve(address.replace(/\/$/, ""));
      });
      ended.then(([code]) => reject(new Error(`sliderule-ps ended with ${code}:\n${log.join("\n")}`)));
    }),
    "sliderule-ps did not say where it listens",
    log,
  );
  return { origin, id: server.pid ?? 0, stop };
}

/** Leases as short as the demo's, so that a node that lost its server ends while the test still looks. */
const SETTINGS = `lease_seconds = 10
tail_seconds = 5
`;

/**
 * @param {string} data
 * @param {string} name
 * @param {string} password
 */
export function addUser(data, name, password) {
  const words = ["user", "add", name, "--email", `${name}@example.org`, "--password-stdin"];
  return command(data, words, `${password}\n`);
}

/**
 * Runs one command of `sliderule-ps` on a data directory, to its end.
 *
 * @param {string} data
 * @param {string[]} words
 * @param {string} [input]
 */
export async function command(data, words, input = "") {
  const child = spawn(PROGRAM, [...words, "--data", data], { stdio: ["pipe", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaint += text;
  });
  child.stdin.on("error", () => {}); // a command that takes no input may end before it is offered any
  child.stdin.end(input);
  const [code] = await once(child, "close");
  assert.equal(code, 0, `sliderule-ps ${words.slice(0, 2).join(" ")} failed: ${complaint}`);
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {string} otherwise
 * @param {string[]} log shown when the time is over
 * @returns {Promise<T>}
 */
async function within(promise, otherwise, log) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise}:\n${log.join("\n")}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}
