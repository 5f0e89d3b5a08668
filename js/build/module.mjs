/**
 * From the module that wasm-opt made to the one that npm publishes: short names, and the release in a section of its own.
 *
 * wasm-bindgen's names for what passes between the module and its glue end in hashes, which no compression makes smaller; they
 * would be a twentieth of what is published.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const WASM_OPT = fileURLToPath(new URL("../../node_modules/.bin/wasm-opt", import.meta.url));
/** As `xtask/src/build/wasm.rs` has them. */
const FEATURES = ["simd", "bulk-memory", "sign-ext", "nontrapping-float-to-int", "reference-types", "multivalue"];

/**
 * What is exported and imported, by its long name, with its short one.
 *
 * @typedef {object} Names
 * @property {[module: string, name: string, short: string][]} imports
 * @property {[name: string, short: string][]} exports
 */

/**
 * @param {string} from
 * @param {string} to
 * @returns {Names}
 */
export function shorten(from, to) {
  const features = [...FEATURES, "mutable-globals"].map((name) => `--enable-${name}`);
  const passes = ["--minify-imports-and-exports-and-modules", "--strip-producers"];
  const said = execFileSync(WASM_OPT, [...features, ...passes, from, "-o", to], { encoding: "utf8" });
  return JSON.parse(said);
}

/**
 * The module with the release of the package in a custom section of that name, which can be read before any of it runs.
 *
 * @param {string} file
 * @param {string} section
 * @param {string} release
 */
export function labelled(file, section, release) {
  const name = Buffer.from(section);
  const content = Buffer.concat([Buffer.of(name.length), name, Buffer.from(release)]);
  // Lengths below 128 are one byte.
  if (content.length > 127) throw new Error("the label is too long");
  return Buffer.concat([readFileSync(file), Buffer.of(0, content.length), content]);
}
