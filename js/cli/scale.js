/**
 * `scale`: asks for nodes, and waits for them.
 *
 * @module
 */

import { invalid, SlideRuleError } from "../errors.js";
import { numberIn, wholeNumber } from "./arguments.js";
import { open, signIn } from "./connect.js";
import { grow } from "./grow.js";
import { maybeAskedFor, standing, StillAskedFor } from "./standing.js";
import { counted, dollars } from "./words.js";

/**
 * @import { Capacity } from "../index.js"
 * @import { Place } from "./connect.js"
 * @import { Grown } from "./grow.js"
 * @import { Context } from "./main.js"
 */

const MINUTES = 60;

export const summary = "Ask for nodes, and wait until they are ready";
export const usage = ["NODES -o NAME [--minutes M] [--min-ready N] [--no-wait]"];
export const help = [
  ["--minutes M", `how long they are wanted (default ${MINUTES})`],
  ["--min-ready N", "nodes to wait for (default: all that are granted)"],
  ["--no-wait", "do not wait for any"],
];
export const examples = [
  "sliderule-wasm scale 4 -o acme --minutes 30",
  "sliderule-wasm scale 50 -o acme --min-ready 10 --timeout 300 || sliderule-wasm release -o acme",
  "sliderule-wasm scale 0 -o acme    # the same as release",
];
/** @type {import("./arguments.js").Options} */
export const options = {
  minutes: { type: "string", short: "m" },
  "min-ready": { type: "string" },
  "no-wait": { type: "boolean" },
};

/** @param {Context} context */
export async function run({ values, given, place: placed, timeoutMs, output, interrupts }) {
  const [nodes, ...others] = given;
  if (nodes === undefined || others.length > 0) throw invalid("say how many nodes: scale NODES");
  const desiredNodes = numberIn("the number of nodes", nodes, 0);
  const timeToLive = wholeNumber(values, "minutes", { least: 1, otherwise: MINUTES });
  const minReady = wholeNumber(values, "min-ready", { least: 0 });
  const place = placed();
  const { signal } = interrupts;
  const session = open(place, output);
  try {
    await signIn(session, place, { signal, timeoutMs });
    const isWait = !values["no-wait"] && desiredNodes > 0;
    const order = { desiredNodes, timeToLive, timeoutMs };
    const capacity = isWait
      ? capacityOf(await grow(session, { ...order, minReady }, output, interrupts), place)
      : await session.updateAvailableServers({ ...order, signal });
    await output.result(capacity, linesOf(capacity, desiredNodes));
    if (interrupts.received === undefined) return;
    output.say(standing(capacity, place));
    throw interrupts.received;
  } finally {
    session.dispose();
  }
}

/**
 * What there is now; a failure is thrown, with what stands in spite of it.
 *
 * @param {Grown} grown
 * @param {Place} place
 * @returns {Capacity}
 */
function capacityOf({ granted, failure }, place) {
  if (failure === undefined && granted !== undefined) return granted;
  if (!(failure instanceof SlideRuleError)) throw failure;
  // It says that the request is no more.
  if (failure.code === "scale_refused") throw failure;
  if (granted !== undefined) throw new StillAskedFor(failure, granted, place);
  throw failure.code === "scale_timeout" ? maybeAskedFor(failure, place) : failure;
}

/**
 * @param {Capacity} capacity
 * @param {number} desired
 */
function linesOf({ availableNodes, requestedNodes, clamped, requestId, expiresAt, costMicroUsd }, desired) {
  if (desired === 0) return ["Nothing is asked for any more."];
  const granted = `${counted(requestedNodes, "node")} granted${clamped ? ` of ${desired} asked for` : ""}`;
  const until = expiresAt === null ? "" : ` until ${expiresAt.toISOString()}`;
  const cost = costMicroUsd === null ? "" : `, at most ${dollars(costMicroUsd)}`;
  const request = requestId === null ? "" : ` (request ${requestId})`;
  return [`${availableNodes} ready, ${granted}${until}${cost}${request}`];
}
