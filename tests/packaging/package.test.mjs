/**
 * Proves that the package works as a user gets it: packed by npm, installed from the tarball without network into a
 * project of its own, imported and required from there, and typed.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../browser/harness/static-server.mjs";
import { install, pack } from "./harness/projects.mjs";

const ENTRIES = ["sliderule-wasm", "sliderule-wasm/slim", "sliderule-wasm/node"];
const SEED_NAMES = ["init", "authenticate", "scaleout", "update_available_servers", "source", "stream"];

const run = promisify(execFile);

/** @type {string} the throwaway project */
let project;
/** @type {string[]} what the tarball holds */
let packed;

before(async () => {
  project = await mkdtemp(join(tmpdir(), "sliderule-packaging-"));
  const { tarball, files } = await pack(project);
  packed = files;
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "throwaway", private: true }));
  await install(project, tarball);
});

after(() => rm(project, { recursive: true, force: true }));

/**
 * Runs a script in the project, as its own process.
 *
 * @param {"module" | "commonjs"} kind
 * @param {string} script
 * @returns {Promise<string>} what it printed
 */
async function inProject(kind, script) {
  const file = join(project, kind === "module" ? "script.mjs" : "script.cjs");
  await writeFile(file, script);
  const { stdout } = await run(process.execPath, ["--no-warnings", file], { cwd: project });
  return stdout.trim();
}

test("the tarball holds what is listed here and nothing else", async () => {
  const listed = await readFile(new URL("contents.txt", import.meta.url), "utf8");
  assert.deepEqual(packed, listed.trim().split("\n"));
});

for (const entry of ENTRIES) {
  const names = JSON.stringify(SEED_NAMES);
  test(`${entry} is imported, and offers the names of SlideRule's documentation`, async () => {
    const script = `import * as it from "${entry}"; console.log(${names}.filter((name) => typeof it[name] !== "function"));`;
    assert.equal(await inProject("module", script), "[]");
  });

  test(`${entry} is required from CommonJS`, async () => {
    const script = `const it = require("${entry}"); console.log(${names}.filter((name) => typeof it[name] !== "function"));`;
    assert.equal(await inProject("commonjs", script), "[]");
  });
}

test("the installed package loads its WebAssembly, and refuses with its own error", async () => {
  const script = `
    import { init, SlideRuleError } from "sliderule-wasm/node";
    const error = await init("127.0.0.1", { organization: "acme" }).catch((reason) => reason);
    console.log(error instanceof SlideRuleError, error.code);`;
  assert.equal(await inProject("module", script), "true invalid_argument");
});

test("the command line is installed as a program", async () => {
  const { stdout } = await run(join(project, "node_modules/.bin/sliderule-wasm"), ["version", "--json"]);
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  assert.equal(JSON.parse(stdout).package, version);
});

test("TypeScript finds the types of every entry", async () => {
  const imports = ENTRIES.map((entry, n) => `import * as it${n} from "${entry}"; it${n}.init satisfies Function;`);
  const wrong = '// @ts-expect-error: there is no such option\nit0.init("localhost", { nodes: 1 });';
  const using =
    "export function use(): string { using session = it2.createSession(); return session.organization ?? ''; }";
  await writeFile(join(project, "consumer.mts"), [...imports, wrong, using, ""].join("\n"));
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom"];
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { stdout } = await run(tsc, [...options, "consumer.mts"], { cwd: project }).catch((error) => error);
  assert.equal(stdout, "");
});
