/**
 * `run SERVICE`: calls a service of the cluster, and writes what it answers.
 *
 * @module
 */

import { readFile } from "node:fs/promises";

import { invalid } from "../errors.js";
import { given as handedIn } from "./ask.js";
import { open, signIn } from "./connect.js";
import { FileSink } from "./file-sink.js";
import { RowSink } from "./row-sink.js";
import { counted } from "./words.js";

/**
 * @import { RecordStream, ServerMessage, Session, StreamOptions } from "../index.js"
 * @import { Values } from "./arguments.js"
 * @import { Limits } from "./ask.js"
 * @import { Context } from "./main.js"
 * @import { Output } from "./output.js"
 */

/** Services that answer JSON; the others answer records. */
const PLAIN = ["defaults", "definition", "event", "geo", "health", "metric", "status", "tile", "time", "version"];
const FORMATS = ["jsonl", "csv"];

/** @param {Context} context */
export async function runService({ values, given, place: placed, timeoutMs, output, interrupts: { signal } }) {
  const [api, ...others] = given;
  if (api === undefined || others.length > 0) throw invalid("name one service: run SERVICE; see run --help");
  const isPlain = isPlainService(api, values.as);
  if (isPlain) refuseOfRows(api, values);
  const parameters = await parametersFrom(values.parameters, { signal, timeoutMs });
  const format = formatOf(values);
  const place = placed("sliderule");
  const path = typeof values.output === "string" && values.output !== "-" ? values.output : undefined;
  const rows = new RowSink({ path, format, recordType: values.record, output });
  await rows.open(!isPlain && asksForFile(parameters));
  const session = open(place, output);
  try {
    await signIn(session, place, { signal, timeoutMs });
    if (isPlain) await answer(await session.source(api, parameters, { signal, timeoutMs }), { path, rows, output });
    else await stream(session, api, parameters, { values, path, rows, output, limits: { signal, timeoutMs } });
  } catch (error) {
    await rows.abandon();
    throw error;
  } finally {
    session.dispose();
  }
}

/**
 * @param {unknown} value
 * @param {{ path: string | undefined, rows: RowSink, output: Output }} where
 */
async function answer(value, { path, rows, output }) {
  const text = `${JSON.stringify(value, null, path !== undefined || (output.isShown && !output.json) ? 2 : undefined)}\n`;
  await rows.write(text);
  await rows.finish({ isElsewhere: false });
  if (path === undefined) return;
  const size = Buffer.byteLength(text);
  const lines = output.quiet ? [] : [`${counted(size, "byte")} in ${path}`];
  await output.result({ rows: {}, files: [{ name: path, path, size }], remoteFiles: [] }, lines);
}

/**
 * @param {Session} session
 * @param {string} api
 * @param {object} parameters
 * @param {{ values: Values, path: string | undefined, rows: RowSink, output: Output, limits: StreamOptions }} how
 */
async function stream(session, api, parameters, { values, path, rows, output, limits }) {
  const files = new FileSink({ path, output });
  const records = session.stream(api, parameters, {
    ...limits,
    allowPartial: values["allow-partial"] === true,
    onFile: (file) => files.take(file),
    onMessage: (message) => tell(message, output),
  });
  for await (const batch of records) await rows.take(batch);
  await rows.finish({ isElsewhere: files.saved.length > 0 });
  await summarise(records, rows, files, { path, output });
}

/**
 * Where the rows are standard output, the rows are the result.
 *
 * @param {RecordStream} records
 * @param {RowSink} rows
 * @param {FileSink} files
 * @param {{ path: string | undefined, output: Output }} where
 */
async function summarise(records, rows, files, { path, output }) {
  const remote = records.remoteFiles;
  const saved = files.saved;
  if (path !== undefined) {
    const value = { rows: rows.counts, files: saved, remoteFiles: remote };
    const lines = Object.entries(rows.counts).map(([type, count]) => `${counted(count, "row")} of ${type} in ${path}`);
    const others = saved.map(({ path: place, size }) => `${counted(size, "byte")} in ${place}`);
    await output.result(value, output.quiet ? [] : [...lines, ...others]);
  }
  for (const { url } of remote) output.say(`The server wrote ${url}`);
  if (rows.hasRows || saved.length > 0) return;
  if (rows.isEmptyFile) output.say(`The answer has no rows; ${path} is empty.`);
  else if (remote.length === 0) output.say("The answer has no rows.");
}

/**
 * @param {ServerMessage} message
 * @param {Output} output
 */
function tell({ meaning, level, text }, output) {
  if (meaning !== "progress") output.say(`${level}: ${text}`);
}

/**
 * Whether the service is asked for a file in place of rows.
 *
 * @param {any} parameters
 */
function asksForFile(parameters) {
  return parameters?.output !== undefined || parameters?.parms?.output !== undefined;
}

/**
 * @param {string} api
 * @param {unknown} as
 */
function isPlainService(api, as) {
  if (as === undefined) return PLAIN.includes(api);
  if (as === "source" || as === "stream") return as === "source";
  throw invalid("--as must be source or stream");
}

/**
 * What is said of rows would be of no use, and go unnoticed.
 *
 * @param {string} api
 * @param {Values} values
 */
function refuseOfRows(api, values) {
  const wrong = ["format", "record", "allow-partial"].find((name) => values[name] !== undefined);
  if (wrong === undefined) return;
  throw invalid(`--${wrong} is for rows, and ${api} answers JSON; if it streams records here, say --as stream`);
}

/** @param {Values} values */
function formatOf({ format, output }) {
  if (format === undefined) return typeof output === "string" && output.endsWith(".csv") ? "csv" : "jsonl";
  if (typeof format === "string" && FORMATS.includes(format)) return format;
  throw invalid(`--format must be ${FORMATS.join(" or ")}`);
}

/**
 * @param {unknown} where
 * @param {Limits} limits
 */
async function parametersFrom(where, limits) {
  if (typeof where !== "string") return {};
  const isJson = where.trimStart().startsWith("{");
  const text = isJson ? where : where === "-" ? await handedIn(limits) : await fileText(where);
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = isJson ? "they are" : where === "-" ? "standard input is" : `${where} is`;
    throw invalid(`--parameters: ${place} no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} path */
async function fileText(path) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw invalid(`--parameters: ${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
