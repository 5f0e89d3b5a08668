/** The form that asks for nodes, the wait until they are ready, and their release. */

import { SlideRuleError } from "sliderule-wasm";
import { countdown } from "./countdown.js";
import { element, find, isBusy, sentenceOf, setBusy, setText, showProblem } from "./dom.js";
import { counted, dollars, timeOfDay } from "./format.js";

/** @typedef {import("sliderule-wasm").Session} Session */
/** @typedef {import("sliderule-wasm").ClusterStatus} ClusterStatus */
/** @typedef {import("sliderule-wasm").Costs} Costs */
/** @typedef {import("sliderule-wasm").ScaleProgress} ScaleProgress */
/** @typedef {import("sliderule-wasm").Capacity} Capacity */
/** @typedef {import("sliderule-wasm").ScaleOperation} ScaleOperation */

/**
 * @typedef {object} ScaleForm
 * @property {(status: ClusterStatus, costs: Costs) => void} show takes limits, price and own requests from the cluster
 */

const PHASES = /** @type {const} */ ([
  ["requesting", "Asked"],
  ["waking", "Waking"],
  ["growing", "Growing"],
  ["ready", "Ready"],
]);

/**
 * @param {Session} session
 * @param {AbortSignal} signal ends the form's work and removes its listeners
 * @param {() => void} onChange called when the cluster has something new to show
 * @returns {ScaleForm}
 */
export function scaleForm(session, signal, onChange) {
  const form = find("scale-form", HTMLFormElement);
  const nodes = find("nodes", HTMLInputElement);
  const minutes = find("minutes", HTMLInputElement);
  const problem = find("scale-problem", HTMLElement);
  const submit = find("scale-submit", HTMLButtonElement);
  const cancel = find("scale-cancel", HTMLButtonElement);
  const release = find("release", HTMLButtonElement);
  /** @type {string[]} */
  let ownRequests = [];
  /** @type {Costs | null} */
  let prices = null;
  /** @type {ScaleOperation | null} */
  let operation = null;

  showProblem(problem, null);
  find("wake", HTMLElement).hidden = true;
  release.hidden = true;
  cancel.hidden = true;
  setBusy(submit, false);

  const showEstimate = () => {
    const [count, hours] = [wholeNumber(nodes) ?? 0, (wholeNumber(minutes) ?? 0) / 60];
    const hourly = prices === null ? 0 : count * prices.nodeHourMicroUsd + prices.fixedHourMicroUsd;
    const known = count * hours > 0 && prices !== null;
    const sentence = `About ${dollars(hours * hourly)} if you keep them to the end.`;
    setText(find("scale-estimate", HTMLElement), known ? sentence : "");
  };

  const expected = countdown(find("wake-expected", HTMLElement));

  const ask = async () => {
    const desiredNodes = wholeNumber(nodes);
    const timeToLive = wholeNumber(minutes);
    nodes.setAttribute("aria-invalid", String(desiredNodes === null));
    minutes.setAttribute("aria-invalid", String(timeToLive === null));
    if (desiredNodes === null || timeToLive === null) {
      (desiredNodes === null ? nodes : minutes).focus();
      showProblem(problem, "Nodes and minutes are whole numbers of 1 or more.");
      return;
    }
    showProblem(problem, null);
    setBusy(submit, true);
    cancel.hidden = false;
    let stopped = false;
    cancel.onclick = () => {
      stopped = true;
      operation?.stopWaiting();
    };
    /** @type {ScaleProgress} */
    let last = { phase: "requesting", nodes: 0, wanted: desiredNodes, elapsedMs: 0, expectedMs: null, message: null };
    showProgress(last);
    const onProgress = (/** @type {ScaleProgress} */ progress) => {
      expected.expect(progress.expectedMs);
      const changed = progress.phase !== last.phase || progress.nodes !== last.nodes;
      last = progress;
      showProgress(progress);
      if (changed) onChange();
    };
    try {
      operation = session.scaleout({ desiredNodes, timeToLive, onProgress, signal });
      const capacity = await operation;
      showOutcome(capacity, desiredNodes, stopped);
    } catch (error) {
      if (signal.aborted) return;
      const standing = error instanceof SlideRuleError && error.code === "scale_timeout";
      find("wake", HTMLElement).hidden = !standing;
      showProblem(problem, sentenceOf(error));
    } finally {
      operation = null;
      expected.stop();
      setBusy(submit, false);
      if (document.activeElement === cancel) submit.focus();
      cancel.hidden = true;
      onChange();
    }
  };

  const giveBack = async () => {
    showProblem(problem, null);
    setBusy(release, true);
    try {
      operation?.stopWaiting();
      for (const requestId of ownRequests) await session.release({ requestId, signal });
      find("wake", HTMLElement).hidden = true;
      submit.focus();
    } catch (error) {
      if (!signal.aborted) showProblem(problem, sentenceOf(error));
    } finally {
      setBusy(release, false);
      onChange();
    }
  };

  form.addEventListener("input", showEstimate, { signal });
  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      if (!isBusy(submit)) void ask();
    },
    { signal },
  );
  release.addEventListener("click", () => isBusy(release) || void giveBack(), { signal });

  return {
    show(status, costs) {
      nodes.max = String(status.maxNodes);
      prices = costs;
      ownRequests = status.requests.filter(({ user }) => user === session.user).map(({ id }) => id);
      if (ownRequests.length === 0 && document.activeElement === release) submit.focus();
      release.hidden = ownRequests.length === 0;
      showEstimate();
    },
  };
}

/**
 * @param {HTMLInputElement} input
 * @returns {number | null} null unless it holds a whole number of 1 or more
 */
function wholeNumber(input) {
  const value = Number(input.value);
  return Number.isInteger(value) && value >= 1 ? value : null;
}

/**
 * The bar counts the order as one step and every node as one.
 *
 * @param {ScaleProgress} progress
 */
function showProgress({ phase, nodes, wanted, message }) {
  find("wake", HTMLElement).hidden = false;
  const reached = PHASES.findIndex(([name]) => name === phase);
  find("wake-phases", HTMLElement).replaceChildren(
    ...PHASES.map(([, label], index) => {
      const item = element("li", index < reached || phase === "ready" ? { "data-phase": "done" } : {}, label);
      if (index === reached) item.setAttribute("aria-current", "step");
      return item;
    }),
  );
  const bar = find("wake-bar", HTMLProgressElement);
  bar.max = wanted + 1;
  bar.value = phase === "requesting" ? 0 : 1 + Math.min(nodes, wanted);
  setText(find("wake-message", HTMLElement), message ?? `${nodes} of ${counted(wanted, "node")} ready.`);
}

/**
 * @param {Capacity} capacity
 * @param {number} asked
 * @param {boolean} stopped whether the user stopped waiting
 */
function showOutcome({ availableNodes, requestedNodes, clamped, expiresAt }, asked, stopped) {
  const end = expiresAt === null ? "" : ` Your request ends at ${timeOfDay(expiresAt)}.`;
  const limit = clamped ? ` You asked for ${asked}; the organization's limits make it ${requestedNodes}.` : "";
  const sentence = stopped
    ? `No longer waiting; the request for ${counted(requestedNodes, "node")} stands.`
    : `The cluster is ready with ${counted(availableNodes, "node")}.${limit}${end}`;
  setText(find("wake-message", HTMLElement), sentence);
}
