/**
 * What the provisioning system owes the Python clients of the organization-token generation: each, as it was published,
 * signs in, wakes its cluster, streams, refreshes, and says something sensible when it is refused.
 *
 * The scripts in `scripts/` are what a user would run; here is what they must have seen. A client throws the text of most
 * refusals away, so that its own words are looked for where it does, and ours where it repeats them.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PEOPLE, openDomain } from "./harness/domain.mjs";

/**
 * @typedef {object} Attempt how a call ended, as `scripts/report.py` tells it
 * @property {unknown} [returned]
 * @property {string} [raised]
 * @property {string} [text]
 * @property {string[]} log
 */

/** @typedef {{ access: string, refresh: string }} Tokens */

/**
 * @typedef {object} Manners what differs between the clients
 * @property {boolean} raises whether `init` raises what its version check says; otherwise it logs that and returns false
 * @property {(organization: string, status: number) => string} unanswered what the check says when the cluster refuses it
 * @property {string} outdated what the check says of nodes of release v3.7.0
 */

/** Rows of the granules of `first_steps.py` by reference ground track; simulated from nothing but their names. */
const ROWS = { 295: 3269, 1047: 2546 };

/** The first of them. Integers are text, since some have 64 bits. */
const FIRST = {
  ...{ extent_id: "1328561970604933123", segment_id: "243119", n_fit_photons: "196", time: "1539815292002857143" },
  ...{ rgt: "295", cycle: "1", spot: "1", gt: "60", x_atc: 4862380, y_atc: -3345, w_surface_window_final: 3 },
  ...{ latitude: 36.621856651, longitude: 81.922109534, h_mean: 920.162916454, dh_fit_dx: 0.031248175 },
  ...{ rms_misfit: 0.137107745, h_sigma: 0.009849233 },
};

/** Up to 4.12.1 `init` raises what its version check says. */
const early = (/** @type {string} */ version) => ({
  raises: true,
  unanswered: (/** @type {string} */ organization, /** @type {number} */ status) =>
    `HTTP error ${status} from endpoint https://${organization}.sliderule.test/source/version`,
  outdated: `Client (version (${version.replaceAll(".", ", ")})) is incompatible with the server (version (3, 7, 0))`,
});

/** @type {Record<string, Manners>} */
const CLIENTS = {
  "4.0.4": early("4.0.4"),
  "4.10.1": early("4.10.1"),
  "4.20.0": {
    raises: false,
    unanswered: (organization) => `Failed to get response from server at ${organization}.sliderule.test`,
    outdated: "Client v4.20.0 is incompatible with the server v3.7.0",
  },
};

/** Credentials that are no good, and the status of the cluster's answer to somebody without a token. */
const STRANGERS = [
  { who: "a wrong password", user: "bob", password: "not this one", organization: "acme", status: 401 },
  { who: "an unknown user", user: "nobody", password: "whatever", organization: "acme", status: 401 },
  { who: "no member", user: "eve", password: PEOPLE.eve, organization: "acme", status: 401 },
  { who: "an unknown organization", user: "ada", password: PEOPLE.ada, organization: "nowhere", status: 404 },
];

