// @ts-nocheck: the tests talk to a stand-in and to Python, whose types nobody knows here.
/**
 * The Python package in Pyodide: SlideRule's calls against a real cluster, and whatever can happen between two languages.
 *
 * Node runs the Pyodide that browsers run. Columns are in `python-columns.test.mjs`, JupyterLite itself
 * in `jupyterlite.test.mjs`.
 */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startProvisioning } from "../browser/harness/provisioning.mjs";
import { ATL06, ATL06_PARTIAL, PASSWORD, records, standIn, USER } from "../node/stand-in.mjs";
import { accountOf, openPython, SIGNED_IN } from "./harness/signed-in.mjs";

let python;

before(async () => {
  python = await openPython();
});

after(() => python.remove());

/** What came of awaiting `call`: the code of its error, or what `call` gave. */
const outcomeOf = (call) => `
try:
    outcome = ${call}
except sliderule.SlideRuleError as error:
    outcome = [error.code, str(error), error.status, error.endpoint, error.retryable]
outcome`;

test("a cluster wakes, works and sleeps again, by the calls of SlideRule's documentation", async (t) => {
  const { origin, account, stop } = await startProvisioning(t);
  const seen = await python.run(
    `
import os
import sliderule_wasm as sliderule

os.environ.update(PS_USERNAME=given["user"], PS_PASSWORD=given["password"])
try:
    session = await sliderule.init(given["url"], organization=given["organization"], desired_nodes=2, time_to_live=15)
finally:
    del os.environ["PS_USERNAME"], os.environ["PS_PASSWORD"]
who = await sliderule.authenticate(given["organization"], ps_username=given["user"], ps_password=given["password"])
phases = [progress.phase async for progress in sliderule.scaleout(desired_nodes=2, time_to_live=15)]
servers = await sliderule.update_available_servers(desired_nodes=1, time_to_live=20)
version = await sliderule.source("version")
parameters = {"resources": ["ATL03_20200304065203_10470607_003_01.h5"], "parms": {"cnf": 4}}
streamed, first = 0, None
async for batch in sliderule.stream("atl06p", parameters):
    streamed += len(batch)
    first = first or batch.columns
result = await sliderule.stream("atl06p", parameters).collect()
async with session.keep_alive(time_to_live=15):
    pass
released = await session.release()
status = await session.status()
await session.dispose()
{
    "user": [session.user, who.user, who.source, who.expires_at.year > 2025],
    "phases": phases,
    "servers": [servers.available_nodes, servers.requested_nodes],
    "version": version["server"]["version"].startswith("v4."),
    "rows": [streamed, len(result.tables["atl06rec"])],
    "types": [first["time"].format, first["h_mean"].format, first["gt"].format],
    "time": str(first["time"][0]),
    "text": [bool(result.messages[0].text), result.warnings],
    "released": [released.target_nodes, len(status.requests)],
}`,
    { url: origin, ...account },
  );
  assert.deepEqual(seen.user, ["ada", "ada", "password", true]);
  assert.deepEqual([seen.phases[0], seen.phases.at(-1)], ["requesting", "ready"]);
  assert.deepEqual(seen.servers, [2, 1]);
  assert.equal(seen.version, true);
  assert.deepEqual(seen.rows, [2546, 2546]);
  assert.deepEqual(seen.types, ["q", "d", "B"]);
  assert.match(seen.time, /^15833047\d{11}$/, "nanoseconds, to the last");
  assert.deepEqual(seen.text, [true, []]);
  assert.deepEqual(seen.released, [0, 0]);
  await stop();
});

