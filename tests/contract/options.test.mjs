/** Proves that every option is documented with its default and an example, and that types and code know the same ones. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { snakeCase } from "../../js/spelling.js";
import { ALIASES, CHECKS, TAKES } from "../../js/surface.js";

const read = (/** @type {string} */ name) => readFileSync(new URL(`../../js/${name}`, import.meta.url), "utf8");
const INTERFACES = /^export interface (\w*Options|Credentials)\b[^{]*\{\n([\s\S]*?)^\}/gm;
const MEMBERS = /(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?(?: {2}\/\/.*\n)? {2}(\w+)\??:/g;

/** @type {{ owner: string, name: string, documentation: string }[]} */
const members = ["index.d.ts", "node.d.ts"].flatMap((file) =>
  [...read(file).matchAll(INTERFACES)].flatMap(([, owner = "", body = ""]) =>
    [...body.matchAll(MEMBERS)].map(([, documentation = "", name = ""]) => ({ owner, name, documentation })),
  ),
);
const isAlias = (/** @type {{ documentation: string }} */ { documentation }) => /^ Alias of `/.test(documentation);

test("every option has a sentence, its default and an example", () => {
  assert.ok(members.length > 60, "the options are found");
  const incomplete = members.filter(
    (each) => !isAlias(each) && !/\w[\s\S]*@default \S[\s\S]*@example\s+\S/.test(each.documentation),
  );
  assert.deepEqual(
    incomplete.map(({ owner, name }) => `${owner}.${name}`),
    [],
  );
});

test("a time says its unit", () => {
  const times = members.filter(({ name }) => /Ms$|^timeToLive$/.test(name));
  assert.deepEqual(
    times.filter(({ documentation }) => !/milliseconds|minutes/i.test(documentation)),
    [],
  );
});

test("types and code know the same options, in the same spellings", () => {
  const typed = new Set(members.filter(({ owner }) => !/^(FileStore|Arrow)/.test(owner)).map(({ name }) => name));
  const names = [...new Set(Object.values(TAKES).flatMap((each) => each.split(" ")))];
  const known = names.flatMap((name) => [name, ALIASES[name] ?? snakeCase(name)]);
  assert.deepEqual([...typed].sort(), [...new Set(known)].sort());
  assert.deepEqual(
    names.filter((name) => CHECKS[name] === undefined),
    [],
    "each is checked",
  );
});