// Most of the time each of them waits: for its cluster, and for its token to be half over.
describe("the Python clients, as they were published", { concurrency: true }, () => {
  for (const [version, manners] of Object.entries(CLIENTS)) {
    test(version, { concurrency: 3 }, async (t) => {
      const { run } = await openDomain(t, version);
      await t.test("wakes its cluster, streams from it, and counts its nodes", async () => {
        await firstSteps(run, version);
      });
      await Promise.all([
        t.test("refreshes its tokens before they end, again and again", async () => {
          const { ready, held, streamed } = await run("refresh.py");
          assert.equal(ready, true);
          assert.deepEqual(streamed, [854, 854, 854]);
          assertRenewed(held);
        }),
        t.test("may refresh the same token in eight threads at once", async () => {
          const { ready, held, answers } = await run("threads.py");
          assert.equal(ready, true);
          assert.deepEqual(answers, Array(2).fill(Array(8).fill(`v${version}`)));
          const [first, ...later] = held.map((/** @type {Tokens} */ tokens) => Object.values(tokens));
          assert.ok(!later.flat().some((/** @type {string} */ token) => first.includes(token)));
        }),
        t.test("finds its cluster by the address that it is told", async () => {
          const seen = await run("by_address.py");
          assert.equal(seen.known, false, "the name of the cluster must not be known");
          assert.equal(seen.ready, true);
          assert.equal(seen.version.server.version, `v${version}`);
        }),
        t.test("says that a cluster is of another major release", async () => {
          assertCheckFailed(await run("outdated.py"), manners.outdated, manners);
        }),
        t.test("says why an order is refused", async () => {
          const { too_short, too_long, too_dear } = await run("orders_refused.py");
          for (const attempt of [too_short, too_long]) {
            assertOrderRefused(attempt, /^the time to live must be from 15 to 720 minutes/);
          }
          assertOrderRefused(too_dear, /^2 nodes for \d+ minutes would cost .* is missing/);
        }),
        ...STRANGERS.map(({ who, organization, status, ...credentials }) =>
          t.test(`says that it could not sign in: ${who}`, async () => {
            const { start, order } = await run("sign_in_refused.py", { words: [organization], ...credentials });
            const said = "ERROR Unable to authenticate local user to https://ps.sliderule.test/api/org_token/";
            assert.ok(start.log.includes(said), start.log.join("\n"));
            assertCheckFailed(start, manners.unanswered(organization, status), manners);
            assertOrderRefused(order, /^No token is provided; sign in at .api.org_token./);
          }),
        ),
      ]);
    });
  }
});

/**
 * @param {import("./harness/domain.mjs").Run} run
 * @param {string} version
 */
async function firstSteps(run, version) {
  const seen = await run("first_steps.py");
  assert.equal(seen.ready, true);
  assert.deepEqual(errors(seen.waiting), []);
  assert.deepEqual([seen.version.server.version, seen.version.client.version], [`v${version}`, `v${version}`]);
  assert.deepEqual(seen.record_types, ["atl06rec"]);
  assert.deepEqual(seen.rows_by_track, ROWS);
  assertAbout(seen.first, FIRST);
  assert.deepEqual(errors(seen.streamed), []);
  const { now, too_many, as_long_as_the_token } = seen.nodes;
  assert.deepEqual(now, [2, 0], "two are there, and none was asked for");
  assert.deepEqual([too_many[1], as_long_as_the_token[1]], [3, 1], "nine are more than the organization may have");
}

/** @param {string[]} log */
function errors(log) {
  return log.filter((line) => !line.startsWith("INFO "));
}

/**
 * That values are there; numbers to six decimals, since machines differ in the last digits.
 *
 * @param {Record<string, unknown>} found
 * @param {Record<string, string | number>} expected
 */
function assertAbout(found, expected) {
  const rounded = (/** @type {unknown} */ value) => (typeof value === "number" ? value.toFixed(6) : value);
  for (const [name, value] of Object.entries(expected)) assert.equal(rounded(found[name]), rounded(value), name);
}

/**
 * That each pair of tokens is another one.
 *
 * @param {Tokens[]} held
 */
function assertRenewed(held) {
  assert.equal(held.length, 3);
  assert.equal(new Set(held.flatMap(({ access, refresh }) => [access, refresh])).size, 2 * held.length);
}

/**
 * @param {Attempt} start how `init` ended
 * @param {string} text
 * @param {Manners} manners
 */
function assertCheckFailed(start, text, { raises }) {
  if (raises) return assert.equal(start.text, text);
  assert.equal(start.returned, false);
  assert.ok(start.log.includes(`ERROR Version check failed: ${text}`), start.log.join("\n"));
}

/**
 * That the client went on, and repeated what we said.
 *
 * @param {Attempt} order how `update_available_servers(2, …)` ended
 * @param {RegExp} reason
 */
function assertOrderRefused({ returned, log }, reason) {
  assert.ok(Array.isArray(returned) && returned[1] === 2, log.join("\n"));
  const prefix = "ERROR Provisioning system update request error => ";
  const said = errors(log);
  const [words, ...more] = said.map((line) => (line.startsWith(prefix) ? line.slice(prefix.length) : ""));
  assert.deepEqual(more, [], said.join("\n"));
  assert.match(words ?? "", reason);
}
