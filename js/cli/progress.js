/**
 * How far a cluster has come: a bar that is drawn over on a terminal, a line for each step elsewhere.
 *
 * @module
 */

/**
 * @import { ScaleProgress } from "../index.js"
 * @import { Output } from "./output.js"
 */

const BAR = 20;
/** How often the seconds are drawn anew. */
const TICK_MS = 500;
const START_OF_LINE = "\r";
const REST_OF_LINE = "\x1b[K";

/**
 * @typedef {object} Progress
 * @property {(progress: ScaleProgress) => void} show
 * @property {() => void} end
 */

/**
 * @param {Output} output
 * @returns {Progress}
 */
export function progressOn(output) {
  if (!output.isTalkative) return { show: () => {}, end: () => {} };
  const { terminal } = output;
  return terminal === undefined ? lines(output) : bar(terminal);
}

/**
 * @param {Output} output
 * @returns {Progress}
 */
function lines(output) {
  let last = "";
  return {
    show: ({ phase, nodes, wanted, elapsedMs }) => {
      const step = `${phase}: ${nodes} of ${wanted} nodes ready`;
      if (step !== last) output.say(`${step} after ${seconds(elapsedMs)}`);
      last = step;
    },
    end: () => {},
  };
}

/**
 * @param {NodeJS.WriteStream} terminal
 * @returns {Progress}
 */
function bar(terminal) {
  /** @type {{ progress: ScaleProgress, at: number } | undefined} */
  let latest;
  const draw = () => {
    if (latest === undefined) return;
    const { progress, at } = latest;
    const line = lineOf(progress, performance.now() - at).slice(0, (terminal.columns || 80) - 1);
    terminal.write(`${START_OF_LINE}${line}${REST_OF_LINE}`);
  };
  const timer = setInterval(draw, TICK_MS);
  timer.unref();
  return {
    show: (progress) => {
      latest = { progress, at: performance.now() };
      draw();
    },
    end: () => {
      clearInterval(timer);
      if (latest !== undefined) terminal.write(`${START_OF_LINE}${REST_OF_LINE}`);
      latest = undefined;
    },
  };
}

/**
 * @param {ScaleProgress} progress
 * @param {number} since Milliseconds since it was told.
 */
function lineOf({ phase, nodes, wanted, elapsedMs, expectedMs }, since) {
  const full = wanted === 0 ? BAR : Math.min(BAR, Math.round((BAR * nodes) / wanted));
  const left = expectedMs === null ? undefined : expectedMs - since;
  const expected = left === undefined || left < 1000 ? "" : `, about ${seconds(left)} to go`;
  const drawn = `[${"#".repeat(full)}${"-".repeat(BAR - full)}]`;
  return `${drawn} ${nodes} of ${wanted} nodes ready, ${phase}, ${seconds(elapsedMs + since)}${expected}`;
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${Math.round(milliseconds / 1000)} s`;
}
