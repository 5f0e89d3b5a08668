// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Files inside a record stream: what arrives whole, and what is an error. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { FileTransfers } from "../../js/stream/files.js";
import { bytes, columns, data, eof, large, meta, remote, sumOf, through } from "./file-batches.mjs";

describe("gathered files", () => {
  test("a file without a checksum is whole when the announced bytes have come, as v4.0.2 sends it", async () => {
    const all = bytes(1000);
    const { files } = await through(
      new FileTransfers(),
      meta(["a.parquet", 1000]),
      data(["a.parquet", all.subarray(0, 700)], ["a.parquet", all.subarray(700, 999)]),
      data(["a.parquet", all.subarray(999)]),
    );
    assert.deepEqual(files, [{ name: "a.parquet", size: 1000, bytes: all }]);
  });

  test("files that come at once are told apart by their names", async () => {
    const { files } = await through(
      new FileTransfers(),
      meta(["h3.csv", 4], ["h3_metadata.json", 2], ["__proto__", 1]),
      data(["h3.csv", [1, 2]], ["h3_metadata.json", [9]], ["__proto__", [7]], ["h3.csv", [3, 4]]),
      eof("__proto__", 7n),
      data(["h3_metadata.json", [8]]),
      eof("h3_metadata.json", 17n),
      eof("h3.csv", 10n),
    );
    const found = Object.fromEntries(files.map((file) => [`_${file.name}`, [...file.bytes]]));
    assert.deepEqual(found, { "_h3.csv": [1, 2, 3, 4], "_h3_metadata.json": [9, 8], ___proto__: [7] });
  });

  test("an empty file is a file, and a name may come again once its file is whole", async () => {
    const { files } = await through(
      new FileTransfers(),
      meta(["a", 0]),
      eof("a", 0n),
      meta(["a", 1]),
      data(["a", [5]], ["a", []]),
      meta(["a", 2], ["b", 0]),
      data(["b", []], ["a", [6, 7]]),
    );
    assert.deepEqual(files.map((file) => [file.name, ...file.bytes]).sort(), [["a"], ["a", 5], ["a", 6, 7], ["b"]]);
  });

  test("files that the server put elsewhere are listed, and not fetched", async () => {
    const { files, remoteFiles } = await through(new FileTransfers(), remote("s3://bucket/a.parquet", 12));
    assert.deepEqual(remoteFiles, [{ url: "s3://bucket/a.parquet", size: 12 }]);
    assert.deepEqual(files, []);
  });

  test("a file in one piece is handed over without a copy, and one among other rows with memory of its own", async () => {
    const one = bytes(100);
    const { files } = await through(
      new FileTransfers(),
      meta(["one", 100], ["a", 2], ["b", 2]),
      large("one", one),
      data(["a", [1, 2]], ["b", [3, 4]]),
    );
    assert.equal(files[0].bytes.buffer, one.buffer);
    assert.deepEqual(
      files.map((file) => file.bytes.buffer.byteLength),
      [100, 2, 2],
    );
  });

  test("a file larger than what is believed at once grows as its bytes come", async () => {
    const size = 70 * 1024 * 1024;
    const piece = new Uint8Array(size / 7).fill(255);
    const transfers = new FileTransfers();
    await transfers.take(meta(["large", size]));
    for (let at = 0; at < 7; at += 1) await transfers.take(large("large", piece));
    await transfers.take(eof("large", 255n * BigInt(size)));
    await transfers.finish();
    assert.equal(transfers.files[0].bytes.length, size);
    assert.equal(transfers.files[0].bytes.buffer.byteLength, size);
    assert.ok(transfers.files[0].bytes.every((byte) => byte === 255));
  });

  test("a size beyond the limit is refused before anything is allocated", async () => {
    for (const size of [2n ** 31n + 1n, 2n ** 52n, 2n ** 62n]) {
      const refused = through(new FileTransfers(), meta(["bomb", size]), data(["bomb", [1]]));
      await assert.rejects(refused, { code: "stream_too_large", message: /"bomb"/ });
    }
  });

  test("the limit holds for all gathered files together", async () => {
    const transfers = new FileTransfers({ limit: 10 });
    await transfers.take(meta(["a", 6]));
    await transfers.take(data(["a", bytes(6)]));
    await transfers.take(meta(["b", 5]));
    await assert.rejects(transfers.take(data(["b", bytes(5)])), { code: "stream_too_large" });
    await through(new FileTransfers({ limit: 10 }), meta(["a", 6], ["b", 4]), data(["b", bytes(4)], ["a", bytes(6)]));
  });
});

