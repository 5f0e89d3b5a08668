/** The command line as a shell and a terminal run it, each test with a home folder of its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));
/** How long a command may take, on a machine with other work. */
const PATIENCE_MS = 60_000;

/**
 * @typedef {object} Ended
 * @property {number | null} code
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * @typedef {object} Shell
 * @property {string} home
 * @property {Record<string, string | undefined>} env
 * @property {(words: string[], more?: { input?: string, env?: Record<string, string> }) => Promise<Ended>} run
 * @property {(words: string[], more?: { env?: Record<string, string> }) => import("node:child_process").ChildProcess} start
 * @property {(words: string[]) => Terminal} terminal
 */

/**
 * A shell for a test. `env` comes on top of an environment without any credentials.
 *
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} [env]
 * @returns {Promise<Shell>}
 */
export async function shell(t, env = {}) {
  const home = await mkdtemp(join(tmpdir(), "sliderule-cli-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const kept = Object.entries(process.env).filter(([name]) => !/^(PS_|SLIDERULE_|NETRC|XDG_|NODE_OPTIONS)/.test(name));
  const all = { ...Object.fromEntries(kept), HOME: home, XDG_CACHE_HOME: join(home, "cache"), TERM: "xterm", ...env };
  /** @type {Shell["start"]} */
  const start = (words, more = {}) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { cwd: home, env: { ...all, ...more.env } });
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    child.once("exit", () => clearTimeout(timer));
    return child;
  };
  return {
    home,
    env: all,
    start,
    run: async (words, { input = "", ...more } = {}) => {
      const child = start(words, more);
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
      return await outcome(child);
    },
    terminal: (words) => new Terminal(words, { cwd: home, env: all }),
  };
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<Ended>}
 */
export async function outcome(child) {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

/** A command on a terminal, which `script` of util-linux makes: what it shows, and what is typed. */
export class Terminal {
  shown = "";
  #child;
  #ended;

  /**
   * @param {string[]} words
   * @param {{ cwd: string, env: Record<string, string | undefined> }} options
   */
  constructor(words, options) {
    const line = [process.execPath, PROGRAM, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    // Without `exec` there would be a shell between them, and some shells answer Ctrl-C with an exit code of their own.
    const inside = { ...options, env: { ...options.env, SHELL: "/bin/sh" } };
    this.#child = spawn("script", ["-qefc", `exec ${line}`, "/dev/null"], inside);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    this.#ended = once(this.#child, "close").then(([code]) => {
      clearTimeout(timer);
      return /** @type {number | null} */ (code);
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text) => {
      this.shown += text;
    });
  }

  /**
   * Waits until the terminal shows something.
   *
   * @param {RegExp} what
   */
  async shows(what) {
    for (const end = performance.now() + PATIENCE_MS; !what.test(this.shown); ) {
      if (performance.now() > end || this.#child.exitCode !== null) throw new Error(`it shows: ${this.shown}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** @param {string} text */
  type(text) {
    this.#child.stdin.write(text);
  }

  /** @returns {Promise<number | null>} The exit code. */
  async ended() {
    const code = await this.#ended;
    this.#child.stdin.destroy();
    return code;
  }
}
