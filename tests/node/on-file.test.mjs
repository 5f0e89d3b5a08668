// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Files inside a record stream that the caller takes as they arrive: who waits for whom, and who hears of what. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { FileTransfers } from "../../js/stream/files.js";
import { bytes, data, eof, isPending, meta, sumOf, through } from "./file-batches.mjs";

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
