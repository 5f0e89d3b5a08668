/**
 * From the import of the package to its first request, in Node: `cargo xtask bench startup`.
 *
 * Each measurement is a program of its own, which imports an entry and signs in. Argument: a file for the figures.
 *
 * | figure | from the `import()` on, until |
 * |---|---|
 * | `…_called_ms` | `fetch` is called, where Node had loaded its `fetch` before: what is ours |
 * | `…_arrived_ms` | the request is at a server on this machine: with what Node needs for its first `fetch` |
 * | `fetch_alone_arrived_ms` | the same without any package |
 */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { promisify } from "node:util";

const [file] = process.argv.slice(2);
const ENTRIES = { inlined: "sliderule-wasm", node: "sliderule-wasm/node" };
const RUNS = 21;
/** Milliseconds, for the median of either entry. */
const GOAL_MS = 25;

/** @param {string} entry @param {string} url */
const signIn = (entry, url) => `
  const { init } = await import("${entry}");
  const options = { organization: "acme", credentials: { username: "ada", password: "startup" } };
  await init("${url}", options).catch(() => {});
`;

/** @param {string} act @param {boolean} [isLoaded] Whether Node loads its fetch before. */
const program = (act, isLoaded) => `
  ${isLoaded ? "Request;" : ""}
  const plain = globalThis.fetch;
  let called;
  globalThis.fetch = (...given) => {
    called ??= performance.now();
    return plain(...given);
  };
  const began = performance.now();
  ${act}
  console.log(JSON.stringify({ called: called - began, began: performance.timeOrigin + began }));
`;

/** @param {number[]} numbers */
const median = (numbers) => numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;

let arrived = 0;
const server = createServer((request, response) => {
  arrived ||= performance.timeOrigin + performance.now();
  request.resume();
  response.writeHead(401, { "Content-Type": "application/json" }).end("{}");
}).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

/**
 * One program, measured.
 *
 * @param {string} source
 */
async function measured(source) {
  arrived = 0;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], {
    cwd: new URL(".", import.meta.url),
  });
  const { called, began } = JSON.parse(stdout);
  return { called, arrived: arrived - began };
}

/** @type {Record<string, number[]>} */
const times = { fetch_alone_arrived_ms: [] };
for (const name of Object.keys(ENTRIES))
  Object.assign(times, { [`${name}_called_ms`]: [], [`${name}_arrived_ms`]: [] });
const url = `http://127.0.0.1:${port}`;
for (let run = 0; run < RUNS; run += 1) {
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const act = signIn(entry, url);
    times[`${name}_called_ms`]?.push((await measured(program(act, true))).called);
    times[`${name}_arrived_ms`]?.push((await measured(program(act))).arrived);
  }
  times.fetch_alone_arrived_ms?.push((await measured(program(`await fetch("${url}");`))).arrived);
}
const figures = Object.fromEntries(Object.entries(times).map(([name, each]) => [name, median(each)]));
server.close();

for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(24)} ${value.toFixed(1).padStart(8)}`);
if (file !== undefined) writeFileSync(file, `${JSON.stringify({ startup: figures })}\n`);
const missed = Object.entries(figures).filter(([name, value]) => name.endsWith("called_ms") && !(value < GOAL_MS));
for (const [name] of missed) console.log(`missed: ${name} under ${GOAL_MS} ms`);
process.exitCode = missed.length === 0 ? 0 : 1;
