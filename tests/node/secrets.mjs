// @ts-nocheck: it reaches into the client's own classes.
/**
 * Watches all that the client says while the tests of a file run, and fails the file where a password or token is in it.
 *
 * Watched are: each error made, with its stack, properties and causes; what calls reject with and resolve to; each event and
 * warning; each line on the console; and each URL asked. Secrets are those that `secret` is told, which the stand-in does with
 * what it issues and with what it is sent; they are also looked for as they are written in JSON, URLs and Base64.
 *
 * To import this module is enough. What is sent in headers and bodies is where secrets belong, and not looked at.
 */

import assert from "node:assert/strict";
import { after } from "node:test";
import { inspect } from "node:util";

import { Connection } from "../../js/connection.js";
import { SlideRuleError } from "../../js/errors.js";
import { Ports } from "../../js/ports.js";

/** Shorter words stand in sentences by themselves. */
const SHORTEST = 8;

const secrets = new Set();
const seen = [];

/** Names something that must be seen nowhere. */
export function secret(text) {
  if (typeof text === "string" && text.length >= SHORTEST) secrets.add(text);
  return text;
}

/** Takes note of something that the client said. */
export function note(kind, said) {
  seen.push({ kind, said });
}

/** Forgets what was seen so far, for a test that has planted a secret. */
export function forgetSeen() {
  seen.length = 0;
}

/** How much was seen of each kind. */
export function seenSoFar() {
  const counts = {};
  for (const { kind } of seen) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Where secrets were seen; the secrets are left out of it. */
export function leaks() {
  const forms = [...secrets].flatMap(formsOf);
  const found = seen.flatMap(({ kind, said }) => {
    const text = wordsOf(said);
    const leaked = forms.filter((form) => text.includes(form));
    const shown = leaked.reduce((rest, form) => rest.replaceAll(form, "<secret>"), text);
    return leaked.length > 0 ? [`${kind}: ${shown.slice(0, 500)}`] : [];
  });
  return [...new Set(found)];
}

function formsOf(text) {
  const base64 = Buffer.from(text).toString("base64").replace(/=+$/, "");
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll("%20", "+"),
    base64,
    base64.replaceAll("+", "-").replaceAll("/", "_"),
  ];
}

/** All that can be seen of a value: of an error the stack, its own properties and what caused it. */
function wordsOf(said) {
  if (typeof said === "string") return said;
  return inspect(said, {
    depth: 8,
    showHidden: true,
    maxArrayLength: 200,
    maxStringLength: 10_000,
    breakLength: Infinity,
  });
}

// The constructor of the error sets its name, which an accessor here gets to know.
Object.defineProperty(SlideRuleError.prototype, "name", {
  configurable: true,
  set(value) {
    Object.defineProperty(this, "name", { value, writable: true, enumerable: true, configurable: true });
    note("error", this);
  },
});

function tap(prototype, method, look) {
  const real = prototype[method];
  prototype[method] = function (...given) {
    look(...given);
    return real.apply(this, given);
  };
}

tap(Ports.prototype, "emit", (_, event) => note("event", event));
tap(Ports.prototype, "succeeded", (_, value) => note("answer", value));
tap(Ports.prototype, "failed", (_, failure) => note("failure", failure));
tap(Connection.prototype, "warn", (warning) => note("warning", warning));
for (const method of ["debug", "log", "info", "warn", "error", "trace"]) {
  tap(console, method, (...words) => note("log", words.map(wordsOf).join(" ")));
}
tap(globalThis, "fetch", (request) => note("url", String(request?.url ?? request)));

const call = Connection.prototype.call;
Connection.prototype.call = async function (...given) {
  try {
    return await call.apply(this, given);
  } catch (reason) {
    note("rejection", reason);
    throw reason;
  }
};

after(() => assert.deepEqual(leaks(), [], "a password or token was said"));
