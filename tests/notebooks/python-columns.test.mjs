// @ts-nocheck: the tests talk to a stand-in and to Python, whose types nobody knows here.
/** Columns on their way from JavaScript to Python: their values, their types, and that they cross as whole buffers. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createSession } from "sliderule-wasm";
import { rowsTogether } from "../../python/columns.js";
import { ORGANIZATION, PASSWORD, standIn, USER } from "../node/stand-in.mjs";
import { installed, outputOf } from "./harness/place.mjs";
import { accountOf, openPython, SIGNED_IN } from "./harness/signed-in.mjs";

let python;

before(async () => {
  python = await openPython();
});

after(() => python.remove());

describe("columns", () => {
  test("have the values that they have in JavaScript, and cross as whole buffers", async (t) => {
    const server = await standIn(t);
    const session = createSession({ url: server.url, organization: ORGANIZATION });
    await session.authenticate(undefined, { username: USER, password: PASSWORD });
    const { tables } = await session.stream("atl06p").collect();
    const crossed = await python.run(
      `${SIGNED_IN}
result = await session.stream("atl06p").collect()
columns = result.tables["atl06rec"].columns
{name: [type(column).__name__, bytes(column).hex()] for name, column in columns.items()}`,
      accountOf(server),
    );
    const expected = Object.entries(tables.atl06rec.columns).map(([name, { buffer, byteOffset, byteLength }]) => [
      name,
      ["memoryview", Buffer.from(buffer, byteOffset, byteLength).toString("hex")],
    ]);
    assert.ok(expected.length > 10);
    assert.deepEqual(crossed, Object.fromEntries(expected));
    session.dispose();
  });

  test("of text, of 64 bits and of lists are what they are", async () => {
    const flat = new Float32Array([1, 2, 3]);
    const columns = {
      signed: new BigInt64Array([-(2n ** 63n), -1n]),
      unsigned: new BigUint64Array([2n ** 64n - 1n, 0n]),
      text: ["ä", ""],
      parts: [flat.subarray(0, 2), flat.subarray(2)],
      apart: [Uint8Array.of(1), Uint8Array.of(2, 3)],
      nested: [["a", "b"], []],
      deep: [[Int16Array.of(-1)], []],
      none: [],
    };
    python.pyodide.registerJsModule("given_columns", {
      get: () => rowsTogether({ recordType: "r", length: 2, columns }),
    });
    const seen = await python.run(`
import given_columns
from sliderule_wasm.columns import columns_of
columns = columns_of(given_columns.get().to_py()["columns"])
plain = lambda value: value.tolist() if isinstance(value, memoryview) else [plain(each) for each in value] if isinstance(value, list) else value
repr({name: plain(column) for name, column in columns.items()})`);
    python.pyodide.unregisterJsModule("given_columns");
    const expected =
      "{'signed': [-9223372036854775808, -1], 'unsigned': [18446744073709551615, 0], 'text': ['ä', ''], " +
      "'parts': [[1.0, 2.0], [3.0]], 'apart': [[1], [2, 3]], 'nested': [['a', 'b'], []], 'deep': [[[-1]], []], 'none': []}";
    assert.equal(seen, expected);
  });

  // npm's Pyodide comes without NumPy, so that Python's own NumPy takes the buffers.
  test("are NumPy's arrays over the same memory where NumPy is", async () => {
    const script = `
import sys
sys.path.insert(0, sys.argv[1])
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("columns", sys.argv[1] + "/sliderule_wasm/columns.py")
module = module_from_spec(spec)
spec.loader.exec_module(module)
memory = bytearray((2**53 + 1).to_bytes(8, "little") * 2)
view = memoryview(memory).cast("q")
columns = module.columns_of({"time": view, "text": ["a"], "lists": {"lengths": [1, 1], "values": view}})
memory[8] = 0
print(columns["time"].dtype, columns["time"].tolist(), columns["text"], [each.tolist() for each in columns["lists"]])`;
    const said = await outputOf(installed("environment/bin/python"), ["-c", script, python.folder]);
    assert.equal(
      said.trim(),
      "int64 [9007199254740993, 9007199254740992] ['a'] [[9007199254740993], [9007199254740992]]",
    );
  });
});
