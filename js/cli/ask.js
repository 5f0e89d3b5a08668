/**
 * Asking a person, and reading what a program hands in.
 *
 * @module
 */

import { text } from "node:stream/consumers";
import { createInterface } from "node:readline/promises";
import { addAbortSignal, Writable } from "node:stream";

import { SlideRuleError } from "../errors.js";

/** @typedef {{ signal: AbortSignal, timeoutMs: number | undefined }} Limits */

/** Whether there is a person to ask. */
export function canAsk() {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * @param {string} question
 * @param {{ isSecret?: boolean, signal: AbortSignal }} options A secret is not shown while it is typed.
 */
export async function ask(question, { isSecret = false, signal }) {
  if (isSecret) process.stderr.write(question);
  // The terminal shows nothing by itself while readline listens; what readline would show goes nowhere for a secret.
  const shown = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const lines = createInterface({ input: process.stdin, output: shown, terminal: true });
  // In this mode of the terminal, Ctrl-C is a key and no signal.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return await lines.question(isSecret ? "" : question, { signal }).catch((error) => {
      throw signal.aborted ? signal.reason : error;
    });
  } finally {
    lines.close();
    if (isSecret) process.stderr.write("\n");
  }
}

/**
 * All of standard input, without the end of its last line.
 *
 * @param {Limits} limits Whoever hands in nothing, as a terminal at which nobody types, is not waited for beyond them.
 */
export async function given({ signal, timeoutMs }) {
  const late = new AbortController();
  const until = AbortSignal.any([signal, late.signal]);
  const end = () => {
    const message = `standard input did not end within ${Number(timeoutMs) / 1000} s`;
    late.abort(new SlideRuleError("timed_out", message));
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs);
  try {
    // What is destroyed does not keep the program from ending.
    const all = await text(addAbortSignal(until, process.stdin));
    return all.replace(/\r?\n$/, "");
  } catch (error) {
    throw until.aborted ? until.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
