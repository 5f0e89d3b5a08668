// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Files inside a record stream: what arrives whole, what waits for its reader, and what is an error. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { FileTransfers } from "../../js/stream/files.js";

const columns = (recordType, rows, types) => ({ recordType, length: rows.length, columns: types });

/** Batches as the decoder makes them: the bytes of all rows in one buffer. */
const meta = (...rows) =>
  columns("arrowrec.meta", rows, {
    filename: rows.map(([name]) => name),
    size: BigInt64Array.from(rows, ([, size]) => BigInt(size)),
  });
const data = (...rows) => {
  const all = Uint8Array.from(rows.flatMap(([, bytes]) => [...bytes]));
  let at = 0;
  const cut = rows.map(([, bytes]) => {
    at += bytes.length;
    return all.subarray(at - bytes.length, at);
  });
  return columns("arrowrec.data", rows, { filename: rows.map(([name]) => name), data: cut });
};
const eof = (name, checksum) =>
  columns("arrowrec.eof", [name], { filename: [name], checksum: BigUint64Array.of(checksum) });
const remote = (url, size) => columns("arrowrec.remote", [url], { url: [url], size: BigInt64Array.of(BigInt(size)) });
/** One row of that many bytes, quickly. */
const large = (name, bytes) => columns("arrowrec.data", [name], { filename: [name], data: [bytes] });

const bytes = (length, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index) % 256);
const sumOf = (array) => array.reduce((sum, byte) => sum + BigInt(byte), 0n);

async function through(transfers, ...batches) {
  for (const batch of batches) await transfers.take(batch);
  await transfers.finish();
  return transfers;
}

/** Whether a promise is still pending after everything that can happen has happened. */
async function isPending(promise) {
  const pending = Symbol("pending");
  return (await Promise.race([promise, sleep(40, pending)])) === pending;
}

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

