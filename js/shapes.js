/**
 * From what the module and the wire say to what callers get: camelCase names, and `Date`s for instants.
 *
 * @module
 */

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
    organization: value.organization,
    state: value.state,
    blocked: value.blocked,
    message: value.message,
    nodes: value.nodes,
    targetNodes: value.target_nodes,
    minNodes: value.min_nodes,
    maxNodes: value.max_nodes,
    version: value.version,
    isPublic: value.is_public,
    requests: value.requests.map((/** @type {any} */ request) => ({
      id: request.id,
      user: request.user,
      nodes: request.nodes,
      expiresAt: new Date(request.expires_at),
    })),
    balanceMicroUsd: value.balance_micro_usd,
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
    nodes: value.nodes,
    clamped: value.clamped,
    expiresAt: new Date(value.expires_at),
    costMicroUsd: value.cost_micro_usd,
    freeMicroUsd: value.free_micro_usd,
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
    organization: value.organization,
    balanceMicroUsd: value.balance_micro_usd - runningUp,
    creditedMicroUsd: value.credited_micro_usd,
    spentMicroUsd: value.spent_micro_usd + runningUp,
    nodeHourMicroUsd: value.node_hour_micro_usd,
    fixedHourMicroUsd: value.fixed_hour_micro_usd ?? 0,
    entries: value.entries.map((/** @type {any} */ entry) => ({
      at: new Date(entry.at),
      kind: entry.kind,
      amountMicroUsd: entry.amount_micro_usd,
      payer: entry.payer ?? null,
      note: entry.note,
    })),
  };
}

/**
 * @param {string | number | null} value RFC 3339, or milliseconds since 1970.
 */
function instant(value) {
  return value === null ? null : new Date(value);
}