describe("what the server may not do", () => {
  const malformed = {
    "data of a file that was not announced": [[data(["x", [1]])], /"x".*not announced/],
    "a checksum of a file that was not announced": [[eof("x", 0n)], /"x".*not announced/],
    "a second announcement of a file in progress": [
      [meta(["x", 3]), data(["x", [1]]), meta(["x", 3])],
      /"x" began again when 1 of its 3 bytes/,
    ],
    "more bytes than announced": [
      [meta(["x", 3]), data(["x", [1, 2]]), data(["x", [3, 4]])],
      /"x" was announced with 3 bytes, and 4 came/,
    ],
    "more bytes than announced, after the end": [
      [meta(["x", 1]), data(["x", [1]]), eof("x", 1n), data(["x", [2]])],
      /"x" was announced with 1 bytes, and 2 came/,
    ],
    "a negative size": [[meta(["x", -1])], /"x" was announced with -1 bytes/],
    "a negative size of a file elsewhere": [[remote("s3://x", -5)], /"s3:\/\/x" was announced with -5 bytes/],
    "an end before the last byte": [
      [meta(["x", 2]), data(["x", [1]]), eof("x", 1n)],
      /"x" ended when 1 of its 2 bytes/,
    ],
    "a wrong checksum": [[meta(["x", 2]), data(["x", [1, 2]]), eof("x", 4n)], /"x" add up to 3, not to its checksum 4/],
    "a wrong checksum that comes late": [
      [meta(["x", 1], ["y", 1]), data(["x", [1]], ["y", [1]]), eof("y", 1n), eof("x", 2n)],
      /"x" add up to 1, not to its checksum 2/,
    ],
    "records without their fields": [[columns("arrowrec.meta", ["x"], { size: BigInt64Array.of(1n) })], /filename/],
    "a size that is no number": [[columns("arrowrec.meta", ["x"], { filename: ["x"], size: ["1"] })], /size/],
    "data that is no bytes": [
      [meta(["x", 1]), columns("arrowrec.data", ["x"], { filename: ["x"], data: Uint8Array.of(1) })],
      /data that is bytes/,
    ],
  };
  for (const [what, [batches, message]] of Object.entries(malformed)) {
    test(`${what} is malformed`, async () => {
      const refused = through(new FileTransfers(), ...batches);
      await assert.rejects(refused, { name: "SlideRuleError", code: "stream_malformed", message });
    });
  }

  test("names cannot write on the terminal, reorder a message or fill it", async () => {
    const name = `a\n\u001b[2J\u0085\u202e"\u2028${"x".repeat(10_000)}`;
    const error = await through(new FileTransfers(), data([name, [1]])).catch((reason) => reason);
    assert.match(error.message, /^[\x20-\x7e…]+$/);
    assert.ok(error.message.length < 400);
  });

  test("a stream that ends inside a file is truncated, and names it", async () => {
    const transfers = new FileTransfers();
    await transfers.take(meta(["whole", 1], ["half", 4]));
    await transfers.take(data(["whole", [1]], ["half", [1, 2]]));
    await assert.rejects(transfers.finish(), {
      code: "stream_truncated",
      retryable: true,
      message: /2 of its 4 bytes of the file "half"/,
    });
  });

  test("nothing more is taken after an error, which stays the same", async () => {
    const transfers = new FileTransfers();
    const first = await transfers.take(data(["x", [1]])).catch((error) => error);
    assert.equal(await transfers.take(meta(["y", 1])).catch((error) => error), first);
    transfers.fail(new Error("another"));
    assert.equal(await transfers.finish().catch((error) => error), first);
  });
});

test("it takes the records of files, and no others", () => {
  const types = [
    "arrowrec.meta",
    "arrowrec.data",
    "arrowrec.eof",
    "arrowrec.remote",
    "arrowrec",
    "atl06rec",
    "eventrec",
  ];
  assert.deepEqual(types.filter(FileTransfers.takes), types.slice(0, 4));
});

test("the checksum is exact, wherever bytes lie in memory and however many there are", async () => {
  const full = new Uint8Array(3000).fill(255);
  const mixed = bytes(3000, 3);
  for (const all of [full, mixed]) {
    for (const [from, length] of [
      [0, 1],
      [1, 1],
      [1, 2],
      [3, 2],
      [0, 4],
      [2, 7],
      [3, 1029],
      [1, 2999],
      [0, 3000],
    ]) {
      const part = all.subarray(from, from + length);
      await through(new FileTransfers(), meta(["a", length]), large("a", part), eof("a", sumOf(part)));
    }
  }
});
