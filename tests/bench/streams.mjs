/**
 * How quickly record streams are decoded, side by side with other ways to do it: `cargo xtask bench streams`.
 *
 * Arguments: the module's folder, the folder of the npm client or `-`, `page` or `-` for whether there is a Chromium, and a file
 * for the figures or `-`. All ways take turns, so that whatever else the machine does meets each of them; the median of five turns
 * after one to warm up counts.
 */

import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";

import { createSession } from "sliderule-wasm/node";

import { batch, joined } from "../../js/stream/columns.js";
import { RecordDecoder } from "../../js/stream/decoder.js";
import { block, definitions } from "./body.mjs";
import { dataViewDecoder } from "./data-view.mjs";
import { growth } from "./growth.mjs";
import { longestBlocks } from "./page.mjs";

const BYTES = 200_000_000;
/** What the npm client can finish in a few seconds. */
const FEW = 4_000_000;
const CHUNK = 64 * 1024;
const TURNS = 5;

const [folder = "", npm = "-", page = "-", file = "-"] = process.argv.slice(2);
const { default: initialise, Decoder } = await import(join(folder, "sliderule_wasm.js"));
const module = await initialise({ module_or_path: readFileSync(join(folder, "sliderule_wasm_bg.wasm")) });
/** What a session has in its place: an instance of the module. */
const instance = /** @type {any} */ ({ decoder: (/** @type {[any, any]} */ ...given) => new Decoder(...given) });

const server = fork(new URL("./server.mjs", import.meta.url));
const port = Number(await new Promise((resolve) => server.once("message", resolve)));
const url = `http://127.0.0.1:${port}`;
const session = createSession({ url, organization: null });
const body = block(BYTES);
let peak = 0;
let collectPeak = 0;

const ways = {
  "drained by a bare socket": { bytes: BYTES, run: socket },
  "(m) decoded from memory": { bytes: BYTES, run: memory },
  "(a) drained by bare fetch": { bytes: BYTES, run: drain },
  "(b) decoded by this package": { bytes: BYTES, run: decode },
  "(d) by a DataView, from memory": { bytes: BYTES, run: dataViewMemory },
  "(d) by a DataView, over fetch": { bytes: BYTES, run: dataView },
  ...(npm === "-" ? {} : { "(c) npm @sliderule/sliderule": { bytes: FEW, run: npmClient() } }),
};

/** @type {Record<string, number>} Median megabytes per second. */
const speed = {};
/** @type {Record<string, number[]>} */
const turns = {};
for (let turn = 0; turn <= TURNS; turn += 1) {
  for (const [name, { bytes, run }] of Object.entries(ways)) {
    // Once for what the way before has left behind, whose clearing away would count as this one's time.
    await run();
    const began = performance.now();
    await run();
    const megabytes = bytes / 1e3 / (performance.now() - began);
    turns[name] ??= [];
    if (turn > 0) turns[name].push(megabytes);
  }
}
for (const [name, all] of Object.entries(turns)) {
  speed[name] = all.sort((one, other) => one - other)[Math.floor(TURNS / 2)] ?? 0;
}
await extra();
await joining();
const blocks = page === "-" ? null : await longestBlocks(url, BYTES);
server.disconnect();

const [bare = 0, m = 0, a = 0, b = 0, d = 0, viewed = 0, c] = Object.values(speed);
const figures = {
  drain_alone_mb_per_s: bare,
  memory_mb_per_s: m,
  fetch_mb_per_s: a,
  package_mb_per_s: b,
  time_over_drain: a / b,
  times_npm_client: c === undefined ? null : b / c,
  times_dataview: m / d,
  times_dataview_over_fetch: b / viewed,
  peak_extra_mb: peak / 1e6,
  collect_extra_over_largest_column: collectPeak,
  growth_at_ten_times_the_bytes: growth(instance),
  page_longest_script_ms: blocks?.script ?? null,
  page_longest_task_ms: blocks?.task ?? null,
  page_longest_task_ms_bare_fetch: blocks?.bareTask ?? null,
};
for (const [name, value] of Object.entries(speed))
  console.log(`${name.padEnd(32)} ${value.toFixed(0).padStart(7)} MB/s`);
if (npm === "-") console.log("(c) left out: the npm client could not be installed");
for (const [name, value] of Object.entries(figures))
  console.log(`${name.padEnd(32)} ${value?.toFixed(2).padStart(10)}`);
if (file !== "-") writeFileSync(file, `${JSON.stringify({ streams: figures })}\n`);
if (page === "-") console.log("the page was left out: there is no Chromium");
const goals = {
  "2000 MB/s from memory": m >= 2000,
  "1.5 times the drain": a / b <= 1.5,
  "80 times the npm client": c === undefined || b / c >= 80,
  "twice the DataView": m / d >= 2,
  "16 MB beyond a batch": peak <= 16e6,
  "a largest column beyond a result": collectPeak <= 1.2,
  "twelve times the time for ten times the bytes": figures.growth_at_ten_times_the_bytes <= 12,
  "16 ms of a page's main thread": blocks === null || blocks.script <= 16,
  "a drain of 1500 MB/s": bare >= 1500,
};
const missed = Object.entries(goals).filter(([, met]) => !met);
if (missed.length > 0) {
  console.log(`missed: ${missed.map(([goal]) => goal).join(", ")}`);
  process.exitCode = 1;
}

