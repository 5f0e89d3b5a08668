// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Saving files of a stream: whole under the path, or not there at all. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { saveFile } from "../../js/node/save-file.js";
import { FileTransfers } from "../../js/stream/files.js";

async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), "sliderule-save-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A file of a stream, in as many pieces as there are arrays; ends in an error where one is given. */
const streamed = (pieces, error) => {
  const rest = [...pieces];
  const stream = new ReadableStream({
    pull: (controller) => {
      if (rest.length > 0) controller.enqueue(Uint8Array.from(rest.shift()));
      else if (error === undefined) controller.close();
      else controller.error(error);
    },
  });
  return { name: "../../etc/passwd", size: pieces.flat().length, stream, bytes: () => assert.fail("bytes was called") };
};

test("a streamed file is written where the caller says, whatever the server calls it", async (t) => {
  const home = await folder(t);
  const path = join(home, "a.parquet");
  assert.deepEqual(await saveFile(streamed([[1, 2], [], [3]]), path), { path, size: 3 });
  assert.deepEqual([...(await readFile(path))], [1, 2, 3]);
  assert.deepEqual(await readdir(home), ["a.parquet"]);
});

test("a gathered file is written, and replaces what was there", async (t) => {
  const home = await folder(t);
  const path = join(home, "a.parquet");
  await writeFile(path, "what was there before, and longer");
  const saved = await saveFile({ name: "a", size: 2, bytes: Uint8Array.of(8, 9) }, path);
  assert.deepEqual(saved, { path, size: 2 });
  assert.deepEqual([...(await readFile(path))], [8, 9]);
});

test("the path may be relative or a file URL, and the absolute one comes back", async (t) => {
  const home = await folder(t);
  const path = join(home, "a b.parquet");
  for (const given of [relative(process.cwd(), path), pathToFileURL(path)]) {
    assert.deepEqual(await saveFile({ bytes: Uint8Array.of(1) }, given), { path, size: 1 });
  }
});

test("nothing is left, and what was there stays, when the stream fails", async (t) => {
  const home = await folder(t);
  const path = join(home, "a.parquet");
  await writeFile(path, "before");
  const reason = new Error("the stream broke off");
  assert.equal(await saveFile(streamed([[1, 2]], reason), path).catch((error) => error), reason);
  assert.deepEqual(await readdir(home), ["a.parquet"]);
  assert.equal(await readFile(path, "utf8"), "before");
});

test("a path that cannot be written is an invalid argument, and lets the stream go", async (t) => {
  const home = await folder(t);
  await mkdir(join(home, "folder"));
  const cannot = [
    join(home, "missing", "a.parquet"),
    join(home, "folder"),
    join(home, "a\0b"),
    `${home}/${"x".repeat(300)}`,
  ];
  for (const path of cannot) {
    let cancelled;
    const stream = new ReadableStream({
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const error = await saveFile({ stream }, path).catch((reason) => reason);
    assert.equal(error.code, "invalid_argument");
    assert.ok(error.cause instanceof Error);
    assert.equal(cancelled, error);
  }
  for (const path of [undefined, "", 5, new URL("https://slideruleearth.io/a")]) {
    await assert.rejects(saveFile(streamed([[1]]), path), { code: "invalid_argument" });
  }
  assert.deepEqual(await readdir(home), ["folder"]);
});

test("what is no file, or is being read already, is an invalid argument", async () => {
  for (const file of [undefined, null, {}, { bytes: [1] }]) {
    await assert.rejects(saveFile(file, "a"), { code: "invalid_argument" });
  }
  const file = streamed([[1]]);
  file.stream.getReader();
  await assert.rejects(saveFile(file, "a"), { code: "invalid_argument", message: /read already/ });
});

test("returned from onFile, it is done when the stream is", async (t) => {
  const path = join(await folder(t), "a.parquet");
  const transfers = new FileTransfers({ onFile: (file) => saveFile(file, path) });
  await transfers.take({
    recordType: "arrowrec.meta",
    length: 1,
    columns: { filename: ["a"], size: BigInt64Array.of(3n) },
  });
  await transfers.take({
    recordType: "arrowrec.data",
    length: 2,
    columns: { filename: ["a", "a"], data: [Uint8Array.of(1, 2), Uint8Array.of(3)] },
  });
  await transfers.finish();
  assert.deepEqual([...(await readFile(path))], [1, 2, 3]);
});
