/** What a run brought: figures, the profiles with their choices, and the first rows as a table. */

import { inOrder } from "./elevations.js";
import { element, find, setText } from "./dom.js";
import { dollars, number } from "./format.js";
import { profileFigures, TRACKS, trackColour } from "./profile-plot.js";

/** @typedef {import("./elevations.js").Segment} Segment */
/** @typedef {import("./run-form.js").Run} Run */

/** Rows of the table; it is there to look at values, not to read them all. */
const TABLE_ROWS = 8;

/**
 * @typedef {object} Results
 * @property {(sentence: string) => void} clear shows a sentence in place of results
 * @property {(run: Run) => void} show
 */

/**
 * @param {AbortSignal} signal removes the listeners
 * @returns {Results}
 */
export function results(signal) {
  const empty = find("results-empty", HTMLElement);
  const content = find("results-content", HTMLElement);
  const profiles = find("profiles", HTMLElement);
  /** @type {Segment[]} */
  let segments = [];
  /** @type {Set<number>} */
  const unwanted = new Set();
  let width = 0;

  const draw = () => {
    if (segments.length === 0 || width === 0) return;
    const wanted = segments.filter(({ gt }) => !unwanted.has(gt));
    profiles.replaceChildren(...profileFigures(wanted, chosenAxis(), width));
  };

  const observer = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry?.contentRect.width ?? 0);
    if (now === width) return;
    width = now;
    draw();
  });
  observer.observe(profiles);
  signal.addEventListener("abort", () => observer.disconnect());

  content.addEventListener(
    "change",
    ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (target.name === "track" && target.checked) unwanted.delete(Number(target.value));
      else if (target.name === "track") unwanted.add(Number(target.value));
      draw();
    },
    { signal },
  );

  const clear = (/** @type {string} */ sentence) => {
    segments = [];
    profiles.replaceChildren();
    content.hidden = true;
    empty.hidden = false;
    setText(empty, sentence);
  };

  return {
    clear,
    show(run) {
      if (run.segments.length === 0) {
        clear("The request brought no segments: no surface was found in these granules.");
        return;
      }
      segments = inOrder(run.segments);
      unwanted.clear();
      empty.hidden = true;
      content.hidden = false;
      find("results-figures", HTMLElement).replaceChildren(...figures(run));
      find("track-choices", HTMLElement).replaceChildren(...trackChoices(segments));
      find("table", HTMLElement).replaceChildren(table(segments.slice(0, TABLE_ROWS)));
      width = Math.floor(profiles.clientWidth);
      draw();
    },
  };
}

/** @returns {"x_atc" | "latitude"} */
function chosenAxis() {
  return document.querySelector('input[name="axis"][value="latitude"]:checked') === null ? "x_atc" : "latitude";
}

/**
 * @param {Run} run
 * @returns {HTMLElement[]}
 */
function figures({ segments, granules, elapsedMs, nodeCostMicroUsd }) {
  const values = [
    ["Segments", number(segments.length)],
    ["Granules", number(granules)],
    ["Time taken", `${number(elapsedMs / 1000, 1)} s`],
    ["Cost of node time", dollars(nodeCostMicroUsd)],
  ];
  return values.map(([term = "", value = ""]) => element("div", {}, element("dt", {}, term), element("dd", {}, value)));
}

/**
 * A box to tick for each ground track there is; the swatch makes it the legend, too.
 *
 * @param {Segment[]} segments
 * @returns {HTMLElement[]}
 */
function trackChoices(segments) {
  const present = [...new Set(segments.map(({ gt }) => gt))].sort((a, b) => a - b);
  return present.map((track) => {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = trackColour(track);
    const box = element("input", { type: "checkbox", name: "track", value: String(track), checked: "" });
    return element("label", {}, box, swatch, TRACKS.get(track) ?? `Track ${track}`);
  });
}

/**
 * @param {Segment[]} rows
 * @returns {HTMLElement}
 */
function table(rows) {
  /** @type {[string, (row: Segment) => string][]} */
  const columns = [
    ["Latitude", (row) => number(row.latitude, 5)],
    ["Longitude", (row) => number(row.longitude, 5)],
    ["Height (m)", (row) => number(row.h_mean, 2)],
    ["± (m)", (row) => number(row.h_sigma, 3)],
    ["Slope", (row) => number(row.dh_fit_dx, 4)],
    ["Photons", (row) => number(row.n_fit_photons)],
  ];
  const head = columns.map(([name]) => element("th", { scope: "col", class: "number" }, name));
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      element("td", {}, TRACKS.get(row.gt) ?? String(row.gt)),
      ...columns.map(([, text]) => element("td", { class: "number" }, text(row))),
    ),
  );
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Track"), ...head)),
    element("tbody", {}, ...body),
  );
}
