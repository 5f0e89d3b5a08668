/**
 * Proves that every crate may be used under a licence that `deny.toml` allows, and comes from the Rust registry.
 *
 * cargo-deny proves more, and takes longer to compile than this repository: it runs only where it is installed.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * @typedef {object} Crate
 * @property {string} name
 * @property {string} version
 * @property {string | null} license an SPDX expression; before 2022 a slash meant OR
 * @property {string | null} source null for our own
 */

/** @returns {Crate[]} */
function crates() {
  const options = { cwd: ROOT, maxBuffer: 1 << 28, encoding: /** @type {const} */ ("utf8") };
  return JSON.parse(execFileSync("cargo", ["metadata", "--format-version", "1", "--locked"], options)).packages;
}

/** @returns {Set<string>} */
function allowedLicences() {
  const list = /\nallow = \[([^\]]*)\]/.exec(readFileSync(`${ROOT}deny.toml`, "utf8"))?.[1] ?? "";
  return new Set([...list.replaceAll(/#.*/g, "").matchAll(/"([^"]+)"/g)].map(([, licence]) => licence ?? ""));
}

/**
 * Whether an SPDX expression can be met with the allowed licences. AND binds tighter than OR.
 *
 * @param {string} expression
 * @param {Set<string>} allowed
 */
function isAllowed(expression, allowed) {
  const words = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;

  /** @returns {boolean} */
  const either = () => {
    let result = both();
    while (words[at] === "OR") {
      at += 1;
      const other = both();
      result ||= other;
    }
    return result;
  };
  /** @returns {boolean} */
  const both = () => {
    let result = one();
    while (words[at] === "AND") {
      at += 1;
      const other = one();
      result &&= other;
    }
    return result;
  };
  /** @returns {boolean} */
  const one = () => {
    if (words[at] === "(") {
      at += 1;
      const inside = either();
      at += 1;
      return inside;
    }
    let licence = words[at++] ?? "";
    if (words[at] === "WITH") {
      licence += ` WITH ${words[at + 1]}`;
      at += 2;
    }
    return allowed.has(licence);
  };

  return either() && at === words.length;
}

test("licence expressions are understood", () => {
  const allowed = new Set(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
  for (const expression of ["MIT", "GPL-3.0 OR MIT", "X/MIT", "(X OR MIT) AND ISC", "Apache-2.0 WITH LLVM-exception"]) {
    assert.ok(isAllowed(expression, allowed), expression);
  }
  for (const expression of ["", "GPL-3.0", "MIT AND X", "X AND MIT OR X", "(X OR Y) AND MIT", "Apache-2.0"]) {
    assert.ok(!isAllowed(expression, allowed), expression);
  }
});

test("every crate has an allowed licence and comes from the Rust registry", () => {
  const allowed = allowedLicences();
  const all = crates();
  assert.ok(all.length > 100 && allowed.size > 3, "the crates or the allowed licences were not found");
  const refused = all.filter(({ license, source }) => {
    const ours = source === null;
    const fromRegistry = source?.startsWith("registry+https://github.com/rust-lang/crates.io-index") ?? false;
    return !(ours || fromRegistry) || !isAllowed(license ?? "", allowed);
  });
  assert.deepEqual(
    refused.map(({ name, version, license, source }) => `${name} ${version}: ${license} from ${source}`),
    [],
  );
});