describe("what goes wrong is one exception", () => {
  const cases = [
    ["an option that there is not", 'await session.source("time", desired=1)', "invalid_argument"],
    ["parameters that are no JSON", 'await session.source("time", {"a": {1}})', "invalid_argument"],
    ["a number that is none", 'await session.source("time", {"a": float("nan")})', "invalid_argument"],
    ["a stream's number that is none", 'await session.stream("a", {"a": float("inf")}).collect()', "invalid_argument"],
    ["a stream's option that is no JSON", 'await session.stream("a", on_file=print).collect()', "invalid_argument"],
    ["a stream's service that is no text", 'await session.stream(["a"]).collect()', "invalid_argument"],
    ["as many nodes as are no number", 'await session.scaleout(float("nan"))', "invalid_argument"],
    ["nodes that are no JSON", "await session.scaleout(object())", "invalid_argument"],
    ["an option of scaleout that there is not", "await session.scaleout(1, nodes=2)", "invalid_argument"],
    ["a time to live that is none", 'await session.keep_alive(float("nan")).__aenter__()', "invalid_argument"],
    ["a session's option that is no JSON", "await sliderule.create_session(store=dict)", "invalid_argument"],
    ["an address that is no text", "await sliderule.create_session(object())", "invalid_argument"],
    ["an option of init that is no JSON", "await sliderule.init(given['url'], store={1})", "invalid_argument"],
    ["what holds itself", "await session.source('time', (lambda a: a.update(a=a) or a)({}))", "invalid_argument"],
    ["a service that there is not", 'await session.source("nonsense")', "unsupported", 404],
    ["a wrong password", 'await session.authenticate(ps_username="ada", ps_password="x")', "wrong_credentials", 401],
    ["a stream that was read", "[await each.collect() for each in [session.stream('atl06p')] * 2]", "invalid_argument"],
  ];
  for (const [what, call, code, status] of cases) {
    test(what, async (t) => {
      const server = await standIn(t);
      const [said, text, its] = await python.run(SIGNED_IN + outcomeOf(call), accountOf(server));
      assert.deepEqual([said, its ?? undefined], [code, status]);
      assert.ok(text.endsWith(`(${code})`), text);
    });
  }

  test("nobody who could sign in", async () => {
    const call = 'await sliderule.init("http://127.0.0.1:9", organization="acme", desired_nodes=1)';
    const [code] = await python.run(`import sliderule_wasm as sliderule\n${outcomeOf(call)}`);
    assert.equal(code, "credentials_missing");
  });

  test("a result that is not whole, with what did arrive", async (t) => {
    const server = await standIn(t, { routes: { "source atl06p": (_, response) => records(response, ATL06_PARTIAL) } });
    const seen = await python.run(
      `${SIGNED_IN}
try:
    await session.stream("atl06p").collect()
except sliderule.SlideRuleError as error:
    seen = [error.code, len(error.partial.tables["atl06rec"])]
whole = await session.stream("atl06p", allow_partial=True).collect()
[*seen, len(whole.tables["atl06rec"]), len(whole.warnings)]`,
      accountOf(server),
    );
    assert.deepEqual(seen, ["incomplete_result", 57, 57, 3]);
  });

  test("a callback's own fault is reported, and stops nothing", async (t) => {
    const server = await standIn(t);
    const seen = await python.run(
      `${SIGNED_IN}
reports = []
asyncio.get_event_loop().set_exception_handler(lambda loop, context: reports.append(str(context["exception"])))
rows = 0
async for batch in session.stream("atl06p", on_progress=lambda progress: 1 / 0):
    rows += len(batch)
asyncio.get_event_loop().set_exception_handler(None)
[rows > 0, set(reports) == {"division by zero"}]`,
      accountOf(server),
    );
    assert.deepEqual(seen, [true, true]);
  });
});

