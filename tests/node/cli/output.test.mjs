// @ts-nocheck: the stand-in takes what it is given.
/** Where results go: files that are there or not, and words that are the program's own and not ours. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { ATL06, ORGANIZATION, PASSWORD, records, standIn, USER } from "../stand-in.mjs";
import { data, meta } from "../wire.mjs";
import { shell } from "./harness.mjs";

const signedIn = (url) => ({
  SLIDERULE_URL: url,
  SLIDERULE_ORGANIZATION: ORGANIZATION,
  PS_USERNAME: USER,
  PS_PASSWORD: PASSWORD,
});
const sending = (body) => ({ routes: { "source atl06p": (_, response) => records(response, body) } });
const file = (name) => Buffer.concat([meta(name, 3), data(name, Buffer.from("abc"))]);
const FILE_WANTED = ["-p", '{"parms": {"output": {"format": "parquet"}}}'];

test("a result without rows replaces yesterday's file by an empty one, and says so", async (t) => {
  const { url } = await standIn(t, sending(Buffer.alloc(0)));
  const { run, home } = await shell(t, signedIn(url));
  for (const name of ["rows.csv", "rows.jsonl"]) {
    await writeFile(join(home, name), "yesterday's\n");
    const { code, stdout, stderr } = await run(["run", "atl06p", "--output", name]);
    assert.deepEqual([code, stdout, stderr], [0, "", `The answer has no rows; ${name} is empty.\n`]);
    assert.equal(await readFile(join(home, name), "utf8"), "");
  }
  const { stdout } = await run(["run", "atl06p", "--output", "new.csv", "--json"]);
  assert.deepEqual(JSON.parse(stdout), { rows: {}, files: [], remoteFiles: [] });
  assert.deepEqual((await readdir(home)).sort(), ["cache", "new.csv", "rows.csv", "rows.jsonl"]);
});

test("a file that the service makes is no empty one", async (t) => {
  const { url } = await standIn(t, sending(file("table.parquet")));
  const { run, home } = await shell(t, signedIn(url));
  assert.equal((await run(["run", "atl06p", "--output", "a.parquet"])).code, 0);
  assert.equal(await readFile(join(home, "a.parquet"), "utf8"), "abc");
  await mkdir(join(home, "folder"));
  assert.equal((await run(["run", "atl06p", ...FILE_WANTED, "--output", "folder"])).code, 0);
  assert.equal(await readFile(join(home, "folder/table.parquet"), "utf8"), "abc");
  assert.deepEqual((await readdir(home)).sort(), ["a.parquet", "cache", "folder"], "no draft is left");
});

test("the answer of a plain service goes to a file, too", async (t) => {
  const { url } = await standIn(t, { routes: { "source time": [200, { time: 1 }] } });
  const { run, home } = await shell(t, signedIn(url));
  const { code, stdout, stderr } = await run(["run", "time", "--output", "time.json"]);
  assert.deepEqual([code, stdout, stderr], [0, "16 bytes in time.json\n", ""]);
  assert.equal(await readFile(join(home, "time.json"), "utf8"), '{\n  "time": 1\n}\n');
  const told = await run(["run", "time", "--output", "time.json", "--json"]);
  const files = [{ name: "time.json", path: "time.json", size: 16 }];
  assert.deepEqual(JSON.parse(told.stdout), { rows: {}, files, remoteFiles: [] });
  assert.equal((await run(["run", "time", "--output", "-"])).stdout, '{"time":1}\n');
  assert.deepEqual((await readdir(home)).sort(), ["cache", "time.json"], "no draft is left");
});

test("what is said of rows is refused where the answer has none", async (t) => {
  const { url, requests } = await standIn(t);
  const { run } = await shell(t, signedIn(url));
  for (const words of [["--format", "csv"], ["--record", "atl06rec"], ["--allow-partial"]]) {
    const { code, stderr } = await run(["run", "version", ...words]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`${words[0]} is for rows, and version answers JSON; .* --as stream`));
  }
  assert.deepEqual(requests, []);
});

test("an output that cannot be is refused before anything is sent", async (t) => {
  const { url, requests } = await standIn(t);
  const { run, home } = await shell(t, signedIn(url));
  await mkdir(join(home, "folder"));
  spawnSync("mkfifo", [join(home, "pipe")]);
  const wrong = [
    ["folder", /folder is a folder/],
    ["nowhere/rows.csv", /nowhere\/rows.csv cannot be written: .*ENOENT/],
    ["pipe", /pipe is no file/],
  ];
  for (const [path, message] of wrong) {
    const { code, stdout, stderr } = await run(["run", "atl06p", "--output", path]);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [2, ""], path);
  }
  assert.deepEqual(requests, []);
  assert.deepEqual((await readdir(home)).sort(), ["folder", "pipe"]);
});

test("an output that turns out wrong when the answer is there is a failure, and leaves what was there", async (t) => {
  const late = [
    [Buffer.concat([file("a"), file("b")]), [], /several files; let --output be a folder/],
    [ATL06, FILE_WANTED, /folder is a folder/, "folder"],
  ];
  for (const [body, words, message, path = "rows"] of late) {
    const { url } = await standIn(t, sending(body));
    const { run, home } = await shell(t, signedIn(url));
    await mkdir(join(home, "folder"));
    const { code, stderr } = await run(["run", "atl06p", ...words, "--output", path]);
    assert.match(stderr, message);
    assert.equal(code, 1);
    assert.ok((await readdir(home)).every((name) => !name.includes(".part")));
  }
});

test("what follows -- is the program's, and short options may be written together", async (t) => {
  const { url } = await standIn(t);
  const { run } = await shell(t, { ...signedIn(url), SLIDERULE_ORGANIZATION: "" });
  const loud = await run(["run", "-n", "2", "-o", ORGANIZATION, "--", "echo", "--json", "-q", "--quiet"]);
  assert.equal(loud.stdout, "--json -q --quiet\n");
  assert.match(loud.stderr, /^The nodes are given back\.$/m);
  const quiet = await run(["scale", "2", "-qo", ORGANIZATION]);
  assert.deepEqual([quiet.code, quiet.stderr], [0, ""]);
  const told = await run(["run", "-n", "2", "-qo", ORGANIZATION, "--", "echo", "hello"]);
  assert.deepEqual([told.stdout, told.stderr], ["hello\n", ""]);
});

test("a program that cannot be run is told as JSON where that is asked for", async (t) => {
  const { url } = await standIn(t);
  const { run } = await shell(t, signedIn(url));
  const { code, stdout, stderr } = await run(["run", "-n", "2", "--json", "--", "no-such-program"]);
  const { error, exitCode } = JSON.parse(stderr);
  assert.deepEqual([code, exitCode, stdout, error.code], [127, 127, "", null]);
  assert.match(error.message, /no-such-program cannot be run: .*ENOENT/);
});
