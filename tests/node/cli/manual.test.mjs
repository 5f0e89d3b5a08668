/** The examples of docs/CLI.md, run by a shell as they stand there, against a real provisioning system. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startProvisioning } from "../../browser/harness/provisioning.mjs";
import { COMMANDS } from "../../../js/cli/main.js";
import { shell } from "./harness.mjs";

const MANUAL = new URL("../../../docs/CLI.md", import.meta.url);
const PROGRAM = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));

test("the manual's examples run as they stand there", { timeout: 180_000 }, async (t) => {
  const blocks = [...(await readFile(MANUAL, "utf8")).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  assert.ok(blocks.length >= 5);
  const { origin, account, stop } = await startProvisioning(t, { creditUsd: "5" });
  const { home, env } = await shell(t, { SLIDERULE_URL: origin, PASSWORD: account.password });
  await mkdir(join(home, "bin"));
  await writeFile(join(home, "bin/sliderule-wasm"), `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
  await chmod(join(home, "bin/sliderule-wasm"), 0o755);
  const request = { resources: ["ATL03_20200304065203_10470607_003_01.h5"], parms: { cnf: 4 } };
  await writeFile(join(home, "request.json"), JSON.stringify(request));

  const script = `set -e\n${blocks.join("\n")}`;
  const path = `${join(home, "bin")}${delimiter}${env.PATH}`;
  const { stdout } = await promisify(execFile)("sh", ["-c", script], { cwd: home, env: { ...env, PATH: path } });
  assert.match(stdout, /Signed in to acme as ada\./);
  const heights = await readFile(join(home, "heights.csv"), "utf8");
  const rows = heights.trimEnd().split("\n").length - 1;
  assert.ok(rows > 100);
  assert.equal((await readFile(join(home, "rows.jsonl"), "utf8")).trimEnd().split("\n").length, rows);
  assert.ok((await readFile(join(home, "stream.csv"), "utf8")).startsWith(heights.split("\n", 1)[0] ?? "-"));
  await stop();
});

test("the manual and the help name every command, and help shows each option", async (t) => {
  const manual = await readFile(MANUAL, "utf8");
  const { run } = await shell(t);
  const overview = (await run(["--help"])).stdout;
  for (const [name, { options }] of Object.entries(COMMANDS)) {
    assert.match(manual, new RegExp(`^\\| \`${name}[ \`]`, "m"));
    assert.match(overview, new RegExp(`^ {2}${name} `, "m"));
    const { code, stdout } = await run([name, "--help"]);
    assert.equal(code, 0);
    for (const option of Object.keys(options)) assert.ok(stdout.includes(`--${option}`), `${name} --${option}`);
  }
});
