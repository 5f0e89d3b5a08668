// @ts-nocheck: most of it runs in pages, where only the browser knows the types.
/** The watch for secrets sees what it should in pages and workers, so that its silence in the other files means something. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { forgetSeen, leaks, secret } from "../node/secrets.mjs";
import { ORGANIZATION, PASSWORD, standIn, USER } from "../node/stand-in.mjs";
import { FILES, isReady } from "./harness/bare-page.mjs";
import { openBrowser } from "./harness/chromium.mjs";
import { serveFolders } from "./harness/static-server.mjs";
import { watch } from "./harness/watched.mjs";

/** A secret to this file alone: what pages write is searched for the others once more when all tests have run. */
const PLANTED = secret("planted-0123456789abcdef");

afterEach(forgetSeen);

/** A page, and all that is said in it and its workers. */
async function setUp(t) {
  const server = await standIn(t);
  const pages = await serveFolders(t, FILES);
  const context = await openBrowser(t);
  watch(context);
  const said = [];
  context.on("console", (message) => said.push(message.text()));
  const page = await context.newPage();
  await page.goto(`${pages}/bare.html`);
  await page.waitForFunction(isReady);
  return { server, page, said };
}

/** In a page or worker: is refused, signs in, is warned, and calls a service. */
async function use({ options, credentials }) {
  const session = globalThis.sliderule.createSession({ ...options, bypassDns: true });
  const wrong = { ...credentials, password: "a wrong password" };
  const refused = await session.authenticate(undefined, wrong).catch(({ code }) => code);
  await session.authenticate(undefined, credentials);
  await session.source("time");
  return refused;
}

/** In a page: does it in a new worker. */
function inWorker({ act, argument }) {
  const worker = new Worker("/worker.js", { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data.value ?? data.error);
    worker.postMessage({ act, argument });
  }).finally(() => worker.terminate());
}

for (const place of ["a page", "a worker"]) {
  test(`a session in ${place} is seen in all that it says`, async (t) => {
    const { server, page, said } = await setUp(t);
    const options = { url: server.url, organization: ORGANIZATION };
    const argument = { options, credentials: { username: USER, password: PASSWORD } };
    const came =
      place === "a page"
        ? await page.evaluate(use, argument)
        : await page.evaluate(inWorker, { act: String(use), argument });
    assert.equal(came, "wrong_credentials");
    const kinds = said.map((line) => /^the client said: (\w+)/.exec(line)?.[1]).filter(Boolean);
    assert.deepEqual([...new Set(kinds)].sort(), ["answer", "error", "event", "failure", "warning"]);
    assert.deepEqual(leaks(), []);
  });
}

test("a secret is found in an error's cause, on the console, in what nobody caught, and in a URL", async (t) => {
  const { page } = await setUp(t);
  const planted = [
    (secret) => void new globalThis.sliderule.SlideRuleError("internal_error", "", { cause: new Error(secret) }),
    (secret) => console.debug({ secret }),
    (secret) =>
      void setTimeout(() => {
        throw new Error(secret);
      }),
    (secret) => void fetch(`/?token=${secret}`),
  ];
  for (const plant of planted) {
    await page.evaluate(plant, PLANTED);
    for (let n = 0; n < 200 && leaks().length === 0; n += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(leaks().length > 0, String(plant));
    assert.ok(
      leaks().every((leak) => !leak.includes(PLANTED)),
      "and not repeated",
    );
    forgetSeen();
  }
});
