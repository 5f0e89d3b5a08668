/** What a run brought: figures, the profiles with their choices, and the first rows as a table. */

import { element, find, setText } from "./dom.js";
import { dollars, number } from "./format.js";
import { profileFigures, TRACKS, trackColour } from "./profile-plot.js";

/** @typedef {import("./elevations.js").Segments} Segments */
/** @typedef {import("./elevations.js").Profile} Profile */
/** @typedef {import("./run-form.js").Run} Run */

/** Rows of the table; it is there to look at values, not to read them all. */
const TABLE_ROWS = 8;

/** A width counts once it has stood for so long: dragging a window's edge changes it with every pixel. */
const SETTLED_MS = 120;

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
  const place = find("profiles", HTMLElement);
  /** @type {Segments | null} */
  let segments = null;
  /** @type {Profile[]} */
  let profiles = [];
  /** @type {Set<number>} */
  const unwanted = new Set();
  let width = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let settling;
  let frame = 0;

  const draw = () => {
    cancelAnimationFrame(frame);
    if (segments === null || width === 0) return;
    const wanted = profiles
      .map(({ name, beams }) => ({ name, beams: beams.filter(({ track }) => !unwanted.has(track)) }))
      .filter(({ beams }) => beams.length > 0);
    place.replaceChildren(...profileFigures(segments, wanted, chosenAxis(), width));
  };

  /** However many choices and widths come before the next frame, it draws once. */
  const drawSoon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  };

  const observer = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry?.contentRect.width ?? 0);
    clearTimeout(settling);
    if (now === width) return;
    settling = setTimeout(() => {
      width = now;
      drawSoon();
    }, SETTLED_MS);
  });
  observer.observe(place);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    clearTimeout(settling);
    cancelAnimationFrame(frame);
  });

  content.addEventListener(
    "change",
    ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (target.name === "track" && target.checked) unwanted.delete(Number(target.value));
      else if (target.name === "track") unwanted.add(Number(target.value));
      drawSoon();
    },
    { signal },
  );

  const clear = (/** @type {string} */ sentence) => {
    segments = null;
    profiles = [];
    place.replaceChildren();
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
      segments = run.segments;
      profiles = segments.profiles();
      unwanted.clear();
      empty.hidden = true;
      content.hidden = false;
      find("results-figures", HTMLElement).replaceChildren(...figures(run));
      find("track-choices", HTMLElement).replaceChildren(...trackChoices(profiles));
      find("table", HTMLElement).replaceChildren(table(segments, firstRows(profiles)));
      width = Math.floor(place.clientWidth);
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
 * @param {Profile[]} profiles
 * @returns {HTMLElement[]}
 */
function trackChoices(profiles) {
  const tracks = profiles.flatMap(({ beams }) => beams.map(({ track }) => track));
  const present = [...new Set(tracks)].sort((a, b) => a - b);
  return present.map((track) => {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = trackColour(track);
    const box = element("input", { type: "checkbox", name: "track", value: String(track), checked: "" });
    return element("label", {}, box, swatch, TRACKS.get(track) ?? `Track ${track}`);
  });
}

/**
 * @param {Profile[]} profiles
 * @returns {number[]}
 */
function firstRows(profiles) {
  const beams = profiles.flatMap(({ beams }) => beams);
  return beams.flatMap(({ rows }) => [...rows.subarray(0, TABLE_ROWS)]).slice(0, TABLE_ROWS);
}

/**
 * @param {Segments} segments
 * @param {number[]} rows
 * @returns {HTMLElement}
 */
function table(segments, rows) {
  /** @type {[string, (row: number) => string][]} */
  const columns = [
    ["Latitude", (row) => number(segments.value("latitude", row), 5)],
    ["Longitude", (row) => number(segments.value("longitude", row), 5)],
    ["Height (m)", (row) => number(segments.value("h_mean", row), 2)],
    ["± (m)", (row) => number(segments.value("h_sigma", row), 3)],
    ["Slope", (row) => number(segments.value("dh_fit_dx", row), 4)],
    ["Photons", (row) => number(segments.value("n_fit_photons", row))],
  ];
  const head = columns.map(([name]) => element("th", { scope: "col", class: "number" }, name));
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      element("td", {}, TRACKS.get(segments.value("gt", row)) ?? String(segments.value("gt", row))),
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
