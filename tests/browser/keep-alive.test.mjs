// @ts-nocheck: most of it runs in pages, where only the browser knows the types.
/**
 * Nodes that a page keeps alive: for as long as the page is there, and again when the browser brings it back.
 *
 * Pauses of half a minute take a third of a second here, by a faster timer in the page.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ORGANIZATION, PASSWORD, standIn, USER } from "../node/stand-in.mjs";
import { FILES, isReady } from "./harness/bare-page.mjs";
import { openBrowser } from "./harness/chromium.mjs";
import { serveFolders } from "./harness/static-server.mjs";
import { watch } from "./harness/watched.mjs";

const REQUEST = `/api/v1/organizations/${ORGANIZATION}/requests/r-1`;
const PAUSE_MS = 300;

/** A page that keeps two nodes alive, and what the stand-in has been asked. */
async function keeping(t, look) {
  const server = await standIn(t);
  const pages = await serveFolders(t, FILES);
  const context = await openBrowser(t, look);
  watch(context);
  const page = await context.newPage();
  await page.addInitScript(() => {
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (act, ms, ...more) => setTimeout(act, ms >= 15_000 ? ms / 100 : ms, ...more);
  });
  await page.goto(`${pages}/bare.html`);
  await page.waitForFunction(isReady);
  await page.evaluate(
    async ({ options, credentials }) => {
      const session = globalThis.sliderule.createSession(options);
      await session.authenticate(undefined, credentials);
      await session.scaleout({ desiredNodes: 2, timeToLive: 15 });
      globalThis.alive = session.keepAlive({ timeToLive: 1 });
      globalThis.session = session;
    },
    { options: { url: server.url, organization: ORGANIZATION }, credentials: { username: USER, password: PASSWORD } },
  );
  const extensions = () => server.asked(REQUEST).length;
  const until = async (count) => {
    for (let n = 0; n < 1000 && extensions() < count; n += 1) await pause(10);
    assert.ok(extensions() >= count, `${extensions()} extensions, of ${count}`);
  };
  /** How many there are in the time of several pauses. */
  const meanwhile = async () => {
    const before = extensions();
    await pause(4 * PAUSE_MS);
    return extensions() - before;
  };
  return { server, pages, page, extensions, until, meanwhile };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

for (const [how, leave] of [
  ["is closed", ({ page }) => page.close()],
  ["goes elsewhere", ({ page, pages }) => page.goto(`${pages}/sandbox.html`)],
]) {
  test(`a page that ${how} lets go`, async (t) => {
    const kept = await keeping(t);
    await kept.until(3);
    await leave(kept);
    await pause(50);
    assert.equal(await kept.meanwhile(), 0);
    assert.ok(
      kept.server.asked(REQUEST).every(({ method }) => method === "PATCH"),
      "the nodes end by themselves",
    );
  });
}

test("a page that is about to be closed lets go, also of an extension under way", async (t) => {
  const { server, page, until, meanwhile } = await keeping(t);
  await until(1);
  server.routes[`PATCH ${REQUEST}`] = () => undefined;
  await until(2);
  const stopped = await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
    return globalThis.alive.stopped;
  });
  assert.equal(stopped, true);
  assert.equal(await meanwhile(), 0);
  assert.deepEqual(await page.evaluate(() => session.warnings), []);
});

test("a page that the browser brings back asks at once, and goes on", async (t) => {
  const kept = await keeping(t, { without: ["--disable-back-forward-cache"] });
  const { page, pages, until, meanwhile, extensions } = kept;
  await until(2);
  await page.evaluate(() => {
    globalThis.shown = [];
    addEventListener("pageshow", ({ persisted }) => globalThis.shown.push(persisted));
  });
  await page.goto(`${pages}/sandbox.html`);
  await pause(50);
  assert.equal(await meanwhile(), 0, "while it is aside");
  const before = extensions();
  await page.goBack({ waitUntil: "commit" });
  assert.deepEqual(await page.evaluate(() => globalThis.shown), [true], "it is the same page");
  await until(before + 3);
  assert.equal(await page.evaluate(() => globalThis.alive.stopped), false);
});
