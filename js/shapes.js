/**
 * From what the module and the wire say to what callers get: camelCase names, and `Date`s for instants.
 *
 * @module
 */

import { snakeCase } from "./spelling.js";

/** @import { Authentication, Capacity, ClusterStatus, Costs, Estimate, Extension } from "./index.js" */

/**
 * @param {any} value
 * @returns {Authentication}
 */
export function authentication(value) {
  return { ...value, expiresAt: instant(value.expiresAt) };
}

/**
 * @param {any} value
 * @returns {Capacity}
 */
export function capacity(value) {
  return { ...value, expiresAt: instant(value.expiresAt) };
}

/**
 * @param {any} value
 * @returns {ClusterStatus}
 */
export function clusterStatus(value) {
  return {
    ...named(
      value,
      "organization state blocked message nodes targetNodes minNodes maxNodes version isPublic balanceMicroUsd",
    ),
    requests: value.requests.map((/** @type {any} */ request) => ({
      ...named(request, "id user nodes"),
      expiresAt: new Date(request.expires_at),
    })),
    explanation: value.explanation ?? "",
    runway: value.runway ?? null,
    readyInSeconds: value.ready_in_seconds ?? null,
  };
}

/**
 * @param {any} value
 * @returns {Estimate}
 */
export function estimate(value) {
  return {
    ...named(value, "nodes clamped costMicroUsd freeMicroUsd"),
    expiresAt: new Date(value.expires_at),
    targetNodes: value.target_nodes ?? 0,
    explanation: value.explanation ?? "",
    runway: value.runway ?? null,
  };
}

/**
 * @param {any} value
 * @returns {Extension}
 */
export function extension(value) {
  return { ...value, expiresAt: new Date(value.expiresAt) };
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
    entries: value.entries.map((/** @type {any} */ entry) => ({
      ...named(entry, "kind amountMicroUsd note"),
      at: new Date(entry.at),
      payer: entry.payer ?? null,
    })),
  };
}

/**
 * The properties of these names.
 *
 * @param {any} value As the wire writes them.
 * @param {string} names In camelCase.
 * @returns {any}
 */
function named(value, names) {
  return Object.fromEntries(names.split(" ").map((name) => [name, value[snakeCase(name)]]));
}

/**
 * @param {string | number | null} value RFC 3339, or milliseconds since 1970.
 */
function instant(value) {
  return value === null ? null : new Date(value);
}
