/** Proves that the page about errors explains each code there is, once, and no other. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (/** @type {string} */ path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

test("docs/ERRORS.md has each error code once, with its cause and its remedy", async () => {
  const rust = await read("crates/api/src/error.rs");
  const list = rust.slice(rust.indexOf("\ncodes! {"), rust.indexOf("\n}", rust.indexOf("\ncodes! {")));
  const codes = [...list.matchAll(/= "([a-z_]+)"/g)].map(([, code]) => code ?? "");
  assert.ok(codes.length > 20, "the list in Rust was not found");

  const rows = [...(await read("docs/ERRORS.md")).matchAll(/^\| `([a-z_]+)` \| (.+) \| (.+) \|$/gm)];
  assert.deepEqual(rows.map(([, code]) => code ?? "").sort(), codes.sort());
  for (const [row, , cause, remedy] of rows) assert.ok((cause ?? "").length > 5 && (remedy ?? "").length > 5, row);
});
