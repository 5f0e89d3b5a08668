// @ts-nocheck: a test gives wrong words on purpose, and takes answers apart.
/** What the command line ends with, for scripts, and how errors are told. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { SlideRuleError } from "../../../js/node.js";

import { EXIT_CODES, exitCodeOf } from "../../../js/cli/exit-codes.js";
import { startProvisioning } from "../../browser/harness/provisioning.mjs";
import { ATL06, ORGANIZATION, PASSWORD, records, standIn, USER } from "../stand-in.mjs";
import { outcome, shell } from "./harness.mjs";

const ROOT = new URL("../../../", import.meta.url);
const CREDENTIALS = { PS_USERNAME: USER, PS_PASSWORD: PASSWORD, SLIDERULE_ORGANIZATION: ORGANIZATION };
/** How an older provisioning system takes an order. */
const QUEUED = [200, { status: "QUEUED", msg: "", error_msg: "" }];
/** As docs/CLI.md groups them. */
const GROUPS = { failed: 1, usage: 2, credentials: 3, refused: 4, late: 5, unreachable: 6 };

test("every error code has an exit code, and the manual says which", async () => {
  const declared = await readFile(new URL("js/index.d.ts", ROOT), "utf8");
  const union = declared.slice(declared.indexOf("ErrorCode ="), declared.indexOf(";", declared.indexOf("ErrorCode =")));
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  assert.deepEqual(Object.keys(EXIT_CODES).sort(), codes.sort());
  const manual = await readFile(new URL("docs/CLI.md", ROOT), "utf8");
  const rows = [...manual.matchAll(/^\| (\d+) \| .* \| (.*) \|$/gm)];
  for (const code of codes) {
    assert.ok(Object.values(GROUPS).includes(EXIT_CODES[code]), code);
    assert.equal(exitCodeOf(new SlideRuleError(code, "")), EXIT_CODES[code]);
    const documented = rows.filter(([, , names]) => names.includes(`\`${code}\``)).map(([, exit]) => Number(exit));
    assert.deepEqual(documented, [EXIT_CODES[code]], code);
  }
  assert.equal(exitCodeOf(new Error("anything else")), 1);
});

test("wrong use is told before anything is sent", async (t) => {
  const { run } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: "http://127.0.0.1:9" });
  const wrong = [
    [[], /a command is missing[\s\S]*Usage:/],
    [["skale", "2"], /there is no command `skale`; there are login/],
    [["scale"], /say how many nodes/],
    [["scale", "two"], /must be a whole number from 0 on, and is two/],
    [["scale", "-2"], /Unknown option '-2'/],
    [["scale", "2", "--minuts", "3"], /Unknown option '--minuts'/],
    [["status", "--timeout", "0"], /--timeout must be a whole number from 1 on/],
    [["run", "--", "true"], /--nodes N/],
    [["run", "-n", "1", "--"], /say what to run/],
    [["run", "atl06p", "-p", "{no"], /no JSON/],
    [["run", "atl06p", "-p", "nowhere.json"], /nowhere.json cannot be read/],
    [["run", "atl06p", "--format", "xml"], /jsonl or csv/],
    [["login", "secret-password"], /takes no words/],
    [["login", "--with-token", "--user", "ada"], /needs no user/],
  ];
  for (const [words, message] of wrong) {
    const { code, stdout, stderr } = await run(words);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [2, ""], words.join(" "));
  }
  const { code, stderr } = await run(["status"], { env: { SLIDERULE_ORGANIZATION: "" } });
  assert.deepEqual([code, /name the organization/.test(stderr)], [2, true]);
});

