// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** What a record stream holds besides rows, and other ways to take it: files, callbacks, and what the server says. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import { createSession, rowsOf, saveFile, toDate } from "../../js/node.js";

import { ATL06, ORGANIZATION, PASSWORD, records, standIn, USER } from "./stand-in.mjs";
import { data, eof, exception, meta, remote } from "./wire.mjs";

async function signedIn(t, body, options) {
  const server = await standIn(t, options);
  server.routes["source atl06p"] = (_, response) => records(response, body);
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  return { server, session };
}

const sum = (bytes) => bytes.reduce((total, byte) => total + byte, 0);

const TABLE = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7) % 256));
const NOTES = Buffer.from('{"columns": 2}');
/** Two files, the one inside the other, as `format: csv` sends them. */
const FILES = Buffer.concat([
  meta("../../h3.csv", TABLE.length),
  data("../../h3.csv", TABLE.subarray(0, 20_000)),
  meta("h3_metadata.json", NOTES.length),
  data("h3_metadata.json", NOTES),
  data("../../h3.csv", TABLE.subarray(20_000)),
  eof("../../h3.csv", sum(TABLE)),
  eof("h3_metadata.json", sum(NOTES)),
  remote("s3://bucket/h3.csv", 12),
]);

describe("files", () => {
  test("several files of one stream are gathered, and those that lie elsewhere are named", async (t) => {
    const { session } = await signedIn(t, FILES);
    const { files, remoteFiles, tables } = await session.stream("atl06p").collect();
    const contents = files.map(({ name, size, bytes }) => [name, size, Buffer.from(bytes)]);
    assert.deepEqual(
      contents.sort((one, other) => one[1] - other[1]),
      [
        ["h3_metadata.json", NOTES.length, NOTES],
        ["../../h3.csv", TABLE.length, TABLE],
      ],
    );
    assert.deepEqual(remoteFiles, [{ url: "s3://bucket/h3.csv", size: 12 }]);
    assert.deepEqual(tables, {});
  });

  test("a file is written where the caller says, before the stream ends", async (t) => {
    const { session } = await signedIn(t, FILES);
    const folder = await mkdtemp(join(tmpdir(), "sliderule-files-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "heights.csv");
    const onFile = (file) => (file.name.endsWith(".csv") ? saveFile(file, path) : undefined);
    const { files } = await session.stream("atl06p", {}, { onFile }).collect();
    assert.deepEqual(files, []);
    assert.deepEqual(await readFile(path), TABLE);
  });

  test("a wrong checksum and a file that is cut off are errors", async (t) => {
    const wrong = Buffer.concat([meta("a", 3), data("a", Buffer.from("abc")), eof("a", 1)]);
    const { session } = await signedIn(t, wrong);
    await assert.rejects(session.stream("atl06p").collect(), { code: "stream_malformed", message: /checksum/ });
    const cut = await signedIn(t, Buffer.concat([meta("a", 3), data("a", Buffer.from("ab"))]));
    await assert.rejects(cut.session.stream("atl06p").collect(), { code: "stream_truncated" });
  });

  test("an abort ends a stream that waits for the reader of a file", async (t) => {
    const { session } = await signedIn(t, FILES);
    const controller = new AbortController();
    const onFile = () => new Promise(() => setTimeout(() => controller.abort("enough"), 20));
    const stream = session.stream("atl06p", {}, { onFile, signal: controller.signal });
    await assert.rejects(stream.collect(), (reason) => reason === "enough");
  });
});

describe("callbacks", () => {
  test("they get whole records one after the other, are awaited, and take them out of the result", async (t) => {
    const { session } = await signedIn(t, Buffer.concat([ATL06, ATL06]));
    const told = [];
    let busy = false;
    const callbacks = {
      async atl06rec(record) {
        assert.equal(busy, false);
        busy = true;
        await new Promise(setImmediate);
        told.push(record);
        busy = false;
      },
    };
    const { tables, messages } = await session.stream("atl06p", {}, { callbacks }).collect();
    assert.deepEqual(tables, {});
    assert.ok(messages.length > 0);
    assert.deepEqual(
      told.map(({ __rectype, elevation }) => [__rectype, elevation.length]),
      [
        ["atl06rec", 114],
        ["atl06rec", 114],
      ],
    );
    const [first] = told[0].elevation;
    assert.equal(first.h_mean, 1500.424844907837);
    assert.equal(first.extent_id, 4715269254386024450n);
  });

  test("messages can be called back too, and are messages all the same", async (t) => {
    const { session } = await signedIn(t, ATL06);
    const texts = [];
    const callbacks = { exceptrec: ({ text }) => texts.push(text) };
    const { messages } = await session.stream("atl06p", {}, { callbacks }).collect();
    assert.deepEqual(
      texts,
      messages.filter(({ recordType }) => recordType === "exceptrec").map(({ text }) => text),
    );
  });

  test("what a callback throws ends the call", async (t) => {
    const { session } = await signedIn(t, ATL06);
    const callbacks = { atl06rec: () => Promise.reject(new RangeError("mine")) };
    await assert.rejects(session.stream("atl06p", {}, { callbacks }).collect(), RangeError);
  });

  test("what is no function is refused before anything is sent", async (t) => {
    const { server, session } = await signedIn(t, ATL06);
    const stream = session.stream("atl06p", {}, { callbacks: { atl06rec: 7 } });
    await assert.rejects(stream.collect(), { code: "invalid_argument" });
    assert.equal(server.asked("/source/").length, 0);
  });
});

describe("what the server says", () => {
  test("a code means what it means in the server's release", async (t) => {
    const said = [exception(-1, 1, "processing initialized"), exception(0, 3, "read failure")];
    const old = await signedIn(t, Buffer.concat(said), { version: "v4.0.2" });
    await assert.rejects(old.session.stream("atl06p").collect(), ({ code, partial }) => {
      assert.equal(code, "incomplete_result");
      assert.deepEqual(
        partial.messages.map(({ kind, meaning }) => [kind, meaning]),
        [
          ["status", "progress"],
          ["error", "missing"],
        ],
      );
      assert.deepEqual(partial.warnings, [partial.messages[1]]);
      return true;
    });
    const newer = await signedIn(t, exception(0, 1, "processing initialized"));
    const { messages, warnings } = await newer.session.stream("atl06p").collect();
    assert.deepEqual([messages[0].kind, messages[0].meaning, warnings], ["status", "progress", []]);
  });

  test("a region that misses a granule is an answer, a granule that fails is none", async (t) => {
    const missed = await signedIn(t, exception(-4, 3, "empty spatial region"));
    assert.equal((await missed.session.stream("atl06p").collect()).messages[0].kind, "empty");
    const failed = await signedIn(t, exception(-3, 4, "failed to open resource"));
    await assert.rejects(failed.session.stream("atl06p").collect(), {
      code: "incomplete_result",
      message: /failed to open resource/,
    });
  });
});

test("rows and dates are made of columns when they are asked for", async (t) => {
  const { session } = await signedIn(t, ATL06);
  const { tables } = await session.stream("atl06p").collect();
  const rows = rowsOf(tables.atl06rec);
  assert.equal(rows.length, 114);
  assert.equal(rows.at(0).h_mean, 1500.424844907837);
  assert.equal(toDate(rows.at(0).time).toISOString(), "2019-08-02T16:53:20.002Z");
});
