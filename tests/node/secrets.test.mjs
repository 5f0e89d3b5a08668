// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** The watch for secrets sees what it should, so that its silence in the other files means something. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { promisify } from "node:util";

import { createSession, SlideRuleError } from "../../js/index.js";

import { forgetSeen, leaks, secret, seenSoFar } from "./secrets.mjs";
import { GITHUB_TOKEN, ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

afterEach(forgetSeen);

test("a session that signs in, is refused, and calls services is seen in all that it says", async (t) => {
  const server = await standIn(t);
  const session = createSession({ url: server.url, organization: ORGANIZATION, bypassDns: true });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  await assert.rejects(session.authenticate(undefined, { username: USER, password: "a wrong password" }));
  await session.scaleout({ desiredNodes: 2 });
  await session.source("time");
  assert.deepEqual(leaks(), []);
  const kinds = Object.keys(seenSoFar()).sort();
  assert.deepEqual(kinds, ["answer", "error", "event", "failure", "rejection", "url", "warning"]);
});

const planted = {
  "the message of an error": () => new SlideRuleError("internal_error", `it was ${PASSWORD}`),
  "the cause of an error's cause": () => {
    const cause = new Error("outer", { cause: new Error(GITHUB_TOKEN) });
    return new SlideRuleError("internal_error", "nothing to see", { cause });
  },
  "the endpoint of an error": () =>
    new SlideRuleError("internal_error", "", { endpoint: `https://x.test/?p=${encodeURIComponent(PASSWORD)}` }),
  "a property set later": () => {
    new SlideRuleError("internal_error", "").partial = { files: [{ name: PASSWORD }] };
  },
  "a line on the console": () => console.debug("signing in with %s", { password: PASSWORD }),
  "a password that only this test knows, in Base64": () => {
    secret("pässwörd for tests");
    console.debug(`Basic ${Buffer.from("pässwörd for tests").toString("base64")}`);
  },
};
for (const [where, plant] of Object.entries(planted)) {
  test(`a secret is found in ${where}`, () => {
    plant();
    assert.equal(leaks().length, 1);
    assert.ok(!leaks()[0].includes(PASSWORD) && !leaks()[0].includes(GITHUB_TOKEN), "and not repeated");
  });
}

test("a secret is found in a URL, an event and an answer", async (t) => {
  const server = await standIn(t);
  server.routes["source time"] = ({ headers }) => [200, { asked: headers.authorization }];
  await fetch(`${server.url}/?token=${GITHUB_TOKEN}`);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  await session.source("time");
  const kinds = leaks().map((leak) => leak.split(":")[0]);
  assert.deepEqual([...new Set(kinds)].sort(), ["answer", "url"]);
});

test("a file in which a secret was said fails", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sliderule-secrets-"));
  t.after(() => rm(folder, { recursive: true }));
  const standInUrl = JSON.stringify(new URL("stand-in.mjs", import.meta.url));
  const run = async (words) => {
    const file = join(folder, "file.test.mjs");
    await writeFile(
      file,
      `import { test } from "node:test";
       import { PASSWORD } from ${standInUrl};
       test("says something", () => console.debug(${words}));`,
    );
    // Without this variable the inner run would report to the outer one.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const end = await promisify(execFile)(process.execPath, ["--test", file], { env }).catch((error) => error);
    return end.code ?? 0;
  };
  assert.equal(await run('"hello"'), 0);
  assert.equal(await run("PASSWORD"), 1);
});
