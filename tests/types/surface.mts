/**
 * What the types of the package allow and refuse, for whoever has no types but the language's. Compiled, never run:
 * a line that is not as it says fails `tsc`.
 */

import * as inlined from "sliderule-wasm";
import * as node from "sliderule-wasm/node";
import * as slim from "sliderule-wasm/slim";

import {
  type Authentication,
  authenticate,
  type Batch,
  type Capacity,
  createSession,
  type ErrorCode,
  init,
  rowsOf,
  type ScaleProgress,
  type Session,
  scaleout,
  SlideRuleError,
  source,
  stream,
  type StreamResult,
  toDate,
  type update_available_servers,
  updateAvailableServers,
  type Version,
  type version,
} from "sliderule-wasm";

/** Exactly the same type, not only one that fits. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
const holds = <_ extends true>() => {};

// Every entry has what the default one has.
const entries: Array<Omit<typeof inlined, "default">> = [inlined, slim, node];
entries satisfies unknown[];

// Both spellings, everywhere.
const session: Session = await init("slideruleearth.io", { organization: "acme", desired_nodes: 2, time_to_live: 15 });
await init("slideruleearth.io", { organization: null, desiredNodes: 2, timeToLive: 15, bypass_dns: true });
await authenticate("acme", { ps_username: "ada", ps_password: "secret" });
await authenticate("acme", { username: "ada", password: "secret", timeoutMs: 1000 });
await authenticate(null, { github_token: "secret" });
await updateAvailableServers({ desiredNodes: 0 });
holds<Same<typeof update_available_servers, typeof updateAvailableServers>>();

// @ts-expect-error: there is no such option
await init("slideruleearth.io", { nodes: 2 });
// @ts-expect-error: minutes are a number
await scaleout({ desiredNodes: 2, timeToLive: "15" });
// @ts-expect-error: there is no such store
createSession({ store: "cookies" });
// @ts-expect-error: credentials themselves go to authenticate or init
createSession({ credentials: { username: "ada", password: "secret" } });
// @ts-expect-error: the first argument is the url
await init({ organization: "acme" });
// @ts-expect-error: a store has all three methods
createSession({ store: { get: () => null } });

// Stores: by name, a Map, one's own.
createSession({ url: "http://127.0.0.1:8080", store: "indexedDB" });
createSession({ store: new Map<string, string>() });
createSession({ store: { get: async () => null, set: async () => {}, delete: () => true, channel: "mine" } });
createSession({ store: node.fileStore({ path: "/srv/tokens" }) });

// What calls give.
holds<Same<Awaited<ReturnType<typeof authenticate>>, Authentication>>();
holds<Same<Awaited<ReturnType<typeof scaleout>>, Capacity>>();
holds<Same<Awaited<ReturnType<typeof source>>, unknown>>();
holds<Same<Awaited<ReturnType<typeof version>>, Version>>();
for await (const progress of scaleout({ desiredNodes: 5 })) holds<Same<typeof progress, ScaleProgress>>();
for await (const batch of stream("atl06p", { resources: [] })) holds<Same<typeof batch, Batch>>();
const result = await session.stream("atl06p", {}, { callbacks: { atl06rec: ({ h_mean }) => h_mean } }).collect();
holds<Same<typeof result, StreamResult>>();
const heights = result.tables.atl06rec;
// @ts-expect-error: there may be no such table
heights.length satisfies number;
if (heights !== undefined) for (const row of rowsOf(heights)) row.h_mean satisfies unknown;
toDate(0n) satisfies Date;
// @ts-expect-error: nanoseconds are too many for a number
toDate(0);

// A job's result is that of `keepAlive`.
holds<Same<Awaited<ReturnType<typeof keepAliveOfNumber>>, number>>();
function keepAliveOfNumber() {
  return session.keepAlive(async () => 7);
}

// Errors.
try {
  await source("version");
} catch (error) {
  if (error instanceof SlideRuleError) {
    holds<Same<typeof error.code, ErrorCode>>();
    error.status satisfies number | null;
    // @ts-expect-error: there is no such code
    if (error.code === "no_such_code") error.message satisfies string;
    // @ts-expect-error: an error does not change
    error.code = "timed_out";
  }
}

// The slim entry takes bytes, and promises of them.
await slim.load(new Uint8Array());
await slim.load(Promise.resolve(new ArrayBuffer(0)));
await slim.load("https://example.org/sliderule.wasm");
// @ts-expect-error: there is nothing to load
await slim.load();
// @ts-expect-error: a number is no module
await slim.load(7);
// @ts-expect-error: only the slim entry has to be loaded
inlined.load;

// Without the platform's types, what looks like a signal is one.
declare const signal: NonNullable<inlined.CallOptions["signal"]>;
await session.status({ signal });
signal.aborted satisfies boolean;
// @ts-expect-error: a controller is no signal
await session.status({ signal: { abort() {} } });
