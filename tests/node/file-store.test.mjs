// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Tokens in files: who can read them, what is refused, and several programs at once. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";

import { createSession, fileStore } from "../../js/node.js";

import { cacheFolder } from "../../js/node/cache-folder.js";
import { fileLock } from "../../js/node/file-lock.js";
import { privateFolder, writePrivate } from "../../js/node/private-files.js";
import { ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";

const credentials = { username: USER, password: PASSWORD };
const onUnix = { skip: process.platform === "win32" };
const HOUR_MS = 3_600_000;

/** A path for a folder that is not there yet, and goes with the test. */
async function place(t) {
  const folder = await mkdtemp(join(tmpdir(), "sliderule-files-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "tokens");
}

async function modeOf(path) {
  return ((await stat(path)).mode & 0o777).toString(8);
}

test("tokens serve the next program, are the user's alone, and no password is among them", onUnix, async (t) => {
  const path = await place(t);
  const server = await standIn(t);
  const options = { url: server.url, organization: ORGANIZATION, store: fileStore({ path }) };
  const session = createSession(options);
  await session.authenticate(undefined, credentials);
  assert.deepEqual(session.warnings, []);
  assert.equal(await modeOf(path), "700");
  const files = await readdir(path);
  assert.equal(files.length, 2);
  for (const file of files) {
    assert.match(file, /^[0-9a-f]{64}\.json$/);
    assert.equal(await modeOf(join(path, file)), "600");
    assert.ok(!(await readFile(join(path, file), "utf8")).includes(PASSWORD));
  }
  const next = createSession({ ...options, store: fileStore({ path }) });
  assert.equal((await next.authenticate()).source, "cache");
  await next.signOut();
  assert.deepEqual(await readdir(path), []);
});

test('"file" is the user\'s cache folder, and memory stays the default', async (t) => {
  const home = await place(t);
  await mkdir(home);
  const server = await standIn(t);
  const options = JSON.stringify({ url: server.url, organization: ORGANIZATION });
  const program = `
    import { createSession } from "sliderule-wasm/node";
    const session = createSession({ ...${options}, ...JSON.parse(process.argv[1]) });
    await session.authenticate(undefined, ${JSON.stringify(credentials)});
    console.log(session.warnings.length);
  `;
  const run = (more) =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, JSON.stringify(more)], {
      cwd: new URL(".", import.meta.url),
      env: { ...process.env, XDG_CACHE_HOME: home, LOCALAPPDATA: home, HOME: home },
    });
  await run({});
  assert.deepEqual(await readdir(home), []);
  assert.equal((await run({ store: "file" })).stdout.trim(), "0");
  assert.equal((await readdir(home, { recursive: true })).filter((name) => name.endsWith(".json")).length, 2);
});

test("each system has its own folder for that", () => {
  const at = (platform, environment) => cacheFolder({ platform, environment, home: "/home/ada" });
  assert.equal(at("linux", {}), "/home/ada/.cache/sliderule-wasm");
  assert.equal(at("linux", { XDG_CACHE_HOME: "/var/ada" }), "/var/ada/sliderule-wasm");
  assert.equal(at("linux", { XDG_CACHE_HOME: "here" }), "/home/ada/.cache/sliderule-wasm");
  assert.equal(at("darwin", { XDG_CACHE_HOME: "/var/ada" }), "/home/ada/Library/Caches/sliderule-wasm");
  assert.match(at("win32", { LOCALAPPDATA: "C:\\Users\\ada\\Local" }), /^C:\\Users\\ada\\Local.sliderule-wasm$/);
});

test("options that make no sense are refused", () => {
  assert.throws(() => fileStore({ folder: "x" }), { code: "invalid_argument", message: /there is path/ });
  assert.throws(() => fileStore({ path: "" }), { code: "invalid_argument" });
  assert.throws(() => fileStore({ path: 7 }), { code: "invalid_argument" });
});

describe("what is not private is not used", onUnix, () => {
  const folders = {
    "a folder that others can read": [(path) => mkdir(path, { mode: 0o755 }), /can be read by others/],
    "a symbolic link to a folder": [
      async (path) => {
        await mkdir(`${path}-elsewhere`, { mode: 0o700 });
        await symlink(`${path}-elsewhere`, path);
      },
      /is no folder of its own/,
    ],
    "a file in its place": [(path) => writeFile(path, ""), /the file store failed \(EEXIST\)/],
    "a folder that cannot be made": [
      async (path) => {
        await writeFile(`${path}-file`, "");
        return join(`${path}-file`, "tokens");
      },
      /the file store failed \(ENOTDIR\)/,
    ],
  };
  for (const [name, [make, said]] of Object.entries(folders)) {
    test(name, async (t) => {
      const path = await place(t);
      const used = (await make(path)) ?? path;
      const server = await standIn(t);
      const store = fileStore({ path: typeof used === "string" ? used : path });
      const session = createSession({ url: server.url, organization: ORGANIZATION, store });
      await session.authenticate(undefined, credentials);
      await session.source("time");
      assert.equal(session.warnings.length, 1);
      assert.equal(session.warnings[0].code, "storage_degraded");
      assert.match(session.warnings[0].message, said);
      const left = await readdir(path, { recursive: true }).catch(() => []);
      assert.deepEqual(left, []);
    });
  }

  const files = {
    "a file that others can read": [(file) => chmod(file, 0o644), /can be read by others/],
    "a symbolic link to a file": [
      async (file) => {
        await writeFile(`${file}-elsewhere`, await readFile(file), { mode: 0o600 });
        await rm(file);
        await symlink(`${file}-elsewhere`, file);
      },
      /is a symbolic link/,
    ],
    "a folder in its place": [
      async (file) => {
        await rm(file);
        await mkdir(file, { mode: 0o700 });
      },
      /is no file of its own/,
    ],
  };
  for (const [name, [spoil, said]] of Object.entries(files)) {
    test(name, async (t) => {
      const path = await place(t);
      const server = await standIn(t);
      const options = { url: server.url, organization: ORGANIZATION };
      const before = createSession({ ...options, store: fileStore({ path }) });
      await before.authenticate(undefined, credentials);
      before.dispose();
      for (const file of await readdir(path)) await spoil(join(path, file));
      const session = createSession({ ...options, store: fileStore({ path }) });
      await assert.rejects(session.authenticate(), { code: "credentials_missing" });
      assert.match(session.warnings[0].message, said);
      await session.authenticate(undefined, credentials);
      assert.equal(session.warnings.length, 1);
    });
  }
});

test("a file is replaced in one step, and what interrupted writers left is swept away", async (t) => {
  const path = await place(t);
  const store = fileStore({ path });
  await privateFolder(path);
  const old = join(path, "x.json.1.part");
  await writeFile(old, "half a token");
  await utimes(old, new Date(Date.now() - 2 * HOUR_MS), new Date(Date.now() - 2 * HOUR_MS));
  await writeFile(join(path, "y.json.2.part"), "being written");

  const texts = Array.from({ length: 40 }, (_, n) => `${n}`.repeat(20_000));
  let isDone = false;
  const writing = Promise.all(texts.map((text) => store.set("key", text))).finally(() => (isDone = true));
  while (!isDone) {
    const text = await store.get("key");
    assert.ok(text === null || texts.includes(text), "it is whole whenever it is read");
  }
  await writing;
  const left = await readdir(path);
  assert.deepEqual(
    left.filter((name) => name.endsWith(".part")),
    ["y.json.2.part"],
  );
});

test("a write that fails leaves nothing", async (t) => {
  const path = await place(t);
  await privateFolder(path);
  await mkdir(join(path, "taken"));
  await assert.rejects(writePrivate(join(path, "taken"), "text"));
  assert.deepEqual(await readdir(path), ["taken"]);
});

describe("the lock over processes", () => {
  const free = new AbortController().signal;

  async function lockIn(t) {
    const folder = await place(t);
    await privateFolder(folder);
    const file = join(folder, "a.lock");
    return { folder, file, take: fileLock(async () => file) };
  }

  test("has one holder at a time, and leaves nothing", async (t) => {
    const { folder, take } = await lockIn(t);
    let holders = 0;
    const use = async () => {
      let release;
      await take("a", new Promise((resolve) => (release = resolve)), free);
      holders += 1;
      assert.equal(holders, 1);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
      release();
    };
    await Promise.all(Array.from({ length: 8 }, use));
    while ((await readdir(folder)).length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  const never = new Promise(() => {});
  const owner = (more) => JSON.stringify({ id: "theirs", pid: process.pid, host: hostname(), ...more });

  test("is broken where its owner is gone", async (t) => {
    const { file, take } = await lockIn(t);
    const { pid } = await new Promise((resolve) => {
      const child = execFile(process.execPath, ["-e", ""], () => resolve(child));
    });
    await writeFile(file, owner({ pid }));
    await take("a", never, free);
    assert.notEqual(JSON.parse(await readFile(file, "utf8")).id, "theirs");
  });

  test("is broken where it is older than any refresh, whoever has it", async (t) => {
    const { file, take } = await lockIn(t);
    for (const text of [owner(), owner({ host: "another machine", pid: 1 }), "", "half"]) {
      await writeFile(file, text);
      await utimes(file, new Date(Date.now() - 11_000), new Date(Date.now() - 11_000));
      await take("a", never, free);
      assert.notEqual(await readFile(file, "utf8"), text);
    }
  });

  test("is broken once by many that wait, though one of them was ended while it did", async (t) => {
    const { folder, file, take } = await lockIn(t);
    await writeFile(file, owner());
    await utimes(file, new Date(0), new Date(0));
    await writeFile(`${file}.break`, "");
    await utimes(`${file}.break`, new Date(0), new Date(0));
    let holders = 0;
    const use = async () => {
      let release;
      await take("a", new Promise((resolve) => (release = resolve)), free);
      holders += 1;
      assert.equal(holders, 1);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
      release();
    };
    await Promise.all(Array.from({ length: 6 }, use));
    while ((await readdir(folder)).length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test("is left alone while its owner lives, and by whoever waits no longer", async (t) => {
    const { file, take } = await lockIn(t);
    for (const text of [owner(), owner({ host: "another machine", pid: 999_999_999 })]) {
      await writeFile(file, text);
      const abort = new AbortController();
      const waiting = take("a", never, abort.signal);
      setTimeout(() => abort.abort("enough"), 150);
      await assert.rejects(waiting, (reason) => reason === "enough");
      assert.equal(await readFile(file, "utf8"), text);
    }
  });
});

test("programs that find an expired token at once renew it once", async (t) => {
  const path = await place(t);
  const server = await standIn(t);
  server.state.lifetime = "0.05";
  const options = { url: server.url, organization: ORGANIZATION };
  await createSession({ ...options, store: fileStore({ path }) }).authenticate(undefined, credentials);
  server.state.lifetime = "3600.0";
  const refresh = server.routes["POST /api/org_token/refresh/"];
  server.routes["POST /api/org_token/refresh/"] = (note, response) => {
    // Long enough for all of them to want it.
    setTimeout(() => {
      const [status, body] = refresh(note);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    }, 300);
  };
  const program = `
    import { createSession, fileStore } from "sliderule-wasm/node";
    const store = fileStore({ path: ${JSON.stringify(path)} });
    const session = createSession({ ...${JSON.stringify(options)}, store });
    await session.authenticate();
    await session.source("time");
    console.log(session.warnings.length);
  `;
  const run = () =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      cwd: new URL(".", import.meta.url),
    });
  const outputs = await Promise.all([run(), run(), run()]);
  assert.deepEqual(
    outputs.map(({ stdout }) => stdout.trim()),
    ["0", "0", "0"],
  );
  assert.equal(server.asked("refresh").length, 1);
  const left = await readdir(path);
  assert.deepEqual(
    left.filter((name) => !name.endsWith(".json")),
    [],
  );
});
