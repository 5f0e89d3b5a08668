/**
 * From what the module and the wire say to what callers get: camelCase names, and `Date`s for instants.
 *
 * @module
 */

import { snakeCase } from "./spelling.js";

/** @import { ClusterStatus, Costs, Estimate } from "./index.js" */

/**
 * What the module says, which has the names already.
 *
 * @template {{ expiresAt: Date | null }} Answer
 * @param {any} value Its instant is RFC 3339, or milliseconds since 1970.
 * @returns {Answer}
 */
export function dated(value) {
  return { ...value, expiresAt: value.expiresAt === null ? null : new Date(value.expiresAt) };
}

/**
 * @param {any} value
 * @returns {ClusterStatus}
 */
export function clusterStatus(value) {
  return {
    ...named(
      value,
      "organization state blocked message nodes targetNodes minNodes maxNodes version isPublic balanceMicroUsd runway? readyInSeconds?",
    ),
    requests: value.requests.map((/** @type {any} */ request) => named(request, "id user nodes expiresAt")),
    explanation: value.explanation ?? "",
  };
}

/**
 * @param {any} value
 * @returns {Estimate}
 */
export function estimate(value) {
  return {
    ...named(value, "nodes clamped costMicroUsd freeMicroUsd expiresAt runway?"),
    targetNodes: value.target_nodes ?? 0,
    explanation: value.explanation ?? "",
  };
}

/**
 * @param {any} value
 * @returns {Costs}
 */
export function costs(value) {
  // The ledger is charged when leases are renewed; what ran since then is spent all the same.
  const runningUp = value.running_up_micro_usd ?? 0;
  return {
    ...named(value, "organization creditedMicroUsd nodeHourMicroUsd"),
    balanceMicroUsd: value.balance_micro_usd - runningUp,
    spentMicroUsd: value.spent_micro_usd + runningUp,
    fixedHourMicroUsd: value.fixed_hour_micro_usd ?? 0,
    entries: value.entries.map((/** @type {any} */ entry) => named(entry, "at kind amountMicroUsd note payer?")),
  };
}

/**
 * The properties of these names; those that say at what time are `Date`s.
 *
 * @param {any} value As the wire writes them.
 * @param {string} names In camelCase; one with a question mark is null where there is none.
 * @returns {any}
 */
function named(value, names) {
  const properties = names.split(" ").map((each) => {
    const name = each.replace("?", "");
    const written = value[snakeCase(name)];
    const found = name === each ? written : (written ?? null);
    return [name, /^at$|At$/.test(name) ? new Date(found) : found];
  });
  return Object.fromEntries(properties);
}
