// @ts-nocheck: the stand-in takes what it is given.
/** What becomes of a sign-in that cannot be kept, or not be revoked, and of input that does not come. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { GITHUB_TOKEN, ORGANIZATION, PASSWORD, standIn, USER } from "../stand-in.mjs";
import { outcome, shell } from "./harness.mjs";

const place = (url) => ({ SLIDERULE_URL: url, SLIDERULE_ORGANIZATION: ORGANIZATION });
const signIn = (url) => ({ ...place(url), PS_USERNAME: USER, PS_PASSWORD: PASSWORD });

test("logout fails where the server could not be told, and forgets the sign-in all the same", async (t) => {
  const server = await standIn(t, { routes: { "POST /api/token/blacklist/": [503, "later"] } });
  const manners = [[], ["--quiet"], ["--json"]].map(async (manner) => {
    const { run } = await shell(t, place(server.url));
    assert.equal((await run(["login", "--with-token"], { input: GITHUB_TOKEN })).code, 0);
    const { code, stdout, stderr } = await run(["logout", ...manner]);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    const told = manner.includes("--json") ? JSON.parse(stderr).error.message : stderr;
    assert.match(told, /the sign-in to acme is forgotten here, but .* could not be told of the sign-out/);
    assert.equal((await run(["status"])).code, 3);
  });
  await Promise.all(manners);
});

test("login fails where the sign-in cannot be kept", async (t) => {
  const server = await standIn(t);
  const { run, home } = await shell(t, signIn(server.url));
  await mkdir(join(home, "cache/sliderule-wasm"), { recursive: true });
  await chmod(join(home, "cache/sliderule-wasm"), 0o755);
  for (const manner of [[], ["--quiet"], ["--json"]]) {
    const { code, stdout, stderr } = await run(["login", ...manner]);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    const told = manner.includes("--json") ? JSON.parse(stderr).error : { code: "storage_degraded", message: stderr };
    assert.equal(told.code, "storage_degraded");
    assert.match(told.message, /signed in to acme, but the sign-in cannot be kept: /);
  }
});

test("login in place of a damaged sign-in is kept, with a warning", async (t) => {
  const server = await standIn(t);
  const { run, home } = await shell(t, place(server.url));
  const env = signIn(server.url);
  const folder = join(home, "cache/sliderule-wasm");
  assert.equal((await run(["login"], { env })).code, 0);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile())) {
    await writeFile(join(file.parentPath ?? file.path, file.name), "damaged");
  }
  const { code, stdout, stderr } = await run(["login"], { env });
  assert.deepEqual([code, stdout], [0, "Signed in to acme as ada.\n"], stderr);
  assert.equal((await run(["status"])).code, 0);
});

/** Waits until a command hears signals: of those that it heeds, it takes up SIGHUP last. */
async function listening({ pid }) {
  const hears = async () => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => undefined);
    const caught = status?.match(/^SigCgt:\s*([0-9a-f]+)$/m)?.[1];
    return caught === undefined ? undefined : (BigInt(`0x${caught}`) & 1n) === 1n;
  };
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let heard = await hears(); heard !== true; heard = await hears()) {
    // Only Linux tells.
    if (heard === undefined) return pause(2000);
    await pause(20);
  }
}

test("a signal or the end of the time ends a command that waits for standard input", async (t) => {
  const server = await standIn(t);
  const { start } = await shell(t, signIn(server.url));
  for (const words of [
    ["login", "--with-token"],
    ["run", "atl06p", "-p", "-"],
  ]) {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ]) {
      const child = start(words);
      const ended = outcome(child);
      await listening(child);
      child.kill(signal);
      const [exit] = await Promise.race([
        once(child, "exit"),
        new Promise((r) => setTimeout(r, 3000, ["still there"])),
      ]);
      if (exit === "still there") child.kill("SIGKILL");
      assert.equal(exit, code, words.join(" "));
      await ended;
    }
    const late = await outcome(start([...words, "--timeout", "1"]));
    assert.equal(late.code, 5, late.stderr);
    assert.match(late.stderr, /standard input did not end within 1 s/);
  }
  assert.deepEqual(server.requests, []);
});