describe("onFile", () => {
  test("a file is handed over with its announcement, and its bytes can be awaited inside", async () => {
    const seen = [];
    const onFile = async (file) => {
      seen.push(file.name, file.size);
      seen.push([...(await file.bytes())]);
    };
    const transfers = new FileTransfers({ onFile });
    await transfers.take(meta(["a", 3]));
    assert.deepEqual(seen, ["a", 3]);
    await transfers.take(data(["a", [1, 2]]));
    await transfers.take(data(["a", [3]]));
    await transfers.finish();
    assert.deepEqual(seen, ["a", 3, [1, 2, 3]]);
    assert.deepEqual(transfers.files, []);
  });

  test("a slow reader of a stream holds the records up, and gets every byte", async () => {
    let reader;
    const transfers = new FileTransfers({
      onFile: ({ stream }) => {
        reader = stream.getReader();
      },
    });
    await transfers.take(meta(["a", 4]));
    const first = transfers.take(data(["a", [1, 2]]));
    assert.ok(await isPending(first));
    assert.deepEqual((await reader.read()).value, Uint8Array.of(1, 2));
    await first;
    const second = transfers.take(data(["a", [3]], ["a", [4]]));
    assert.deepEqual((await reader.read()).value, Uint8Array.of(3));
    assert.ok(await isPending(second));
    assert.deepEqual((await reader.read()).value, Uint8Array.of(4));
    await second;
    const end = reader.read();
    await transfers.finish();
    assert.equal((await end).done, true);
  });

  test("streams can be piped, and chunks transferred to another thread", async () => {
    const all = bytes(5000);
    const got = [];
    const onFile = ({ stream }) =>
      stream.pipeTo(
        new WritableStream({
          write: async (chunk) => {
            await sleep(1);
            got.push(...structuredClone(chunk, { transfer: [chunk.buffer] }));
          },
        }),
      );
    const rows = Array.from({ length: 10 }, (_, row) => ["a", all.subarray(row * 500, row * 500 + 500)]);
    await through(new FileTransfers({ onFile }), meta(["a", 5000]), data(...rows), eof("a", sumOf(all)));
    assert.deepEqual(Uint8Array.from(got), all);
  });

  test("a file that nobody takes is let go, and says so to whoever comes late", async () => {
    let kept;
    const transfers = new FileTransfers({
      onFile: (file) => {
        kept = file;
      },
    });
    await through(transfers, meta(["a", 2]), data(["a", [1]]), data(["a", [2]]), eof("a", 3n));
    const late = { code: "invalid_argument", message: /nobody read the file "a"/ };
    await assert.rejects(kept.bytes(), late);
  });

  test("a file that nobody takes is checked all the same", async () => {
    const transfers = new FileTransfers({ onFile: () => {} });
    await assert.rejects(through(transfers, meta(["a", 1]), data(["a", [1]]), eof("a", 3n)), {
      code: "stream_malformed",
    });
  });

  test("data waits for as long as onFile is still getting ready", async () => {
    let whole;
    const onFile = async (file) => {
      await sleep(60);
      whole = await file.bytes();
    };
    await through(new FileTransfers({ onFile }), meta(["a", 1]), data(["a", [1]]));
    assert.deepEqual(whole, Uint8Array.of(1));
  });

  test("a file whose stream is cancelled is dropped, and the others go on", async () => {
    const got = {};
    const onFile = async (file) => {
      if (file.name === "a") await file.stream.cancel();
      else got[file.name] = [...(await file.bytes())];
    };
    const transfers = new FileTransfers({ onFile });
    await through(transfers, meta(["a", 2], ["b", 1]), data(["a", [1]], ["b", [7]], ["a", [2]]), eof("a", 3n));
    assert.deepEqual(got, { b: [7] });
  });

  test("files can be saved one after the other, also where the second waits for the first to end", async () => {
    const order = [];
    let turn = Promise.resolve();
    const onFile = (file) => {
      turn = turn.then(async () => order.push(file.name, [...(await file.bytes())]));
      return turn;
    };
    await through(
      new FileTransfers({ onFile }),
      meta(["a", 1]),
      data(["a", [1]]),
      meta(["b", 2]),
      data(["b", [2]], ["b", [3]]),
    );
    assert.deepEqual(order, ["a", [1], "b", [2, 3]]);
  });

  test("the end of a stream waits for what onFile does with the files", async () => {
    let saved = false;
    const onFile = async (file) => {
      await file.bytes();
      await sleep(50);
      saved = true;
    };
    await through(new FileTransfers({ onFile }), meta(["a", 1]), data(["a", [1]]));
    assert.ok(saved);
  });

  test("a checksum is verified before a reader learns that the file is whole", async () => {
    let outcome;
    const onFile = (file) => {
      outcome = file.bytes().catch((error) => error.code);
    };
    const transfers = new FileTransfers({ onFile });
    await transfers.take(meta(["a", 1]));
    await transfers.take(data(["a", [1]]));
    assert.ok(await isPending(outcome));
    await assert.rejects(transfers.take(eof("a", 2n)));
    assert.equal(await outcome, "stream_malformed");
  });

  test("what onFile throws or rejects with fails the stream", async () => {
    const reason = new Error("the disk is full");
    const thrown = () => {
      throw reason;
    };
    const rejected = async () => {
      throw reason;
    };
    const afterwards = async (file) => {
      await file.bytes();
      throw reason;
    };
    for (const onFile of [thrown, rejected, afterwards]) {
      const failed = through(new FileTransfers({ onFile }), meta(["a", 1]), data(["a", [1]]));
      assert.equal(await failed.catch((error) => error), reason);
    }
  });

  test("a rejection ends the wait for the reader of another file", async () => {
    const reason = new Error("the disk is full");
    const onFile = async (file) => {
      if (file.name === "a") file.stream.getReader();
      else {
        await sleep(20);
        throw reason;
      }
    };
    const transfers = new FileTransfers({ onFile });
    await transfers.take(meta(["a", 1], ["b", 1]));
    assert.equal(await transfers.take(data(["a", [1]])).catch((error) => error), reason);
  });

  test("a stream that fails fails its files: streams, bytes and whoever waits", async () => {
    const reason = new Error("aborted");
    const outcomes = [];
    const onFile = (file) => {
      const read = file.name === "a" ? file.bytes() : file.stream.getReader().read();
      outcomes.push(read.catch((error) => error));
    };
    const transfers = new FileTransfers({ onFile });
    await transfers.take(meta(["a", 2], ["b", 2], ["c", 2]));
    await transfers.take(data(["a", [1]], ["b", [1]]));
    const waiting = transfers.take(data(["b", [2]])).catch((error) => error);
    assert.ok(await isPending(waiting));
    transfers.fail(reason);
    assert.equal(await waiting, reason);
    assert.equal(await outcomes[0], reason);
    assert.equal(await outcomes[2], reason);
    assert.equal(await transfers.finish().catch((error) => error), reason);
  });

  test("a failure ends the wait for an onFile that never settles", async () => {
    const transfers = new FileTransfers({ onFile: () => new Promise(() => {}) });
    const waiting = through(transfers, meta(["a", 0])).catch((error) => error);
    assert.ok(await isPending(waiting));
    const reason = new Error("aborted");
    transfers.fail(reason);
    assert.equal(await waiting, reason);
  });

  test("only one of the stream and the bytes can be used", async () => {
    const refused = [];
    const onFile = async (file) => {
      if (file.name === "a") {
        const whole = file.bytes();
        assert.throws(() => file.stream.getReader(), TypeError);
        refused.push(await file.bytes().catch((error) => error.code));
        await whole;
      } else {
        const reader = file.stream.getReader();
        refused.push(await file.bytes().catch((error) => error.code));
        while (!(await reader.read()).done);
      }
    };
    const transfers = new FileTransfers({ onFile });
    await through(transfers, meta(["a", 1], ["b", 1]), data(["a", [1]], ["b", [2]]));
    assert.deepEqual(refused, ["invalid_argument", "invalid_argument"]);
  });

  test("the limit holds for bytes(), gives back what was handed over, and leaves streams alone", async () => {
    const got = [];
    const onFile = async (file) => {
      if (file.size <= 10) return void got.push((await file.bytes()).length);
      got.push(await file.bytes().catch((error) => error.code));
      for await (const chunk of file.stream) got.push(chunk.length);
    };
    const transfers = new FileTransfers({ onFile, limit: 10 });
    await through(
      transfers,
      meta(["a", 10]),
      data(["a", bytes(10)]),
      eof("a", 45n),
      meta(["b", 10]),
      data(["b", bytes(10)]),
      eof("b", 45n),
      meta(["c", 11]),
      data(["c", bytes(11)]),
    );
    assert.deepEqual(got, [10, 10, "stream_too_large", 11]);
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
