/** The form that sends the processing request and follows its record stream. */

import { RECORD_TYPE, Segments } from "./elevations.js";
import { find, isBusy, sentenceOf, setBusy, setText, showProblem } from "./dom.js";
import { counted } from "./format.js";

/** @typedef {import("sliderule-wasm").Session} Session */

/**
 * A finished run.
 *
 * @typedef {object} Run
 * @property {Segments} segments
 * @property {number} granules how many were asked for
 * @property {number} elapsedMs from sending the request to the end of the stream
 * @property {number} nodeCostMicroUsd list price of the cluster's nodes for that time
 */

const GRANULES = ["ATL03_20181017222812_02950102_005_01.h5", "ATL03_20200304065203_10470607_005_01.h5"];

/** Of the ATL06 algorithm: surface type and confidence of photons, length and spacing of segments, limits of the fit. */
const PARMS = { srt: 3, cnf: 4, len: 40, res: 20, cnt: 10, ats: 20, maxi: 5 };

/** A refusal of the user's own input. */
class InputProblem extends Error {
  /**
   * @param {HTMLElement} field where it is to be put right
   * @param {string} message
   */
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/**
 * @param {Session} session
 * @param {AbortSignal} signal ends the form's work and removes its listeners
 * @param {object} to
 * @param {() => void} to.onStart
 * @param {(run: Run | null) => void} to.onFinish with null if nothing came of it
 * @param {() => Promise<number>} to.clusterHourMicroUsd list price of the cluster and its ready nodes for an hour
 */
export function runForm(session, signal, { onStart, onFinish, clusterHourMicroUsd }) {
  const form = find("run-form", HTMLFormElement);
  const granules = find("granules", HTMLTextAreaElement);
  const parms = find("parms", HTMLTextAreaElement);
  const problem = find("run-problem", HTMLElement);
  const status = find("run-status", HTMLElement); // read out, so it tells the start and the end only
  const count = find("run-count", HTMLElement);
  const submit = find("run-submit", HTMLButtonElement);
  const cancel = find("run-cancel", HTMLButtonElement);

  granules.value ||= GRANULES.join("\n");
  parms.value ||= JSON.stringify(PARMS, null, 2);
  showProblem(problem, null);
  setText(status, "");
  setText(count, "");
  setBusy(submit, false);
  cancel.hidden = true;

  const run = async () => {
    const stop = new AbortController();
    cancel.onclick = () => stop.abort();
    try {
      const request = { resources: readGranules(granules), parms: readParms(parms) };
      showProblem(problem, null);
      setBusy(submit, true);
      cancel.hidden = false;
      setText(status, "Running.");
      onStart();
      const started = performance.now();
      const segments = await receive(request, AbortSignal.any([signal, stop.signal]));
      const elapsedMs = performance.now() - started;
      const nodeCostMicroUsd = ((await clusterHourMicroUsd()) * elapsedMs) / 3_600_000;
      setText(status, `Done: ${counted(segments.length, "segment")}.`);
      onFinish({ segments, granules: request.resources.length, elapsedMs, nodeCostMicroUsd });
    } catch (error) {
      if (signal.aborted) return;
      setText(status, stop.signal.aborted ? "Stopped." : "");
      if (!stop.signal.aborted) showProblem(problem, sentenceOf(error));
      if (error instanceof InputProblem) error.field.focus();
      else onFinish(null);
    } finally {
      setText(count, "");
      setBusy(submit, false);
      if (document.activeElement === cancel) submit.focus();
      cancel.hidden = true;
    }
  };

  /**
   * Reads the whole stream: what came before a failure is not a result, so nothing of it is shown.
   *
   * @param {{ resources: string[], parms: object }} request
   * @param {AbortSignal} ended
   * @returns {Promise<Segments>}
   */
  const receive = async (request, ended) => {
    const segments = new Segments();
    for await (const batch of session.stream("atl06p", request, { signal: ended })) {
      if (batch.recordType !== RECORD_TYPE) continue;
      segments.add(batch);
      setText(count, `${counted(segments.length, "segment")} so far.`);
    }
    return segments;
  };

  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      if (!isBusy(submit)) void run();
    },
    { signal },
  );
}

/**
 * @param {HTMLTextAreaElement} field
 * @returns {string[]}
 */
function readGranules(field) {
  const names = field.value.split(/\s+/).filter((name) => name !== "");
  field.setAttribute("aria-invalid", String(names.length === 0));
  if (names.length === 0) throw new InputProblem(field, "Name at least one granule.");
  return names;
}

/**
 * @param {HTMLTextAreaElement} field
 * @returns {object}
 */
function readParms(field) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(field.value);
  } catch {
    value = null;
  }
  const good = typeof value === "object" && value !== null && !Array.isArray(value);
  field.setAttribute("aria-invalid", String(!good));
  if (!good) {
    field.closest("details")?.setAttribute("open", "");
    throw new InputProblem(field, 'The parameters must be a JSON object, such as { "len": 40, "res": 20 }.');
  }
  return /** @type {object} */ (value);
}