async function socket() {
  await new Promise((resolve, reject) => {
    let received = 0;
    const client = connect({
      port,
      host: "127.0.0.1",
      onread: {
        buffer: Buffer.alloc(1 << 20),
        callback: (count) => {
          received += count;
          return true;
        },
      },
    });
    client.on("error", reject);
    client.on("close", () => (received > BYTES * 0.99 ? resolve(undefined) : reject(new Error("cut off"))));
    client.write(`POST /source/records/${BYTES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
}

function memory() {
  let rows = 0;
  decodeAll((item) => {
    rows += batch(item).length;
  });
  if (rows === 0) throw new Error("nothing was decoded");
}

/** @param {(item: any) => void} take */
function decodeAll(take) {
  const decoder = new RecordDecoder(instance, null, []);
  const each = (/** @type {any[]} */ items) => items.forEach(take);
  for (let at = 0; at < body.length; at += CHUNK) {
    each(decoder.push(body.subarray(at, at + CHUNK)));
    for (let needs = decoder.needs(); needs.length > 0; needs = decoder.needs()) {
      for (const name of needs) each(decoder.define(name, JSON.stringify(definitions[name])));
    }
  }
  each(decoder.flush());
  decoder.finish();
  decoder.free();
}

async function answer() {
  const { body: stream } = await fetch(`${url}/source/records/${BYTES}`, { method: "POST" });
  if (stream === null) throw new Error("no body");
  return stream.getReader();
}

async function drain() {
  const reader = await answer();
  while (!(await reader.read()).done);
}

async function decode() {
  for await (const { length } of session.stream(`records/${BYTES}`))
    if (length === 0) throw new Error("an empty batch");
}

async function dataView() {
  const reader = await answer();
  let rows = 0;
  const push = dataViewDecoder(definitions["atl06rec.elevation"], (_, more) => {
    rows += more;
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    push(Buffer.from(value.buffer, value.byteOffset, value.length));
  }
  if (rows === 0) throw new Error("nothing was decoded");
}

function dataViewMemory() {
  let rows = 0;
  const push = dataViewDecoder(definitions["atl06rec.elevation"], (_, more) => {
    rows += more;
  });
  for (let at = 0; at < body.length; at += CHUNK) push(body.subarray(at, at + CHUNK));
  if (rows === 0) throw new Error("nothing was decoded");
}

/** What is held in array buffers once garbage is collected, whose memory is given back a moment later. */
async function held() {
  /** @type {any} */ (globalThis).gc?.();
  await new Promise((resolve) => setTimeout(resolve, 10));
  return process.memoryUsage().arrayBuffers;
}

/** What iterating holds beside the batch at hand, for a consumer who takes a while now and then. */
async function extra() {
  let seen = 0;
  const before = await held();
  for await (const { columns } of session.stream(`records/${BYTES}`)) {
    seen += 1;
    if (seen % 20 !== 0) continue;
    const own = Object.values(columns).reduce((sum, column) => sum + /** @type {any} */ (column).byteLength, 0);
    peak = Math.max(peak, (await held()) - before - own + module.memory.buffer.byteLength);
  }
}

/**
 * What `collect` holds at most beside its result while it joins batches, in sizes of the largest column.
 */
async function joining() {
  /** @type {import("sliderule-wasm").Batch[]} */
  const batches = [];
  decodeAll((item) => batches.push(batch(item)));
  const before = await held();
  let most = 0;
  const { atl06rec } = await joined(batches, async () => {
    most = Math.max(most, (await held()) - before);
  });
  const sizes = Object.values(atl06rec?.columns ?? {}).map((column) => Number(/** @type {any} */ (column).byteLength));
  collectPeak = most / Math.max(...sizes);
}

/** The client as published, pointed at our server: it takes the module that makes its requests from its settings. */
function npmClient() {
  const client = createRequire(import.meta.url)(npm);
  const protocol = {
    request: (/** @type {any} */ options, /** @type {any} */ answered) => http.request({ ...options, port }, answered),
  };
  const settings = { domain: "127.0.0.1", organization: "", protocol, verbose: false };
  // Its `init` applies the settings before it looks for a token, which it then does without.
  client.core.init(settings).catch(() => {});
  return async () => {
    let rows = 0;
    const callbacks = { atl06rec: (/** @type {any} */ { elevation }) => (rows += elevation.length) };
    await client.core.source(`records/${FEW}`, {}, true, callbacks);
    // It answers before its last records are decoded.
    while (rows < (FEW / 80) * 0.98) await new Promise(setImmediate);
  };
}
