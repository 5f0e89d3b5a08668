/**
 * `run`: calls a service of the cluster; or, with `--`, runs a program while the cluster is up.
 *
 * @module
 */

import { runProgram } from "./run-program.js";
import { runService } from "./run-service.js";

/** @import { Context } from "./main.js" */

export const summary = "Call a service of the cluster, or run a program while the cluster is up";
export const usage = [
  "SERVICE [-o NAME] [--parameters FILE|-|JSON] [--output FILE] [--format jsonl|csv]",
  "-o NAME --nodes N [--minutes M] [--min-ready N] -- PROGRAM [ARGUMENTS]",
];
export const help = [
  ["--parameters FILE|-|JSON", "what is asked for: a file, standard input, or the JSON itself"],
  ["--output FILE", "where the rows, or the file that the service makes, go (default: standard output)"],
  ["--format jsonl|csv", "of rows: JSON for each, or CSV (default: by the ending of FILE, else jsonl)"],
  ["--record TYPE", "rows of this record type only, such as atl06rec"],
  ["--allow-partial", "take a result of which the server reports missing parts"],
  ["--as source|stream", "how the service answers, where this program guesses wrong"],
  ["--nodes N", "nodes to ask for, and to give back when the program ends"],
  ["--minutes M", "how long the nodes outlive this program, should it be killed (default 15)"],
  ["--min-ready N", "nodes to wait for before the program starts (default: all that are granted)"],
];
export const examples = [
  "sliderule-wasm run atl06p -o acme --parameters request.json --output heights.csv",
  'sliderule-wasm run atl06p -o acme --parameters \'{"resources": ["ATL03_….h5"]}\' | head',
  "sliderule-wasm run -o acme --nodes 4 -- python process.py",
];
/** @type {import("./arguments.js").Options} */
export const options = {
  parameters: { type: "string", short: "p" },
  output: { type: "string" },
  format: { type: "string" },
  record: { type: "string" },
  "allow-partial": { type: "boolean" },
  as: { type: "string" },
  nodes: { type: "string", short: "n" },
  minutes: { type: "string", short: "m" },
  "min-ready": { type: "string" },
};

/** @param {Context} context */
export function run(context) {
  return context.after === undefined ? runService(context) : runProgram(context, context.after);
}
