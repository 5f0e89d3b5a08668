/**
 * The WebAssembly module as JavaScript, for where nothing serves a second file.
 *
 * Compressed before it becomes text: what a server compresses on the way would be a quarter larger if base64 hid the
 * module from it. A string of Latin-1 characters in place of base64 is larger too, once it is UTF-8.
 *
 * @module
 */

import { deflateSync } from "node:zlib";

/** @param {Uint8Array} module */
export function inlined(module) {
  const text = deflateSync(module, { level: 9 }).toString("base64");
  return `export const length = ${module.length};\nexport const text = "${text}";\n`;
}

/** The types of that module, for our own check. */
export const INLINED_TYPES = `/** Of the module, in bytes. */
export const length: number;
/** The module, as zlib compresses it, in base64. */
export const text: string;
`;
