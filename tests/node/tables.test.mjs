// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Batches as rows, dates and Arrow tables. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as arrow from "apache-arrow";

import { rowsOf, toArrow, toDate, toDates } from "../../js/tables.js";

const TIME = 1_564_764_800_002_800_128n;

const batchOf = (length, columns) => ({ recordType: "atl06rec", length, columns });
/** A column of lists as the decoder makes it: each row a part of one array. */
const cut = (values, ...lengths) => {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return values.subarray(at - length, at);
  });
};

describe("rowsOf", () => {
  const list = cut(Float32Array.of(1, 2, 3), 1, 2);
  const rows = rowsOf(batchOf(2, { time: BigInt64Array.of(TIME, -1n), name: ["a", "b"], list }));

  test("rows are plain objects, in the order of the batch, with lists as they are", () => {
    const expected = [
      { time: TIME, name: "a", list: Float32Array.of(1) },
      { time: -1n, name: "b", list: Float32Array.of(2, 3) },
    ];
    assert.deepEqual([...rows], expected);
    assert.deepEqual([...rows], expected, "it can be gone through again");
    assert.equal(rows.at(0).list, list[0]);
  });

  test("it has a length, and at() as arrays have it", () => {
    assert.equal(rows.length, 2);
    assert.equal(rows.at(1).name, "b");
    assert.equal(rows.at(-1).name, "b");
    assert.equal(rows.at(Number.NaN).name, "a");
    assert.deepEqual([rows.at(2), rows.at(-3)], [undefined, undefined]);
  });

  test("no field name reaches a prototype", () => {
    const [row] = rowsOf(
      batchOf(
        1,
        Object.fromEntries([
          ["__proto__", [["x"]]],
          ["constructor", Int8Array.of(1)],
        ]),
      ),
    );
    assert.equal(Object.getPrototypeOf(row), Object.prototype);
    assert.deepEqual(Object.keys(row), ["__proto__", "constructor"]);
  });

  test("a batch without rows has none", () => assert.deepEqual([...rowsOf(batchOf(0, { a: new Int8Array(0) }))], []));
});

describe("dates", () => {
  test("an instant falls into the millisecond that it lies in, before 1970 too", () => {
    const cases = { [TIME]: 1_564_764_800_002, 0: 0, 999999: 0, 1000000: 1, "-1": -1, "-1000000": -1, "-1000001": -2 };
    for (const [nanoseconds, milliseconds] of Object.entries(cases)) {
      assert.equal(toDate(BigInt(nanoseconds)).getTime(), milliseconds, nanoseconds);
    }
  });

  test("a column becomes an array of dates", () => {
    const dates = toDates(BigInt64Array.of(TIME, -1n));
    assert.ok(Array.isArray(dates));
    assert.deepEqual(dates, [new Date("2019-08-02T16:53:20.002Z"), new Date(-1)]);
  });

  test("the ends of a 64-bit integer are dates", () => {
    assert.equal(toDate(-(2n ** 63n)).toISOString(), "1677-09-21T00:12:43.145Z");
    assert.equal(toDate(2n ** 63n - 1n).toISOString(), "2262-04-11T23:47:16.854Z");
  });

  test("a number is refused, since it has lost digits already", () => {
    assert.throws(() => toDate(Number(TIME)), { code: "invalid_argument" });
  });
});

