/**
 * `status`: what a cluster is doing, who asked for it, and what it costs.
 *
 * @module
 */

import { SlideRuleError } from "../errors.js";
import { open, signIn } from "./connect.js";
import { dollars } from "./words.js";

/**
 * @import { CallOptions, ClusterStatus, Costs, Session } from "../index.js"
 * @import { Context } from "./main.js"
 */

export const summary = "Show the cluster, its nodes, who asked for them, and the money";
export const usage = ["-o NAME"];
/** @type {string[][]} */
export const help = [];
export const examples = ["sliderule-wasm status -o acme", "sliderule-wasm status -o acme --json | jq .nodes.ready"];
export const options = {};

/** What a server is too old to tell, or the user may not see. */
const NOT_OFFERED = ["unsupported", "not_allowed"];

/** @param {Context} context */
export async function run({ place: placed, timeoutMs, output, interrupts: { signal } }) {
  const place = placed();
  const limits = { signal, timeoutMs };
  const session = open(place, output);
  try {
    await signIn(session, place, limits);
    const status = await ifOffered(session.status(limits));
    if (status === undefined) return await olderStatus(session, limits, output);
    const costs = await ifOffered(session.costs(limits));
    await output.result({ ...status, costs: costs ?? null }, [...linesOf(status), ...moneyOf(status, costs)]);
  } finally {
    session.dispose();
  }
}

/**
 * An older provisioning system tells the number of nodes, and nothing else.
 *
 * @param {Session} session
 * @param {CallOptions} limits
 * @param {import("./output.js").Output} output
 */
async function olderStatus(session, limits, output) {
  const { availableNodes } = await session.updateAvailableServers(limits);
  const value = { organization: session.organization, nodes: { ready: availableNodes } };
  await output.result(value, [`${session.organization}: ${availableNodes} nodes are ready`]);
}

/**
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T | undefined>}
 */
async function ifOffered(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SlideRuleError && NOT_OFFERED.includes(error.code)) return undefined;
    throw error;
  }
}

/** @param {ClusterStatus} status */
function linesOf({ organization, state, blocked, message, nodes, targetNodes, maxNodes, version, requests }) {
  const { ready, booting, draining, stopping } = nodes;
  return [
    `${organization} is ${state}${blocked === null ? "" : ` (${blocked})`}: ${message}`,
    `nodes     ${ready} ready, ${booting} booting, ${draining} draining, ${stopping} stopping; ${targetNodes} wanted, at most ${maxNodes}`,
    `version   ${version}`,
    ...requests.map(
      ({ id, user, nodes: asked, expiresAt }) =>
        `request   ${id}: ${user} wants ${asked} until ${expiresAt.toISOString()}`,
    ),
  ];
}

/**
 * @param {ClusterStatus} status
 * @param {Costs | undefined} costs
 */
function moneyOf({ balanceMicroUsd, runway }, costs) {
  const spent = costs === undefined ? "" : `, ${dollars(costs.spentMicroUsd)} spent`;
  const price = costs === undefined ? "" : `; a node costs ${dollars(costs.nodeHourMicroUsd)} an hour`;
  const lasts = typeof runway?.minutes === "number" ? `; lasts ${runway.minutes} minutes at ${runway.nodes} nodes` : "";
  return [`money     ${dollars(costs?.balanceMicroUsd ?? balanceMicroUsd)} left${spent}${price}${lasts}`];
}
