#!/usr/bin/env node
/**
 * The command line: `npx sliderule-wasm`.
 *
 * @module
 */

import { main } from "./cli/main.js";

main(process.argv.slice(2)).then((code) => {
  // Not `exit`, which would cut off what a pipe has not taken yet.
  process.exitCode = code;
});
