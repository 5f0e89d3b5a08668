/**
 * Draws elevation profiles: surface height along the track, one chart per granule, coloured by ground track.
 *
 * Each ground track is thinned to what the width can show, so that the work depends on the screen and not on the
 * granule.
 */

import * as Plot from "@observablehq/plot";
import { element } from "./dom.js";
import { counted, number } from "./format.js";
import { thinned } from "./thinning.js";

/** @typedef {import("./elevations.js").Segments} Segments */
/** @typedef {import("./elevations.js").Profile} Profile */
/** @typedef {"x_atc" | "latitude"} Axis */

/** The six ground tracks of ICESat-2 by the number that records carry. */
export const TRACKS = new Map([
  [10, "GT1L"],
  [20, "GT1R"],
  [30, "GT2L"],
  [40, "GT2R"],
  [50, "GT3L"],
  [60, "GT3R"],
]);

/**
 * The colour of a ground track, from the style sheet, so that it follows light and dark.
 *
 * @param {number} track
 * @returns {string}
 */
export function trackColour(track) {
  return `var(--track-${track})`;
}

const AXES = {
  x_atc: {
    label: "Distance along track (km)",
    value: (/** @type {Segments} */ segments, /** @type {number} */ row) => segments.value("x_atc", row) / 1000,
  },
  latitude: {
    label: "Latitude (degrees north)",
    value: (/** @type {Segments} */ segments, /** @type {number} */ row) => segments.value("latitude", row),
  },
};

/** Space around the plot, in pixels; what is left of the width is one bin of thinning for each pixel. */
const MARGIN = { marginTop: 30, marginRight: 14, marginBottom: 38, marginLeft: 56 };

/**
 * One figure per granule.
 *
 * @param {Segments} segments
 * @param {Profile[]} profiles what to draw of them
 * @param {Axis} axis
 * @param {number} width in pixels
 * @returns {HTMLElement[]}
 */
export function profileFigures(segments, profiles, axis, width) {
  const x = (/** @type {number} */ row) => AXES[axis].value(segments, row);
  const height = (/** @type {number} */ row) => segments.value("h_mean", row);
  const bins = Math.max(1, width - MARGIN.marginLeft - MARGIN.marginRight);
  return profiles.map(({ name, beams }) => {
    const rows = beams.flatMap((beam) => [...thinned(beam.rows, x, height, bins)]);
    const all = beams.reduce((sum, beam) => sum + beam.rows.length, 0);
    const caption = element("figcaption", {}, name);
    if (rows.length < all) {
      const thinning = `Thinned to ${number(rows.length)} of ${number(all)} segments: the lowest and highest of each pixel.`;
      caption.append(" ", element("small", {}, thinning));
    }
    const words = `${counted(all, "segment")} ${range(rows.map(height))}.`;
    return element("figure", {}, caption, chart(segments, rows, axis, width, `Elevation profile, ${name}`, words));
  });
}

/**
 * @param {Segments} segments
 * @param {number[]} rows
 * @param {Axis} axis
 * @param {number} width
 * @param {string} ariaLabel
 * @param {string} ariaDescription
 * @returns {SVGSVGElement | HTMLElement}
 */
function chart(segments, rows, axis, width, ariaLabel, ariaDescription) {
  const value = segments.value.bind(segments);
  const place = {
    x: (/** @type {number} */ row) => AXES[axis].value(segments, row),
    y: (/** @type {number} */ row) => value("h_mean", row),
  };
  const narrow = width < 480;
  return Plot.plot({
    width,
    height: Math.round(Math.min(340, Math.max(240, width * 0.42))),
    ...MARGIN,
    ariaLabel,
    ariaDescription,
    style: { background: "transparent", color: "var(--muted)" },
    x: { label: AXES[axis].label, inset: 6, ticks: narrow ? 4 : 8, labelAnchor: "center", labelArrow: "none" },
    y: { label: "Height above ellipsoid (m)", grid: true, nice: true, labelArrow: "none" },
    r: { type: "identity" },
    color: {
      type: "ordinal",
      domain: [...TRACKS.keys()],
      range: [...TRACKS.keys()].map(trackColour),
    },
    marks: [
      Plot.dot(rows, {
        ...place,
        fill: (/** @type {number} */ row) => value("gt", row),
        r: (/** @type {number} */ row) => (isLeft(value("gt", row)) ? 2.2 : 1.1),
      }),
      Plot.tip(
        rows,
        Plot.pointer({
          ...place,
          stroke: "var(--control-line)",
          title: (/** @type {number} */ row) =>
            [
              TRACKS.get(value("gt", row)) ?? `Track ${value("gt", row)}`,
              `${number(value("h_mean", row), 2)} m ± ${number(value("h_sigma", row), 2)} m`,
              `${number(value("latitude", row), 4)}°, ${number(value("longitude", row), 4)}°`,
              counted(value("n_fit_photons", row), "photon"),
            ].join("\n"),
        }),
      ),
    ],
  });
}

/**
 * Whether a track is the left one of its pair. The two run 90 m apart over almost the same heights, so the left one
 * is drawn wider, and shows on both sides of the right one.
 *
 * @param {number} track
 * @returns {boolean}
 */
function isLeft(track) {
  return track % 20 === 10;
}

/**
 * Where heights lie, in words, for those who do not see the chart.
 *
 * @param {number[]} heights
 * @returns {string}
 */
function range(heights) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const height of heights) {
    low = Math.min(low, height);
    high = Math.max(high, height);
  }
  return `between ${number(low, 1)} m and ${number(high, 1)} m`;
}
