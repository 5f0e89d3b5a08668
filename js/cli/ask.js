/**
 * Asking a person, and reading what a program hands in.
 *
 * @module
 */

import { text } from "node:stream/consumers";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

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

/** All of standard input, without the end of its last line. */
export async function given() {
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}
