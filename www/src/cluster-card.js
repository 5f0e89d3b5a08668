/** The card that shows what the cluster is doing: its state, its nodes, who asked for them, its money. */

import { element, find, setText } from "./dom.js";
import { counted, dollars, number, timeOfDay, until } from "./format.js";

/** @typedef {import("sliderule-wasm").ClusterStatus} ClusterStatus */
/** @typedef {import("sliderule-wasm").Costs} Costs */

/** More nodes than this are not drawn one by one. */
const MOST_SLOTS = 48;

const STATES = {
  asleep: "Asleep",
  waking: "Waking",
  running: "Running",
  stopping: "Stopping",
  failed: "Failed",
};

const BLOCKS = {
  suspended: "Suspended",
  paused: "Switched off",
  out_of_funds: "Out of funds",
  protected: "Protected",
};

/**
 * Shows a cluster.
 *
 * @param {ClusterStatus} status
 * @param {Costs} costs
 * @param {string | null} user who looks; their own requests are marked
 */
export function showCluster(status, costs, user) {
  setText(find("cluster-title", HTMLElement), `Cluster ${status.organization}`);
  const badge = find("cluster-state", HTMLElement);
  badge.dataset.state = status.blocked === null ? status.state : "blocked";
  setText(badge, status.blocked === null ? STATES[status.state] : BLOCKS[status.blocked]);
  setText(find("cluster-message", HTMLElement), status.message);
  setText(find("node-summary", HTMLElement), summary(status));
  find("node-slots", HTMLElement).replaceChildren(...slots(status));
  find("cluster-facts", HTMLElement).replaceChildren(
    ...fact("Release", status.version),
    ...fact("Balance", dollars(costs.balanceMicroUsd)),
    ...fact("Spent so far", dollars(costs.spentMicroUsd)),
    ...(status.runway === null ? [] : fact("Lasts", lasting(status.runway))),
    ...fact("Price of a node", `${dollars(costs.nodeHourMicroUsd)} per hour`),
    ...fact("Price of a running cluster", `${dollars(costs.fixedHourMicroUsd)} per hour`),
  );
  find("requests", HTMLElement).replaceChildren(requests(status, user));
}

/**
 * How long the money lasts, in words.
 *
 * @param {NonNullable<ClusterStatus["runway"]>} runway
 * @returns {string}
 */
function lasting({ nodes, minutes }) {
  const at = `at ${counted(nodes, "node")}`;
  return minutes === null ? `for ever ${at}` : `${counted(minutes, "minute")} ${at}`;
}

/**
 * The nodes in words.
 *
 * @param {ClusterStatus} status
 * @returns {string}
 */
function summary({ nodes, targetNodes, maxNodes }) {
  const present = [
    [nodes.ready, "ready"],
    [nodes.booting, "starting"],
    [nodes.draining, "finishing"],
    [nodes.stopping, "stopping"],
  ].filter(([count]) => count !== 0);
  const now = present.map(([count, what]) => `${count} ${what}`).join(", ");
  return `${now === "" ? "No nodes" : now}; ${number(targetNodes)} wanted, at most ${number(maxNodes)}.`;
}

/**
 * The nodes as a row of boxes, one for each that the organization may have.
 *
 * @param {ClusterStatus} status
 * @returns {HTMLElement[]}
 */
function slots({ nodes, maxNodes }) {
  const states = [
    ...Array(nodes.ready).fill("ready"),
    ...Array(nodes.booting).fill("booting"),
    ...Array(nodes.draining).fill("draining"),
    ...Array(nodes.stopping).fill("stopping"),
  ];
  const length = Math.min(MOST_SLOTS, Math.max(maxNodes, states.length));
  return Array.from({ length }, (_, index) => element("i", { "data-state": states[index] ?? "free" }));
}

/**
 * @param {string} term
 * @param {string} value
 * @returns {HTMLElement[]}
 */
function fact(term, value) {
  return [element("dt", {}, term), element("dd", {}, value)];
}

/**
 * Who asked for what until when.
 *
 * @param {ClusterStatus} status
 * @param {string | null} user
 * @returns {HTMLElement}
 */
function requests({ requests: live }, user) {
  if (live.length === 0) return element("p", { class: "empty" }, "Nobody asks for nodes at present.");
  const now = new Date();
  const rows = live.map((request) =>
    element(
      "tr",
      {},
      element("td", {}, request.user === user ? `${request.user} (you)` : request.user),
      element("td", { class: "number" }, counted(request.nodes, "node")),
      element(
        "td",
        { class: "number" },
        timeOfDay(request.expiresAt),
        element("small", {}, until(request.expiresAt, now)),
      ),
    ),
  );
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, "Who"),
    element("th", { scope: "col", class: "number" }, "Nodes"),
    element("th", { scope: "col", class: "number" }, "Until"),
  );
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}
