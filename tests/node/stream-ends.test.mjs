// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** How streams end before their end: whoever ends them is heard at once, by whatever the stream waits for. */

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import { createSession, saveFile } from "../../js/node.js";

import { ATL06, answer, ORGANIZATION, PASSWORD, standIn, USER } from "./stand-in.mjs";
import { data, exception, meta, record } from "./wire.mjs";

/** A session, and a server that sends `body` and then leaves the connection open unless it is told to `end`. */
async function sending(t, body, { end = false, routes = {} } = {}) {
  const server = await standIn(t, { routes });
  const closed = new Promise((resolve) => {
    server.routes["source atl06p"] = (_, response) => {
      response.on("close", resolve);
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.write(body);
      if (end) response.end();
    };
  });
  const session = createSession({ url: server.url, organization: ORGANIZATION });
  await session.authenticate(undefined, { username: USER, password: PASSWORD });
  return { server, session, closed };
}

const forever = () => new Promise(() => {});

describe("the caller ends it", () => {
  test("while a callback waits", async (t) => {
    const { session, closed } = await sending(t, ATL06);
    const controller = new AbortController();
    const callbacks = {
      atl06rec: () => {
        queueMicrotask(() => controller.abort("mine"));
        return forever();
      },
    };
    const stream = session.stream("atl06p", {}, { callbacks, signal: controller.signal });
    await assert.rejects(stream.collect(), (reason) => reason === "mine");
    await closed;
  });

  test("while nobody reads on, and no timer outlives it", async (t) => {
    const { session, closed } = await sending(t, ATL06);
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const controller = new AbortController();
    const batches = session.stream("atl06p", {}, { signal: controller.signal })[Symbol.asyncIterator]();
    const before = timers();
    await batches.next();
    assert.ok(timers() > before, "the silence of the server is timed");
    controller.abort("mine");
    await closed;
    assert.equal(timers(), before);
  });

  test("by leaving while the next batch is waited for, though the server says no more", async (t) => {
    const { session, closed } = await sending(t, ATL06);
    const batches = session.stream("atl06p")[Symbol.asyncIterator]();
    await batches.next();
    const rest = async () => {
      while (!(await batches.next()).done);
      return "done";
    };
    const ended = rest().catch(({ message }) => message);
    assert.equal((await batches.return()).done, true);
    await closed;
    assert.match(await ended, /left before its end|done/);
  });

  test("and no more is called back, whatever has arrived", async (t) => {
    const { session } = await sending(t, Buffer.concat([ATL06, ATL06, ATL06]));
    const controller = new AbortController();
    let calls = 0;
    const callbacks = {
      atl06rec: () => {
        calls += 1;
        controller.abort("mine");
      },
    };
    const stream = session.stream("atl06p", {}, { callbacks, signal: controller.signal });
    await assert.rejects(stream.collect(), (reason) => reason === "mine");
    assert.equal(calls, 1);
  });

  test("also for the reason null", async (t) => {
    const { session } = await sending(t, ATL06);
    const controller = new AbortController();
    setTimeout(() => controller.abort(null), 20);
    await assert.rejects(session.stream("atl06p", {}, { signal: controller.signal }).collect(), (reason) => {
      assert.equal(reason, null);
      return true;
    });
  });

  test("by disposing of the session, while a callback waits", async (t) => {
    const { session } = await sending(t, ATL06);
    const callbacks = {
      atl06rec: () => {
        queueMicrotask(() => session.dispose());
        return forever();
      },
    };
    await assert.rejects(session.stream("atl06p", {}, { callbacks }).collect(), { code: "invalid_argument" });
  });
});

describe("onFile fails", () => {
  test("and the stream with it, at once and with that error, though the server says no more", async (t) => {
    const { session, closed } = await sending(t, Buffer.concat([meta("a", 3), data("a", Buffer.from("abc"))]));
    const onFile = async (file) => {
      await new Promise(setImmediate);
      file.stream.cancel();
      throw new RangeError("disk full");
    };
    await assert.rejects(session.stream("atl06p", {}, { onFile }).collect(), RangeError);
    await closed;
  });
});

test("when a stream breaks off, nothing is left of the file that was saved", async (t) => {
  const { session } = await sending(t, Buffer.concat([meta("a", 30), data("a", Buffer.from("abc"))]), { end: true });
  const folder = await mkdtemp(join(tmpdir(), "sliderule-ends-"));
  t.after(() => rm(folder, { recursive: true }));
  const onFile = (file) => saveFile(file, join(folder, "a"));
  await assert.rejects(session.stream("atl06p", {}, { onFile }).collect(), { code: "stream_truncated" });
  assert.deepEqual(await readdir(folder), []);
});

test("damage is told at once, after what came whole before it, though the connection stays open", async (t) => {
  const { session, closed } = await sending(t, Buffer.concat([ATL06, Buffer.from([0, 9, 0, 0, 0, 0, 0, 0])]));
  let rows = 0;
  await assert.rejects(
    async () => {
      for await (const { length } of session.stream("atl06p")) rows += length;
    },
    { code: "stream_malformed", message: /version 9/ },
  );
  assert.equal(rows, 114);
  await closed;
});

test("a server that names ever more record types is not asked for ever", async (t) => {
  let asked = 0;
  const routes = {
    "source definition": (_, response) => {
      const fields = {};
      for (let field = 0; field < 40; field += 1) {
        asked += 1;
        fields[`f${field}`] = { type: `nest${asked}`, offset: 0, elements: 1, flags: "LE" };
      }
      return answer(response, 200, fields);
    },
  };
  const { session } = await sending(t, record("nest", Buffer.alloc(8)), { routes });
  await assert.rejects(session.stream("atl06p").collect(), { code: "stream_malformed", message: /64 record types/ });
  assert.ok(asked < 40 * 40, String(asked));
});

test("of what a server says during a long job the newest is kept, and what is more than news", async (t) => {
  const said = Array.from({ length: 5000 }, (_, index) => exception(0, 1, `news ${index}`));
  const body = Buffer.concat([exception(-77, 2, "odd"), ...said]);
  const { session } = await sending(t, body, { end: true });
  let heard = 0;
  const onMessage = () => {
    heard += 1;
  };
  const { messages, warnings } = await session.stream("atl06p", {}, { onMessage }).collect();
  assert.equal(heard, 5001);
  assert.ok(messages.length >= 1001 && messages.length <= 2001, String(messages.length));
  assert.deepEqual([messages[0].text, messages.at(-1).text], ["odd", "news 4999"]);
  assert.deepEqual(
    warnings.map(({ text }) => text),
    ["odd"],
  );
});

test("a field whose name holds a dot is a field of its own in a whole record", async (t) => {
  const routes = {
    "source definition": (_, response) =>
      answer(response, 200, { "a.b": { type: "UINT8", offset: 0, elements: 1, flags: "LE" } }),
  };
  const { session } = await sending(t, record("dotted", Buffer.from([7])), { end: true, routes });
  const told = [];
  await session.stream("atl06p", {}, { callbacks: { dotted: (each) => told.push(each) } }).collect();
  assert.deepEqual(told, [{ __rectype: "dotted", "a.b": 7 }]);
});
