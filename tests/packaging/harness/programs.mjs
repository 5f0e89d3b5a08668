/**
 * Runs the scripts of a project as npm would, each as one process without a shell in between, which can be ended by its id.
 *
 * They find nothing of this machine's user: the project is their home, and no credentials are in their environment.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { scripts } from "./projects.mjs";

/** How long a script may take, on a machine with other work. */
const PATIENCE_MS = 120_000;

/**
 * @param {string} project
 * @param {string} name
 */
async function start(project, name) {
  const [program = "", ...words] = (await scripts(project))[name]?.split(" ") ?? [];
  const env = {
    PATH: `${join(project, "../node_modules/.bin")}:${process.env.PATH}`,
    HOME: project,
    TMPDIR: process.env.TMPDIR,
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
  };
  const child = spawn(program, words, { cwd: project, env, stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE_MS });
  const said = { output: "", complaints: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said.output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said.complaints += text;
  });
  return { child, said };
}

/**
 * Runs a script to its end, which must be a good one.
 *
 * @param {string} project
 * @param {string} name
 * @returns {Promise<{ output: string, complaints: string }>} what it wrote to standard output and error
 */
export async function runScript(project, name) {
  const { child, said } = await start(project, name);
  const [code, signal] = await once(child, "close");
  assert.equal(code, 0, `${name} ended with ${code ?? signal}: ${said.output}${said.complaints}`);
  return said;
}

/**
 * Bundles a project; a bundler that warns of anything is a failure.
 *
 * @param {string} project
 */
export async function build(project) {
  const { output, complaints } = await runScript(project, "build");
  assert.doesNotMatch(output + complaints, /warn/i);
}

/**
 * Starts a script that serves the project until the test ends.
 *
 * @param {import("node:test").TestContext} t
 * @param {string} project
 * @param {string} name
 * @returns {Promise<string>} where it serves
 */
export async function startServer(t, project, name) {
  const { child, said } = await start(project, name);
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  const lines = createInterface({ input: child.stdout });
  return await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (address !== undefined) resolve(address);
    });
    ended.then(([code]) => reject(new Error(`${name} ended with ${code}: ${said.output}${said.complaints}`)));
  });
}