describe("whoever waits no more ends the call", () => {
  /** A server that begins to answer a service, and then says no more. */
  async function silent(t, service, body) {
    const server = await standIn(t);
    const closed = new Promise((resolve) => {
      server.routes[`source ${service}`] = (_, response) => {
        response.on("close", resolve);
        if (body === undefined) return;
        response.writeHead(200, { "content-type": "application/octet-stream" });
        response.write(body);
      };
    });
    return { server, closed };
  }

  const cancelled = (call) => `${SIGNED_IN}
async def work():
    ${call}
try:
    await asyncio.wait_for(work(), 0.5)
except TimeoutError:
    outcome = "cancelled"
outcome`;

  test("by cancelling a plain call", async (t) => {
    const { server, closed } = await silent(t, "time");
    assert.equal(await python.run(cancelled('await session.source("time")'), accountOf(server)), "cancelled");
    await closed;
  });

  test("by cancelling a loop over a stream, or what collects it", async (t) => {
    for (const call of [
      '[each async for each in session.stream("atl06p")]',
      'await session.stream("atl06p").collect()',
    ]) {
      const { server, closed } = await silent(t, "atl06p", ATL06);
      assert.equal(await python.run(cancelled(call), accountOf(server)), "cancelled");
      await closed;
    }
  });

  test("by leaving a loop", async (t) => {
    const { server, closed } = await silent(t, "atl06p", ATL06);
    const rows = await python.run(
      `${SIGNED_IN}
async for batch in session.stream("atl06p"):
    break
len(batch)`,
      accountOf(server),
    );
    assert.ok(rows > 0);
    await closed;
  });

  test("by leaving a loop over the wait for nodes, or by being cancelled in it, and the request stands", async (t) => {
    for (const leave of ["break", "raise ValueError", "await asyncio.sleep(60)"]) {
      const server = await standIn(t, { nodes: 0 });
      const seen = await python.run(
        `${SIGNED_IN}
import gc, weakref
operation = heard = None
async def work():
    global operation, heard
    kept = lambda progress: None
    heard = weakref.ref(kept)
    operation = session.scaleout(2, on_progress=kept)
    async for progress in operation:
        if progress.phase == "waking":
            ${leave}
try:
    await asyncio.wait_for(work(), 1)
except (TimeoutError, ValueError):
    pass
capacity = await asyncio.wait_for(operation, 5)
del operation
await asyncio.sleep(0.1)
gc.collect()
[capacity.ready, capacity.request_id, heard() is None]`,
        accountOf(server),
      );
      assert.deepEqual(seen, [false, "r-1", true], leave);
      const before = server.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 700));
      assert.equal(server.requests.length, before, "nothing more is asked");
    }
  });

  test("a loop over the wait that never began ends nothing", async (t) => {
    const server = await standIn(t);
    const seen = await python.run(
      `${SIGNED_IN}
operation = session.scaleout(2)
aiter(operation)
(await operation).ready`,
      accountOf(server),
    );
    assert.equal(seen, true);
  });

  test("by cancelling the wait for nodes, or by leaving it with what there is", async (t) => {
    const server = await standIn(t, { nodes: 0 });
    const seen = await python.run(
      `${cancelled("await session.scaleout(2)")}
operation = session.scaleout(2)
operation.stop_waiting()
capacity = await operation
[outcome, capacity.ready, capacity.request_id]`,
      accountOf(server),
    );
    assert.deepEqual(seen, ["cancelled", false, "r-1"]);
  });
});

test("credentials are found in the environment, then in ~/.netrc", async (t) => {
  const server = await standIn(t);
  const seen = await python.run(
    `
import os, pathlib
import sliderule_wasm as sliderule

async def attempt():
    session = await sliderule.create_session(given["url"], organization=given["organization"])
    try:
        return (await session.authenticate()).user
    except sliderule.SlideRuleError as error:
        return error.code

nobody = await attempt()
file = pathlib.Path.home() / ".netrc"
file.write_text(f"machine {given['url'].removeprefix('http://')} login {given['username']} password \\"{given['password']}\\"\\n")
file.chmod(0o600)
of_file = await attempt()
os.environ.update(PS_USERNAME="ada", PS_PASSWORD="not this one")
of_environment = await attempt()
file.unlink()
del os.environ["PS_USERNAME"], os.environ["PS_PASSWORD"]
[nobody, of_file, of_environment]`,
    accountOf(server),
  );
  assert.deepEqual(seen, ["credentials_missing", USER, "wrong_credentials"]);
});

