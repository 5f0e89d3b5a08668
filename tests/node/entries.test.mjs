// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** The entries of the package: what they export, and how the module is loaded. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const FUNCTIONS = [
  "SlideRuleError",
  "authenticate",
  "createSession",
  "init",
  "rowsOf",
  "scaleout",
  "source",
  "stream",
  "toArrow",
  "toDate",
  "toDates",
  "updateAvailableServers",
  "update_available_servers",
  "version",
];

/** Each entry gets a program of its own, since entries of one program share the module. */
async function run(program) {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: new URL(".", import.meta.url),
  });
  return JSON.parse(stdout);
}

for (const [entry, more] of [
  ["sliderule-wasm", []],
  ["sliderule-wasm/node", ["environmentCredentials", "fileStore", "saveFile"]],
  ["sliderule-wasm/slim", ["load"]],
]) {
  test(`${entry} exports the surface`, async () => {
    const exported = await run(`import * as m from "${entry}"; console.log(JSON.stringify(Object.keys(m)))`);
    assert.deepEqual(exported, [...FUNCTIONS, ...more].sort());
  });
}

const CODE_OF_A_CALL = `
  const code = (call) => call.then(() => "resolved", (error) => error.code);
`;

for (const entry of ["sliderule-wasm", "sliderule-wasm/node"]) {
  test(`${entry} loads the module inside the first call`, async () => {
    const code = await run(`
      import { init } from "${entry}"; ${CODE_OF_A_CALL}
      console.log(JSON.stringify(await code(init("10.0.0.1"))));
    `);
    assert.equal(code, "invalid_argument");
  });
}

test("the slim entry says that it must be loaded, and loads what it is given", async () => {
  const codes = await run(`
    import { readFile } from "node:fs/promises";
    import { init, load } from "sliderule-wasm/slim"; ${CODE_OF_A_CALL}
    const before = await code(init("10.0.0.1"));
    await load(await readFile(new URL(import.meta.resolve("sliderule-wasm/sliderule.wasm"))));
    console.log(JSON.stringify([before, await code(init("10.0.0.1"))]));
  `);
  assert.deepEqual(codes, ["wasm_not_loaded", "invalid_argument"]);
});
