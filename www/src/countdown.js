/** In how long the nodes are expected, counted down. It stands apart from what is read aloud, which would go on each second. */

import { setText } from "./dom.js";
import { remaining } from "./format.js";

/** How often the time that is left is written anew. */
const TICK_MS = 1000;

/**
 * @param {HTMLElement} place
 */
export function countdown(place) {
  /** @type {number | null} */
  let at = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const show = () => setText(place, at === null ? "" : remaining(at - Date.now()));
  return {
    /** @param {number | null} ms null where nothing is known */
    expect(ms) {
      at = ms === null ? null : Date.now() + ms;
      timer ??= setInterval(show, TICK_MS);
      show();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
      at = null;
      show();
    },
  };
}