test("refusals end with the code of what refused them, and are JSON where that is asked for", async (t) => {
  const { origin, account, stop } = await startProvisioning(t, { creditUsd: "0.10" });
  const { user, password, organization } = account;
  const { run } = await shell(t, { SLIDERULE_URL: origin, SLIDERULE_ORGANIZATION: organization });
  const fails = async (words, exitCode, code, more) => {
    const ended = await run([...words, "--json"], more);
    const told = JSON.parse(ended.stderr);
    assert.deepEqual([ended.code, told.exitCode, told.error.code, ended.stdout], [exitCode, exitCode, code, ""]);
    return told.error;
  };
  await fails(["login"], 3, "credentials_missing");
  await fails(["login", "--user", user, "--password-stdin"], 3, "wrong_credentials", { input: "a wrong one\n" });
  await fails(["login", "--with-token"], 3, "credentials_missing");
  await fails(["status", "-o", "nowhere"], 3, "unknown_organization", {
    env: { PS_USERNAME: user, PS_PASSWORD: password },
  });
  assert.equal((await run(["login"], { env: { PS_USERNAME: user, PS_PASSWORD: password } })).code, 0);
  const { message, status } = await fails(["scale", "4", "--minutes", "600"], 4, "insufficient_funds");
  assert.equal(status, 402);
  assert.match(message, /\$/);
  await fails(["run", "atl06p"], 4, "cluster_asleep");
  await fails(["version", "--server"], 4, "cluster_asleep");
  const gone = await run(["release", "00000000-0000-0000-0000-000000000000"]);
  assert.deepEqual([gone.code, gone.stdout], [2, ""], gone.stderr);
  await stop();
  const { endpoint, retryable } = await fails(["scale", "1"], 6, "unreachable");
  assert.deepEqual([new URL(endpoint).origin, retryable], [origin, true]);
});

test("a wait that takes too long ends with 5, and one that is interrupted says what stands", async (t) => {
  const { url } = await standIn(t, { nodes: 0 });
  const { run, start } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
  const late = await run(["scale", "2", "--timeout", "1"]);
  assert.equal(late.code, 5);
  assert.match(late.stderr, /^sliderule-wasm: /m);

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ]) {
    const child = start(["scale", "2"]);
    const ended = outcome(child);
    child.stderr.on("data", (text) => {
      if (text.includes("waking")) child.kill(signal);
    });
    const { code: exit, stderr, stdout } = await ended;
    assert.equal(exit, code);
    assert.match(
      stderr,
      /^The nodes stay asked for until \S+Z\. To give them back: sliderule-wasm release r-1 -o acme$/m,
    );
    assert.match(stdout, /^0 ready, 2 nodes granted/);
  }

  const quiet = await run(["scale", "2", "--no-wait", "--quiet"]);
  assert.deepEqual([quiet.code, quiet.stderr], [0, ""]);
});

test("a program that is interrupted while its nodes come up does not start, and they are given back", async (t) => {
  const { url, requests } = await standIn(t, { nodes: 0 });
  const { start } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
  const child = start(["run", "-n", "2", "--", "echo", "started"]);
  const ended = outcome(child);
  child.stderr.on("data", (text) => {
    if (text.includes("waking")) child.kill("SIGINT");
  });
  const { code, stdout, stderr } = await ended;
  assert.deepEqual([code, stdout], [130, ""]);
  assert.match(stderr, /^The nodes are given back\.$/m);
  assert.ok(requests.some(({ method, path }) => method === "DELETE" && path.endsWith("/requests/r-1")));
});

test("whoever stops reading ends the stream, without a word", async (t) => {
  // More than any pipe holds.
  const endless = (_, response) => records(response, Buffer.concat(Array.from({ length: 200 }, () => ATL06)));
  const { url } = await standIn(t, { routes: { "source atl06p": endless } });
  const { start } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
  const child = start(["run", "atl06p"]);
  child.stdout.once("data", () => child.stdout.destroy());
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "exit");
  assert.deepEqual([code, stderr], [141, ""]);
});

