/**
 * Draws elevation profiles: surface height along the track, one chart per granule, coloured by ground track.
 *
 * Granules are told apart by their reference ground track and cycle, which every row of `atl06p` carries.
 */

import * as Plot from "@observablehq/plot";
import { element } from "./dom.js";
import { counted, number } from "./format.js";

/** @typedef {import("./elevations.js").Segment} Segment */
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
    value: (/** @type {Segment} */ row) => row.x_atc / 1000,
  },
  latitude: {
    label: "Latitude (degrees north)",
    value: (/** @type {Segment} */ row) => row.latitude,
  },
};

/**
 * One figure per granule.
 *
 * @param {Segment[]} segments what to draw
 * @param {Axis} axis
 * @param {number} width in pixels
 * @returns {HTMLElement[]}
 */
export function profileFigures(segments, axis, width) {
  const granules = Map.groupBy(segments, (row) => `RGT ${row.rgt}, cycle ${row.cycle}`);
  return [...granules].map(([name, rows]) =>
    element("figure", {}, element("figcaption", {}, name), chart(name, rows, axis, width)),
  );
}

/**
 * @param {string} name
 * @param {Segment[]} rows
 * @param {Axis} axis
 * @param {number} width
 * @returns {SVGSVGElement | HTMLElement}
 */
function chart(name, rows, axis, width) {
  const { label, value } = AXES[axis];
  const narrow = width < 480;
  return Plot.plot({
    width,
    height: Math.round(Math.min(340, Math.max(240, width * 0.42))),
    marginLeft: 56,
    marginBottom: 38,
    marginTop: 30,
    marginRight: 14,
    ariaLabel: `Elevation profile, ${name}`,
    ariaDescription: describe(rows),
    style: { background: "transparent", color: "var(--muted)" },
    x: { label, inset: 6, ticks: narrow ? 4 : 8, labelAnchor: "center", labelArrow: "none" },
    y: { label: "Height above ellipsoid (m)", grid: true, nice: true, labelArrow: "none" },
    r: { type: "identity" },
    color: {
      type: "ordinal",
      domain: [...TRACKS.keys()],
      range: [...TRACKS.keys()].map(trackColour),
    },
    marks: [
      Plot.dot(rows, {
        x: value,
        y: "h_mean",
        fill: "gt",
        r: (/** @type {Segment} */ row) => (isLeft(row.gt) ? 2.2 : 1.1),
      }),
      Plot.tip(
        rows,
        Plot.pointer({
          x: value,
          y: "h_mean",
          stroke: "var(--control-line)",
          title: (/** @type {Segment} */ row) =>
            [
              TRACKS.get(row.gt) ?? `Track ${row.gt}`,
              `${number(row.h_mean, 2)} m ± ${number(row.h_sigma, 2)} m`,
              `${number(row.latitude, 4)}°, ${number(row.longitude, 4)}°`,
              counted(row.n_fit_photons, "photon"),
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
 * The chart in words, for those who do not see it.
 *
 * @param {Segment[]} rows
 * @returns {string}
 */
function describe(rows) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { h_mean } of rows) {
    low = Math.min(low, h_mean);
    high = Math.max(high, h_mean);
  }
  return `${counted(rows.length, "segment")} between ${number(low, 1)} m and ${number(high, 1)} m.`;
}