describe("toArrow", () => {
  /** What another program reads of the table. */
  const sent = (table) => arrow.tableFromIPC(arrow.tableToIPC(table));

  test("each kind of number keeps its type, its values and its memory", () => {
    const numbers = {
      Int8: Int8Array.of(-1, 2),
      Uint8: Uint8Array.of(1, 255),
      Int16: Int16Array.of(-1, 2),
      Uint16: Uint16Array.of(1, 65_535),
      Int32: Int32Array.of(-1, 2),
      Uint32: Uint32Array.of(1, 2 ** 32 - 1),
      Float32: Float32Array.of(1.5, Number.NaN),
      Float64: Float64Array.of(0.1, -0),
      Int64: BigInt64Array.of(-(2n ** 63n), TIME),
      Uint64: BigUint64Array.of(0n, 2n ** 64n - 1n),
    };
    const table = toArrow(batchOf(2, numbers), arrow);
    assert.equal(table.numRows, 2);
    const read = sent(table);
    for (const [name, column] of Object.entries(numbers)) {
      assert.equal(String(table.getChild(name).type), name);
      assert.equal(table.getChild(name).data[0].values.buffer, column.buffer, name);
      assert.deepEqual([...read.getChild(name)], [...column]);
    }
  });

  test("a column that lies inside of a larger buffer is read from its place, in the same memory", () => {
    const column = Float64Array.of(9, 1, 2, 9).subarray(1, 3);
    const table = toArrow(batchOf(2, { column }), arrow);
    assert.equal(table.getChild("column").data[0].values.buffer, column.buffer);
    assert.deepEqual([...sent(table).getChild("column")], [1, 2]);
  });

  test("columns named as times become UTC timestamps of nanoseconds, and stay integers otherwise", () => {
    const time = BigInt64Array.of(TIME, -1n);
    const batch = batchOf(2, { time, extent_id: BigUint64Array.of(1n, 2n), delta: time });
    const table = toArrow(batch, arrow, { times: ["time"] });
    const { type, data } = table.getChild("time");
    assert.equal(arrow.DataType.isTimestamp(type), true);
    assert.equal(type.unit, arrow.TimeUnit.NANOSECOND);
    assert.equal(type.timezone, "UTC");
    assert.equal(data[0].values.buffer, time.buffer);
    assert.deepEqual(new BigInt64Array(sent(table).getChild("time").data[0].values.slice().buffer), time);
    assert.equal(String(table.getChild("delta").type), "Int64");
    for (const name of ["extent_id", "missing", "toString"]) {
      assert.throws(() => toArrow(batch, arrow, { times: [name] }), {
        code: "invalid_argument",
        message: RegExp(name),
      });
    }
  });

  test("text becomes Utf8", () => {
    const text = ["", "ascii", "é\u{1f6f0}", "", "\0"];
    const column = sent(toArrow(batchOf(5, { text }), arrow)).getChild("text");
    assert.equal(String(column.type), "Utf8");
    assert.deepEqual([...column], text);
  });

  test("lists of one width become FixedSizeList, in the memory of the batch", () => {
    const values = Float32Array.of(0, 1, 2, 3, 4, 5, 6);
    const batch = batchOf(3, { list: cut(values.subarray(1), 2, 2, 2) });
    const table = toArrow(batch, arrow);
    const column = table.getChild("list");
    assert.equal(String(column.type), "FixedSizeList[2]<Float32>");
    assert.equal(column.data[0].children[0].values.buffer, values.buffer);
    assert.deepEqual(
      [...sent(table).getChild("list")].map((item) => [...item]),
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    );
  });

  test("ragged lists become List, in the memory of the batch", () => {
    const values = BigInt64Array.of(1n, 2n, 3n);
    const table = toArrow(batchOf(4, { list: cut(values, 0, 2, 0, 1) }), arrow);
    const column = table.getChild("list");
    assert.equal(String(column.type), "List<Int64>");
    assert.equal(column.data[0].children[0].values.buffer, values.buffer);
    assert.deepEqual(
      [...sent(table).getChild("list")].map((item) => [...item]),
      [[], [1n, 2n], [], [3n]],
    );
  });

  test("lists of joined batches, which lie apart, are copied together", () => {
    const list = [...cut(Uint8Array.of(1, 2, 3), 2, 1), ...cut(Uint8Array.of(4, 5), 2)];
    const table = sent(toArrow(batchOf(3, { list }), arrow));
    assert.deepEqual(
      [...table.getChild("list")].map((item) => [...item]),
      [[1, 2], [3], [4, 5]],
    );
  });

  test("lists of text are lists of Utf8", () => {
    const table = sent(toArrow(batchOf(2, { list: [["a", "b"], ["c"]] }), arrow));
    assert.equal(String(table.getChild("list").type), "List<Utf8>");
    assert.deepEqual(
      [...table.getChild("list")].map((item) => [...item]),
      [["a", "b"], ["c"]],
    );
  });

  test("a column named as lists is List though its rows happen to be equally long", () => {
    const batch = batchOf(1, { list: cut(Uint8Array.of(1, 2), 2), empty: cut(new Uint8Array(0), 0) });
    const table = toArrow(batch, arrow, { lists: ["list"] });
    assert.equal(String(table.getChild("list").type), "List<Uint8>");
    assert.equal(String(table.getChild("empty").type), "List<Uint8>");
    assert.throws(() => toArrow(batch, arrow, { lists: ["lost"] }), { code: "invalid_argument" });
  });

  test("columns keep their names and their order, and hold no nulls", () => {
    const names = ["b", "__proto__", "a", "length"];
    const columns = Object.fromEntries(names.map((name) => [name, Int8Array.of(1)]));
    const { fields } = sent(toArrow(batchOf(1, columns), arrow)).schema;
    assert.deepEqual(
      fields.map(({ name }) => name),
      names,
    );
    assert.ok(fields.every(({ nullable }) => !nullable));
  });

  test("a batch without rows is a table without rows", () => {
    const table = sent(toArrow(batchOf(0, { a: new Float64Array(0), text: [] }), arrow));
    assert.equal(table.numRows, 0);
    assert.deepEqual(table.schema.names, ["a", "text"]);
  });

  test("tables of one stream can be written as one Arrow stream", () => {
    const batches = [1, 2].map((n) => toArrow(batchOf(1, { n: Int32Array.of(n), text: ["x"] }), arrow));
    const whole = arrow.tableFromIPC(
      arrow.RecordBatchStreamWriter.writeAll(batches.flatMap((table) => table.batches)).toUint8Array(true),
    );
    assert.deepEqual([...whole.getChild("n")], [1, 2]);
  });

  test("without the module it says what to pass, and a wrapped one is unwrapped", () => {
    const batch = batchOf(1, { n: Int32Array.of(1) });
    for (const module of [undefined, null, {}, { default: {} }, "apache-arrow"]) {
      assert.throws(() => toArrow(batch, module), {
        code: "unsupported",
        message: /import \* as arrow from "apache-arrow"/,
      });
    }
    assert.equal(toArrow(batch, { default: arrow }).numRows, 1);
  });
});
