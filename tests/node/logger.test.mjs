// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Where lines for the log go. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { createSession } from "../../js/index.js";

import { Ports } from "../../js/ports.js";
import { ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const emit = Ports.prototype.emit;
afterEach(() => {
  Ports.prototype.emit = emit;
});

/** Has the mind say lines, once it says anything. */
function saying(...events) {
  Ports.prototype.emit = function (...given) {
    Ports.prototype.emit = emit;
    for (const [call, event] of events) emit.call(this, call, JSON.stringify({ type: "log", ...event }));
    emit.apply(this, given);
  };
}

async function signIn(t, options) {
  const server = await standIn(t);
  const session = createSession({ url: server.url, organization: ORGANIZATION, ...options });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  return session;
}

test("lines of each level go to the method of that name, also those of a call", async (t) => {
  const lines = [];
  class Log {
    debug(line) {
      this.add("debug", line);
    }
    info(line) {
      this.add("info", line);
    }
    warn(line) {
      this.add("warn", line);
    }
    add(...line) {
      lines.push(line);
    }
  }
  saying(
    [undefined, { level: "debug", message: "a" }],
    [1, { level: "info", message: "b" }],
    [undefined, { level: "warn", message: "c" }],
    [undefined, { level: "error", message: "a level that this log does not have" }],
    [undefined, { level: "constructor", message: "no level at all" }],
  );
  await signIn(t, { logger: new Log() });
  assert.deepEqual(lines, [
    ["debug", "a"],
    ["info", "b"],
    ["warn", "c"],
  ]);
});

test("warnings are lines too, and what fails after a store has degraded is a line only", async (t) => {
  const lines = [];
  const store = {
    get: () => "damaged",
    set: () => Promise.reject(),
    delete() {},
  };
  const server = await standIn(t);
  const logger = { warn: (line) => lines.push(line) };
  const session = createSession({ url: server.url, organization: ORGANIZATION, store, logger, bypassDns: true });
  await assert.rejects(session.authenticate(), { code: "credentials_missing" });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  assert.deepEqual(
    session.warnings.map(({ code }) => code),
    ["unsupported", "storage_degraded"],
  );
  assert.equal(lines.length, 3);
  assert.match(lines[0], /^unsupported: bypassDns does nothing/);
  assert.match(lines[1], /^storage_degraded: a record of tokens was damaged/);
  assert.match(lines[2], /^storage_degraded: the token store failed/);
});

test("no line is written where nobody asked for any", async (t) => {
  const written = [];
  for (const method of ["debug", "info", "warn", "error", "log"]) {
    t.mock.method(console, method, (...words) => written.push(words));
  }
  for (const logger of [undefined, null, {}]) {
    saying([undefined, { level: "error", message: "unheard" }]);
    await signIn(t, { logger });
  }
  assert.deepEqual(written, []);
});

test("console is a logger; what is none is refused", async (t) => {
  const written = [];
  t.mock.method(console, "info", (line) => written.push(line));
  saying([undefined, { level: "info", message: "hello" }]);
  await signIn(t, { logger: console });
  assert.deepEqual(written, ["hello"]);
  for (const logger of ["console", () => {}, { warn: true }]) {
    assert.throws(() => createSession({ logger }), {
      code: "invalid_argument",
      message: /debug, info, warn and error/,
    });
  }
});
