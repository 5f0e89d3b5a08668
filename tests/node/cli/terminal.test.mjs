// @ts-nocheck: the stand-in takes what it is given.
/** The command line with a person in front of it: a bar, questions, Ctrl-C. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";

import { GITHUB_TOKEN, ORGANIZATION, PASSWORD, standIn, USER, withEvents } from "../stand-in.mjs";
import { shell } from "./harness.mjs";

const hasTerminals = spawnSync("script", ["--version"]).status === 0;
const skip = hasTerminals || process.env.CI ? false : "there is no `script` of util-linux here to make a terminal";
const place = (url) => ({ SLIDERULE_URL: url, SLIDERULE_ORGANIZATION: ORGANIZATION });

describe("on a terminal", { skip }, () => {
  test("a bar is drawn over until the nodes are ready, and goes", async (t) => {
    const server = await standIn(t, { nodes: 0 });
    const events = withEvents(server);
    const { terminal } = await shell(t, { ...place(server.url), PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    const scale = terminal(["scale", "2"]);
    await scale.shows(/\r\[-{20}\] 0 of 2 nodes ready, waking, 0 s/);
    server.state.nodes = 1;
    events.tell();
    await scale.shows(/\r\[#{10}-{10}\] 1 of 2 nodes ready, growing, \d+ s/);
    server.state.nodes = 2;
    events.tell();
    assert.equal(await scale.ended(), 0);
    const [last] = scale.shown.trimEnd().split("\r").slice(-1);
    assert.match(last.replace("\u001b[K", ""), /^2 ready, 2 nodes granted until/);
  });

  test("Ctrl-C ends the wait and says how to give the nodes back", async (t) => {
    const server = await standIn(t, { nodes: 0 });
    const { terminal } = await shell(t, { ...place(server.url), PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    const scale = terminal(["scale", "2"]);
    await scale.shows(/waking/);
    scale.type("\u0003");
    assert.equal(await scale.ended(), 130);
    assert.match(scale.shown, /The nodes stay asked for .* sliderule-wasm release r-1 -o acme/);
  });

  test("Ctrl-C reaches a program once, and its nodes are given back", async (t) => {
    const server = await standIn(t);
    const { terminal } = await shell(t, { ...place(server.url), PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    const program =
      "let n = 0; process.on('SIGINT', () => { n += 1; setTimeout(() => process.exit(n), 200); }); console.log('is up'); setInterval(() => {}, 1000)";
    const run = terminal(["run", "-n", "2", "--", process.execPath, "-e", program]);
    await run.shows(/is up/);
    run.type("\u0003");
    assert.equal(await run.ended(), 1, "it counts how often it was interrupted");
    assert.match(run.shown, /The nodes are given back\./);
  });

  test("login asks, shows no password, and the next command is signed in", async (t) => {
    const server = await standIn(t);
    const { terminal, run, home } = await shell(t, place(server.url));
    const login = terminal(["login"]);
    await login.shows(/User at acme: /);
    login.type(`${USER}\r`);
    await login.shows(/Password of ada: /);
    login.type(`${PASSWORD}\r`);
    assert.equal(await login.ended(), 0, login.shown);
    assert.match(login.shown, /Signed in to acme as ada\./);
    assert.ok(!login.shown.includes(PASSWORD), "the password was shown");
    assert.equal((await run(["status"])).code, 0);
    assert.equal(server.asked("org_token").length, 1);
    for (const file of await readdir(join(home, "cache/sliderule-wasm"))) {
      assert.ok(!(await readFile(join(home, "cache/sliderule-wasm", file), "utf8")).includes(PASSWORD), file);
    }
  });

  test("Ctrl-C at a question ends it", async (t) => {
    const server = await standIn(t);
    const { terminal } = await shell(t, place(server.url));
    const login = terminal(["login", "--user", USER]);
    await login.shows(/Password of ada: /);
    login.type("\u0003");
    assert.equal(await login.ended(), 130);
    assert.deepEqual(server.requests, []);
  });
});

describe("without a terminal", () => {
  test("a GitHub token comes from standard input, and serves until logout", async (t) => {
    const server = await standIn(t);
    const { run } = await shell(t, place(server.url));
    const login = await run(["login", "--with-token", "--json"], { input: `${GITHUB_TOKEN}\n` });
    assert.equal(JSON.parse(login.stdout).source, "github");
    assert.equal((await run(["status"])).code, 0);
    assert.equal((await run(["logout"])).code, 0);
    assert.equal(server.asked("blacklist").length, 1);
    assert.equal((await run(["status"])).code, 3);
  });

  test("what is kept serves before a password in the environment or .netrc is used again", async (t) => {
    const server = await standIn(t);
    const { run } = await shell(t, { ...place(server.url), PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    for (const words of [["status"], ["scale", "2", "--no-wait"], ["release"]]) {
      const { code, stderr } = await run(words);
      assert.equal(code, 0, stderr);
    }
    assert.equal(server.asked("org_token").length, 1);
  });

  test("a provisioning system of the older generation is scaled and looked at too", async (t) => {
    const server = await standIn(t, { generation: "older" });
    const { run } = await shell(t, { ...place(server.url), PS_USERNAME: USER, PS_PASSWORD: PASSWORD });
    assert.equal((await run(["status"])).stdout, "acme: 2 nodes are ready\n");
    const { code, stdout } = await run(["scale", "2"]);
    assert.deepEqual([code, stdout], [0, "2 ready, 2 nodes granted\n"]);
    assert.equal((await run(["extend"])).code, 1);
  });
});