test("a wait that takes too long says until when the request stands, and how to give the nodes back", async (t) => {
  const { url } = await standIn(t, { nodes: 0 });
  const { run } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
  const late = await run(["scale", "2", "--timeout", "1"]);
  assert.equal(late.code, 5);
  assert.match(
    late.stderr.trimEnd().split("\n").at(-1),
    /^sliderule-wasm: 0 of 2 nodes were ready after 1 s.*\. The nodes stay asked for until 2026-11-24T10:00:00\.000Z\. To give them back: sliderule-wasm release r-1 -o acme$/,
  );
  const { stdout, stderr } = await run(["scale", "2", "--timeout", "1", "--json"]);
  const { error, exitCode } = JSON.parse(stderr);
  assert.deepEqual([stdout, exitCode, error.code, error.retryable], ["", 5, "scale_timeout", true]);
  assert.deepEqual([error.requestId, error.expiresAt], ["r-1", "2026-11-24T10:00:00.000Z"]);
  assert.ok(!stderr.includes("desiredNodes"), stderr);
});

test("an order that nobody answers in time may stand all the same", async (t) => {
  const { url } = await standIn(t, {
    routes: { [`POST /api/v1/organizations/${ORGANIZATION}/requests`]: () => undefined },
  });
  const { start } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
  const child = start(["scale", "2", "--timeout", "1", "--quiet"]);
  const ended = outcome(child);
  // It stays until the order is answered, or the request for it is late; that long nobody need wait here.
  child.stderr.once("data", () => child.kill("SIGKILL"));
  assert.equal(
    (await ended).stderr,
    "sliderule-wasm: the order was not answered within 1 s, and may stand. To see: sliderule-wasm status -o acme. To give nodes back: sliderule-wasm release -o acme\n",
  );
});

test("run -- tells of a late cluster that the nodes are given back, and not that they stand", async (t) => {
  const { url, requests } = await standIn(t, { nodes: 0 });
  const { run } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
  const { code, stderr } = await run(["run", "-n", "2", "--timeout", "1", "--", "echo", "started"]);
  assert.equal(code, 5);
  assert.match(stderr, /^The nodes are given back\.\nsliderule-wasm: 0 of 2 nodes were ready after 1 s[^\n]*\n$/m);
  assert.ok(!/stand|desiredNodes|stay asked/.test(stderr), stderr);
  assert.ok(requests.some(({ method, path }) => method === "DELETE" && path.endsWith("/requests/r-1")));
});

test("run -- gives no nodes back where none were granted", async (t) => {
  const desired = `/api/desired_org_num_nodes_ttl/${ORGANIZATION}`;
  const routes = { [`POST ${desired}/2/15/`]: [200, { status: "FAILED", msg: "no more", error_msg: "no" }] };
  const older = await standIn(t, { generation: "older", routes: { ...routes, [`POST ${desired}/0/60/`]: QUEUED } });
  const ours = await standIn(t, {
    routes: {
      [`POST /api/v1/organizations/${ORGANIZATION}/requests`]: [
        402,
        { error: { code: "insufficient_funds", message: "no money" } },
      ],
    },
  });
  for (const { url, requests } of [older, ours]) {
    const { run } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
    const { code, stdout, stderr } = await run(["run", "-n", "2", "--", "echo", "started"]);
    assert.deepEqual([code, stdout], [4, ""], stderr);
    assert.ok(!stderr.includes("given back"), stderr);
    assert.ok(!requests.some(({ method, path }) => method === "DELETE" || path.includes("/0/")));
  }
});

test("run -- on an older server gives back all nodes of the user's, as that server can do no less", async (t) => {
  const desired = `/api/desired_org_num_nodes_ttl/${ORGANIZATION}`;
  const routes = { [`POST ${desired}/2/15/`]: QUEUED, [`POST ${desired}/0/60/`]: QUEUED };
  const { url, asked } = await standIn(t, { generation: "older", routes });
  const { run } = await shell(t, { ...CREDENTIALS, SLIDERULE_URL: url });
  const { code, stdout, stderr } = await run(["run", "-n", "2", "--", "echo", "started"]);
  assert.deepEqual([code, stdout], [0, "started\n"], stderr);
  assert.match(stderr, /^The nodes are given back\.$/m);
  assert.equal(asked(`${desired}/0/60/`).length, 1);
});
