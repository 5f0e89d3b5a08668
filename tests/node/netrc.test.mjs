// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Credentials from a `.netrc` file: which are taken, and what is said of a file that cannot be used. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { createSession } from "../../js/node.js";

import { machineOf } from "../../js/environment.js";
import { netrcCredentials } from "../../js/node/netrc.js";
import { ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

async function netrc(t, text, mode = 0o600) {
  const folder = await mkdtemp(join(tmpdir(), "sliderule-netrc-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, ".netrc");
  await writeFile(path, text, { mode });
  return path;
}

test("the machine is that of the provisioning system, with its port", async (t) => {
  assert.equal(machineOf({ url: "slideruleearth.io" }), "ps.slideruleearth.io");
  assert.equal(machineOf({ url: "sliderule.test:8703" }), "ps.sliderule.test:8703");
  assert.equal(machineOf({ url: "http://127.0.0.1:8080/" }), "127.0.0.1:8080");
  assert.equal(machineOf({ url: "a.b", provisioningUrl: "https://login.c:7" }), "login.c:7");
  assert.equal(machineOf({ url: "not a name" }), undefined);
  const path = await netrc(t, "machine ps.a login x password y\nmachine ps.a:8703\n  login ada\n  password secret\n");
  assert.deepEqual(await netrcCredentials("ps.a:8703", path), { username: "ada", password: "secret" });
  assert.deepEqual(await netrcCredentials("ps.a", path), { username: "x", password: "y" });
  assert.equal(await netrcCredentials("ps.b", path), undefined);
});

test("quotes, comments, macros, accounts and defaults are read as the format has them", async (t) => {
  const text = [
    "# machine ps.a login nobody password nothing",
    "machine elsewhere login a account b password c # more",
    "macdef init",
    "machine ps.a login macro password macro",
    "",
    'machine ps.a login "ada lovelace" password "a \\"quoted\\" #secret"',
    "machine ps.a login second password second",
    "machine ps.h login ada password pass#word",
    "default login anonymous password guest",
  ];
  const path = await netrc(t, text.join("\r\n"));
  assert.deepEqual(await netrcCredentials("ps.a", path), { username: "ada lovelace", password: 'a "quoted" #secret' });
  assert.deepEqual(await netrcCredentials("ps.h", path), { username: "ada", password: "pass#word" });
  assert.equal(await netrcCredentials("ps.z", path), undefined);
});

test("a file that is not there is no mistake", async () => {
  assert.equal(await netrcCredentials("ps.a", "/nowhere/.netrc"), undefined);
});

test("a file that others may read is not used, and it is said how to mend it", async (t) => {
  const path = await netrc(t, "machine ps.a login ada password secret", 0o644);
  await assert.rejects(netrcCredentials("ps.a", path), { code: "credentials_missing", message: /chmod 600/ });
  assert.equal(await netrcCredentials("ps.b", path), undefined);
});

test("what makes no sense is named by its line, and no word of the file is quoted", async (t) => {
  for (const [text, said] of [
    ["machine ps.b login a password b\nsecret hunter2 machine ps.a", /line 2 must begin with machine, default/],
    ["secret hunter2\nmachine ps.a", /line 1 must begin with machine/],
    ["machine ps.a login ada password", /line 1: `password` has no value/],
    ["machine ps.a login ada", /has no password/],
  ]) {
    await assert.rejects(netrcCredentials("ps.a", await netrc(t, text)), ({ code, message }) => {
      assert.equal(code, "credentials_missing");
      assert.match(message, said);
      assert.doesNotMatch(message, /hunter2|secret/);
      return true;
    });
  }
});

test("a session signs in with it where neither arguments nor environment have credentials", async (t) => {
  const server = await standIn(t);
  const { host } = new URL(server.url);
  process.env.NETRC = await netrc(t, `machine ${host} login ${USER} password "${PASSWORD}"`);
  t.after(() => delete process.env.NETRC);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  const { user } = await session.authenticate();
  assert.equal(user, USER);
});

test("where the program may not know its environment or home, as in Deno, there is no file", async (t) => {
  const { env } = process;
  t.after(() => {
    process.env = env;
  });
  process.env = new Proxy(env, {
    get(_, name) {
      throw new Error(`Requires env access to "${String(name)}"`);
    },
  });
  const found = await netrcCredentials("ps.a");
  process.env = env;
  assert.equal(found, undefined);
});