describe("a ~/.netrc of Python", () => {
  const secret = "hunter2";
  const cases = [
    [
      "an entry `default` goes to no machine",
      `default login ada password ${secret}`,
      0o600,
      /no credentials were given/,
    ],
    [
      "a line that makes no sense is told by its number",
      `machine MACHINE login ada\npasswrd ${secret}`,
      0o600,
      /line 2/,
    ],
    ["a file that others may read is not used", `machine MACHINE login ada password ${secret}`, 0o644, /chmod 600/],
    ["a machine without a password is told", `machine MACHINE login ada`, 0o600, /has no password/],
    ["trouble with other machines is not told", `machine elsewhere ${secret}`, 0o600, /no credentials were given/],
  ];
  for (const [what, file, mode, said] of cases) {
    test(what, async (t) => {
      const server = await standIn(t);
      const machine = new URL(server.url).host;
      const [code, text] = await python.run(
        `
import pathlib
import sliderule_wasm as sliderule
file = pathlib.Path.home() / ".netrc"
file.write_text(given["file"])
file.chmod(given["mode"])
session = await sliderule.create_session(given["url"], organization=given["organization"])
try:
    outcome = ["signed in", (await session.authenticate()).user]
except sliderule.SlideRuleError as error:
    outcome = [error.code, str(error)]
finally:
    file.unlink()
outcome`,
        { ...accountOf(server), file: file.replace("MACHINE", machine), mode },
      );
      assert.equal(code, "credentials_missing");
      assert.match(text, said);
      assert.ok(!text.includes(secret), text);
      assert.deepEqual(server.asked("org_token"), []);
    });
  }
});

test("a verbose session prints its log, and what the server says", async (t) => {
  const server = await standIn(t);
  const printed = await python.run(
    `
import contextlib, io
import sliderule_wasm as sliderule
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    await sliderule.init(given["url"], True, organization=given["organization"])
    await sliderule.authenticate(None, given["username"], given["password"])
    await sliderule.scaleout(2)
await sliderule.init(given["url"], organization=given["organization"])
printed.getvalue()`,
    accountOf(server),
  );
  assert.match(printed, /requesting: 0 of 2 nodes\n/);
  assert.ok(!printed.includes(PASSWORD));
});

test("nothing of Python is held when calls have ended, however they ended", async (t) => {
  const server = await standIn(t);
  const calls = `${SIGNED_IN}
import gc
import weakref

async def calls():
    heard = []
    kept = lambda progress: heard.append(progress)
    there = weakref.ref(kept)
    await session.source("time")
    await session.scaleout(2, on_progress=kept)
    [each async for each in session.scaleout(2, on_progress=kept)]
    [each async for each in session.stream("atl06p", on_progress=kept)]
    await session.stream("atl06p", on_progress=kept).collect()
    async for each in session.stream("atl06p", on_progress=kept):
        break
    async for each in session.scaleout(2, on_progress=kept):
        break
    nan = float("nan")
    for wrong in [
        session.source("nonsense"),
        session.stream("nonsense", on_progress=kept).collect(),
        session.stream("atl06p", {"a": nan}, on_progress=kept).collect(),
        session.stream("atl06p", on_progress=kept, timeout_ms=nan).collect(),
        session.stream(["atl06p"], on_progress=kept).collect(),
        session.stream("atl06p", on_progress=kept, nonsense=1).collect(),
        session.scaleout(nan, on_progress=kept),
        session.scaleout(2, on_progress=kept, nonsense=1),
        sliderule.init(given["url"], on_progress=kept, store={1}),
    ]:
        try:
            await wrong
        except sliderule.SlideRuleError:
            pass
    try:
        await asyncio.wait_for(session.source("time"), 0)
    except TimeoutError:
        pass
    return there, len(heard)

there, heard = await calls()
await session.dispose()
await asyncio.sleep(0.1)
gc.collect()
[there() is None, heard > 4]`;
  assert.deepEqual(await python.run(calls, accountOf(server)), [true, true]);
  const held = python.held();
  for (let round = 0; round < 3; round += 1) await python.run(calls, accountOf(server));
  assert.equal(python.held(), held);
});
