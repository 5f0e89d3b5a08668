/** A working day with the command line, against a real provisioning system with real nodes. */

import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { startProvisioning } from "../../browser/harness/provisioning.mjs";
import { shell } from "./harness.mjs";

const PARAMETERS = { resources: ["ATL03_20200304065203_10470607_003_01.h5"], parms: { cnf: 4 } };

test("sign in once, scale, look, process, extend, release, sign out", { timeout: 180_000 }, async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const { user, password, organization } = account;
  const { run, home } = await shell(t, { SLIDERULE_URL: origin, SLIDERULE_ORGANIZATION: organization });
  /** Everything that was said, in which no secret may be. */
  let said = "";
  const done = async (/** @type {string[]} */ words, input = "") => {
    const ended = await run(words, { input });
    said += ended.stdout + ended.stderr;
    assert.equal(ended.code, 0, `${words.join(" ")}: ${ended.stderr}`);
    return ended;
  };

  const login = await done(["login", "--user", user, "--password-stdin"], `${password}\n`);
  assert.equal(login.stdout, `Signed in to ${organization} as ${user}.\n`);
  assert.equal(login.stderr, "");

  const asleep = JSON.parse((await done(["status", "--json"])).stdout);
  assert.equal(asleep.state, "asleep");
  assert.equal(asleep.costs.nodeHourMicroUsd > 0, true);

  const scaled = await done(["scale", "2", "--minutes", "15"]);
  assert.match(scaled.stdout, /^2 ready, 2 nodes granted until \S+Z, at most \$\d+\.\d\d \(request \S+\)\n$/);
  assert.match(scaled.stderr, /^requesting: 0 of 2 nodes ready after 0 s\n/);
  assert.match(scaled.stderr, /^ready: 2 of 2 nodes ready after \d+ s$/m);
  assert.ok(!scaled.stderr.includes("\r"), "nothing is drawn over in a pipe");

  const status = await done(["status"]);
  assert.match(status.stdout, /^acme is running: /);
  assert.match(status.stdout, /^request {3}\S+: ada wants 2 until \S+Z$/m);
  assert.match(status.stdout, /^money {5}\$\d+\.\d\d left, \$\d+\.\d\d spent; a node costs \$\d+\.\d\d an hour/m);

  const version = JSON.parse((await done(["version", "--server", "--json"])).stdout);
  assert.match(version.server, /^\d+\.\d+\.\d+$/);
  assert.match((await done(["run", "version"])).stdout, /^\{.*"version".*\}\n$/);

  await writeFile(join(home, "request.json"), JSON.stringify(PARAMETERS));
  const { stdout: lines } = await done(["run", "atl06p", "--parameters", "request.json"]);
  const rows = lines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.ok(rows.length > 100);
  assert.equal(rows[0].recordType, "atl06rec");
  assert.equal(typeof rows[0].h_mean, "number");
  assert.match(lines, /"extent_id":\d{17,20},/, "integers of 64 bits are written in full");

  const saved = await done(["run", "atl06p", "-p", "-", "--output", "heights.csv"], JSON.stringify(PARAMETERS));
  assert.equal(saved.stdout, `${rows.length} rows of atl06rec in heights.csv\n`);
  const csv = (await readFile(join(home, "heights.csv"), "utf8")).trimEnd().split("\n");
  assert.equal(csv.length, rows.length + 1);
  assert.equal(csv[0], Object.keys(rows[0]).slice(1).join(","));
  assert.deepEqual((await readdir(home)).sort(), ["cache", "heights.csv", "request.json"], "no draft is left");

  const [extension] = JSON.parse((await done(["extend", "--minutes", "30", "--json"])).stdout);
  assert.ok(Date.parse(extension.expiresAt) > Date.now() + 29 * 60_000);
  assert.equal(
    (await done(["release", extension.requestId])).stdout,
    `Released ${extension.requestId}; 0 nodes wanted now.\n`,
  );
  assert.equal(JSON.parse((await done(["scale", "1", "--no-wait", "--json"])).stdout).requestedNodes, 1);
  assert.match((await done(["release"])).stdout, /^Released all that you asked for/);
  assert.deepEqual(JSON.parse((await done(["status", "--json"])).stdout).requests, []);

  await done(["logout"]);
  const after = await run(["status", "--json"]);
  assert.equal(after.code, 3);
  const { error, exitCode } = JSON.parse(after.stderr);
  assert.deepEqual([error.code, exitCode, after.stdout], ["credentials_missing", 3, ""]);
  assert.match(error.message, /sliderule-wasm login -o acme/);
  assert.ok(!said.includes(password), "the password was said");
  await stop();
});

test("a program runs while the cluster is up, with its own exit code, and the nodes are given back", {
  timeout: 180_000,
}, async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const { user: PS_USERNAME, password: PS_PASSWORD, organization } = account;
  const { run, start } = await shell(t, { PS_USERNAME, PS_PASSWORD, SLIDERULE_URL: origin });
  const wanted = async () => JSON.parse((await run(["status", "-o", organization, "--json"])).stdout).targetNodes;
  const program = ["run", "-o", organization, "-n", "1", "--", process.execPath, "-e"];

  const script = "console.log(process.env.SLIDERULE_ORGANIZATION, process.env.SLIDERULE_URL); process.exitCode = 7";
  const ended = await run([...program, script]);
  assert.deepEqual([ended.code, ended.stdout], [7, `${organization} ${origin}\n`]);
  assert.match(ended.stderr, /^1 node ready; running /m);
  assert.match(ended.stderr, /^The nodes are given back\.$/m);
  assert.equal(await wanted(), 0);

  const missing = await run(["run", "-o", organization, "-n", "1", "-q", "--", "no-such-program"]);
  assert.equal(missing.code, 127);
  assert.match(missing.stderr, /^sliderule-wasm: no-such-program cannot be run: .*ENOENT\n$/);

  // What it is sent goes to the program, which ends as it likes.
  const patient =
    "process.on('SIGTERM', () => { console.log('asked to end'); process.exit(5); }); console.log('up'); setInterval(() => {}, 1000)";
  const child = start([...program, patient]);
  let shown = "";
  child.stdout?.on("data", (text) => {
    shown += text;
    if (shown === "up\n") child.kill("SIGTERM");
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.deepEqual([code, shown], [5, "up\nasked to end\n"]);
  assert.equal(await wanted(), 0);
  await stop();
});
