/** Proves what `dist/` promises: one file for each entry, nothing done at import, and entries that bear each other. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ENTRIES = { ".": "sliderule-wasm", "./slim": "sliderule-wasm/slim", "./node": "sliderule-wasm/node" };
const run = promisify(execFile);

/** What a program prints, as JSON, that finds the package by its name. */
async function printed(/** @type {string} */ program) {
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: ROOT });
  return JSON.parse(stdout);
}

/** A program as a bundler makes it. */
async function bundled(/** @type {string} */ contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*"],
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** What a file imports. */
async function imports(/** @type {string} */ file) {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    external: ["*"],
    write: false,
    metafile: true,
  });
  return Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
}

for (const file of ["index.js", "slim.js", "node.js"]) {
  test(`dist/${file} is one file, and only that for Node knows modules of Node`, async () => {
    const text = await readFile(`${ROOT}dist/${file}`, "utf8");
    const imported = await imports(`${ROOT}dist/${file}`);
    assert.deepEqual(
      imported.filter((name) => file !== "node.js" || !name.startsWith("node:")),
      [],
    );
    // Where bundlers would look for a file that is not there.
    assert.ok(!/import\.meta|sliderule_wasm_bg\.wasm/.test(file === "node.js" ? "" : text));
  });
}

for (const [entry, name] of Object.entries(ENTRIES)) {
  test(`of ${entry}, a program that only wants toDate gets neither the module nor a session`, async () => {
    const text = await bundled(`import { toDate } from "${name}"; console.log(toDate(0n));`);
    assert.ok(text.length < 4096, `${text.length} bytes`);
    assert.doesNotMatch(text, /WebAssembly|authenticate|fetch|class (?!\w* ?extends Error)/);
  });

  test(`of ${entry}, a program that wants nothing gets nothing`, async () => {
    const text = await bundled(`import "${name}";`);
    assert.doesNotMatch(text, /\S/);
  });

  test(`an import of ${entry} leaves the world as it was`, async () => {
    const changed = await printed(`
      const look = () => [
        ...Reflect.ownKeys(globalThis).map(String),
        ...process.eventNames().map((name) => [String(name), process.listenerCount(name)].join()),
        ...[Error, Promise, Array, Object, Symbol].flatMap((each) => Reflect.ownKeys(each.prototype).map(String)),
      ];
      const touched = [];
      const real = { fetch, setTimeout, WebAssembly };
      for (const name of Object.keys(real)) {
        Object.defineProperty(globalThis, name, { configurable: true, get() { touched.push(name); return real[name]; } });
      }
      const before = look();
      await import("${name}");
      const after = look();
      console.log(JSON.stringify([...after.filter((each) => !before.includes(each)), ...touched]));
    `);
    assert.deepEqual(changed, []);
  });
}

test("entries in one program know each other's errors, and have default sessions of their own", async () => {
  const found = await printed(`
    import * as inlined from "sliderule-wasm";
    import * as node from "sliderule-wasm/node";
    import * as slim from "sliderule-wasm/slim";
    const error = await node.source("time", {}, { nonsense: 1 }).catch((reason) => reason);
    const unloaded = await slim.source("time").catch((reason) => reason);
    class Mine extends inlined.SlideRuleError {}
    const mine = new Mine("timed_out", "mine");
    await node.init("10.0.0.1").catch(() => {});
    const other = await inlined.source("time", {}, { nonsense: 1 }).catch((reason) => reason);
    console.log(JSON.stringify([
      error instanceof inlined.SlideRuleError, error instanceof slim.SlideRuleError, error.code,
      unloaded instanceof node.SlideRuleError, unloaded.code,
      new Error("plain") instanceof inlined.SlideRuleError, null instanceof inlined.SlideRuleError,
      mine instanceof Mine, mine instanceof node.SlideRuleError, error instanceof Mine,
      other.message,
    ]));
  `);
  const refusal = "source: there is no option `nonsense`; there are signal, timeoutMs";
  const errors = [true, true, "invalid_argument", true, "wasm_not_loaded", false, false, true, true, false];
  assert.deepEqual(found, [...errors, refusal]);
});

for (const name of Object.values(ENTRIES)) {
  test(`${name} tells its releases`, async () => {
    const { version } = JSON.parse(await readFile(`${ROOT}package.json`, "utf8"));
    const load = name.endsWith("/slim")
      ? 'await it.load((await import("node:fs")).readFileSync(new URL(import.meta.resolve("sliderule-wasm/sliderule.wasm"))));'
      : "";
    const said = await printed(
      `const it = await import("${name}"); ${load} console.log(JSON.stringify(await it.version()))`,
    );
    assert.deepEqual(said, { package: version, wasm: version, protocol: "4.20.0" });
  });
}

test("publint has nothing to say", async () => {
  const { stdout } = await run(`${ROOT}node_modules/.bin/publint`, ["--strict"], { cwd: ROOT });
  assert.match(stdout, /All good/);
});

test("types are found where the package is (attw)", async () => {
  // The module has no types: what it is to whoever imports it depends on the bundler.
  const arguments_ = ["--pack", ".", "--profile", "esm-only", "--exclude-entrypoints", "sliderule.wasm", "--no-color"];
  // It fails where there are problems.
  await run(`${ROOT}node_modules/.bin/attw`, arguments_, { cwd: ROOT });
});

for (const project of ["tsconfig.json", "tsconfig.dom.json"]) {
  test(`the types allow and refuse what they should (${project})`, async () => {
    const tsc = run(`${ROOT}node_modules/.bin/tsc`, ["--project", `${ROOT}tests/types/${project}`]);
    const { stdout } = await tsc.catch((error) => error);
    assert.equal(stdout, "");
  });
}
