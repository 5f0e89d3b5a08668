/** Proves that the error codes users see in TypeScript are those that Rust knows, in the same order. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (/** @type {string} */ path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

/**
 * Every `"code"` between two marks.
 *
 * @param {string} text
 * @param {string} begin
 * @param {string} end
 * @returns {string[]}
 */
function codesBetween(text, begin, end) {
  const from = text.indexOf(begin);
  assert.notEqual(from, -1, `there is no \`${begin}\``);
  const inside = text.slice(from + begin.length, text.indexOf(end, from));
  const withoutComments = inside.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  return [...withoutComments.matchAll(/"([a-z0-9_]+)"/g)].map(([, code]) => code ?? "");
}

test("the TypeScript union lists exactly the error codes of Rust", async () => {
  const rust = codesBetween(await read("crates/api/src/error.rs"), "\ncodes! {", "\n}");
  const union = codesBetween(await read("js/index.d.ts"), "export type ErrorCode =", ";");
  assert.ok(rust.length > 20, "the list in Rust was not found");
  assert.deepEqual(union, rust);
});
