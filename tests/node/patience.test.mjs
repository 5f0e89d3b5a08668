// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** For how long stores and locks are waited for, on a clock of the test's own. */

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { locks, patiently, takeWithin } from "../../js/locks.js";
import { DegradingStore } from "../../js/store/degrading.js";

/** Lets promises settle; the test's clock does not move. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeEach((t) => t.mock.timers.enable({ apis: ["setTimeout"] }));

describe("a store", () => {
  test("is waited for two seconds", async (t) => {
    const told = [];
    const never = { get: () => new Promise(() => {}), set() {}, delete() {} };
    const loading = new DegradingStore(never, (what) => told.push(what)).load("a");
    await turn();
    t.mock.timers.tick(1999);
    await turn();
    assert.deepEqual(told, []);
    t.mock.timers.tick(1);
    assert.equal(await loading, null);
    assert.equal(told.length, 1);
  });

  test("is waited for anew where the machine has slept, once", async (t) => {
    let now = 0;
    t.mock.method(Date, "now", () => now);
    const told = [];
    let answer;
    const waking = { get: () => new Promise((resolve) => (answer = resolve)), set() {}, delete() {} };
    const degrading = new DegradingStore(waking, (what) => told.push(what));
    const sleep = async () => {
      await turn();
      now += 8 * 3_600_000;
      t.mock.timers.tick(2000);
      await turn();
    };
    const loading = degrading.load("a");
    await sleep();
    answer(null);
    assert.equal(await loading, null);
    assert.deepEqual(told, []);

    const again = degrading.load("a");
    await sleep();
    await sleep();
    await again;
    assert.equal(told.length, 1);
  });
});

/** Somebody who wants a lock, and what became of it. */
function want(take, name) {
  const abort = new AbortController();
  const one = { state: "waiting", abort };
  const released = new Promise((resolve) => {
    one.release = resolve;
  });
  take(name, released, abort.signal).then(
    () => (one.state = "held"),
    (reason) => (one.state = reason),
  );
  return one;
}

const states = (...all) => all.map(({ state }) => state);

describe("a lock within a program", () => {
  const take = locks(false);

  test("has one holder at a time, in the order in which they came", async () => {
    const [one, two, three] = ["a", "a", "a"].map((name) => want(take, name));
    const other = want(take, "b");
    await turn();
    assert.deepEqual(states(one, two, three, other), ["held", "waiting", "waiting", "held"]);
    one.release();
    await turn();
    assert.deepEqual(states(two, three), ["held", "waiting"]);
    two.release();
    await turn();
    assert.equal(three.state, "held");
    for (const each of [three, other]) each.release();
  });

  test("is waited for five seconds, and whoever went on without it holds up nobody", async (t) => {
    const stuck = want(take, "a");
    const two = want(take, "a");
    await turn();
    t.mock.timers.tick(4999);
    await turn();
    assert.deepEqual(states(stuck, two), ["held", "waiting"]);
    t.mock.timers.tick(1);
    await turn();
    assert.deepEqual(states(stuck, two), ["held", "held"]);
    const three = want(take, "a");
    await turn();
    assert.equal(three.state, "waiting", "the lock itself is still held");
    stuck.release();
    await turn();
    assert.equal(three.state, "held", "though the second has not said that it is done");
    for (const each of [two, three]) each.release();
  });

  test("that is not wanted any more passes on", async () => {
    const one = want(take, "a");
    const two = want(take, "a");
    const three = want(take, "a");
    two.abort.abort("not needed");
    await turn();
    assert.equal(two.state, "not needed");
    one.release();
    await turn();
    assert.equal(three.state, "held");
    three.release();
  });
});

describe("a lock of the browser's", () => {
  const give = (t, request) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    Object.defineProperty(globalThis, "navigator", { value: { locks: { request } }, configurable: true });
    t.after(() => {
      if (before === undefined) delete globalThis.navigator;
      else Object.defineProperty(globalThis, "navigator", before);
    });
    return locks(true);
  };

  test("is held until it is released", async (t) => {
    let until;
    const take = give(t, async (_name, _options, act) => {
      until = act();
      await until;
    });
    const one = want(take, "a");
    await turn();
    assert.equal(one.state, "held");
    let isFree = false;
    until.then(() => (isFree = true));
    await turn();
    assert.equal(isFree, false);
    one.release();
    await turn();
    assert.equal(isFree, true);
  });

  test("is asked for no longer once it was waited for five seconds", async (t) => {
    let signal;
    const take = give(t, (_name, options) => {
      signal = options.signal;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const one = want(take, "a");
    await turn();
    t.mock.timers.tick(5000);
    await turn();
    assert.equal(one.state, "held");
    assert.equal(signal.aborted, true);
  });

  for (const [name, request] of Object.entries({
    throws: () => {
      throw new DOMException("no", "SecurityError");
    },
    "refuses, as in a sandboxed frame": () => Promise.reject(new DOMException("no", "SecurityError")),
    "is no promise": () => undefined,
  })) {
    test(`that ${name} gives way to one within the program`, async (t) => {
      const take = give(t, request);
      const one = want(take, "a");
      const two = want(take, "a");
      await turn();
      assert.deepEqual(states(one, two), ["held", "waiting"]);
      one.release();
      await turn();
      assert.equal(two.state, "held");
      two.release();
    });
  }
});

test("a way to take locks that fails is done without", async () => {
  const take = patiently(() => Promise.reject(new Error("no disk")));
  const one = want(take, "a");
  await turn();
  assert.equal(one.state, "held");
  const two = want(takeWithin, "a");
  await turn();
  assert.equal(two.state, "held");
  two.release();
});
