/**
 * What values of options must be.
 *
 * @module
 */

import { LONGEST_TIMEOUT_MS } from "./deadline.js";

/** @import { Environment } from "./entry.js" */

/**
 * @callback Check Says what is wrong with a value that is neither null nor undefined, or nothing.
 * @param {unknown} value
 * @param {Environment} [environment] Of the entry that was asked, where that makes a difference.
 * @returns {string | undefined}
 */

/**
 * @param {boolean} isRight
 * @param {string} wrong
 */
export const unless = (isRight, wrong) => (isRight ? undefined : wrong);

/**
 * @param {any} value
 * @param {string} names
 */
export const hasMethods = (value, names) =>
  typeof value === "object" && names.split(" ").every((name) => typeof value[name] === "function");

/** @type {Check} */
export const text = (value) => unless(typeof value === "string", "must be text");

/** @type {Check} */
export const flag = (value) => unless(typeof value === "boolean", "must be true or false");

/** @type {Check} */
export const callback = (value) => unless(typeof value === "function", "must be a function");

/** @type {Check} */
export const texts = (value) =>
  unless(Array.isArray(value) && value.every((each) => typeof each === "string"), "must be a list of texts");

/** @type {Check} */
export const abortSignal = (value) =>
  unless(
    hasMethods(value, "throwIfAborted addEventListener removeEventListener") &&
      "aborted" in /** @type {object} */ (value) &&
      "reason" in /** @type {object} */ (value),
    "must be an AbortSignal",
  );

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 */
const wholeNumber = (value, least, most) =>
  unless(
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `must be a whole number from ${least} to ${most}`,
  );

/**
 * Nodes: more than any cluster has, less than any overflow.
 *
 * @type {Check}
 */
export const nodes = (value) => wholeNumber(value, 0, 100_000);

/**
 * Minutes, up to a year.
 *
 * @type {Check}
 */
export const minutes = (value) => wholeNumber(value, 1, 525_600);

/**
 * Milliseconds, as far as timers of browsers reach.
 *
 * @type {Check}
 */
export const milliseconds = (value) => wholeNumber(value, 1, LONGEST_TIMEOUT_MS);

/** @type {Check} */
export const credentials = (given) => unless(/^(function|object)$/.test(typeof given), "must be an object");

/** @type {Check} */
export const ask = (given) =>
  unless(typeof given === "function", "must be a function; credentials themselves go to authenticate or init");

/** @type {Check} */
export const logger = (given) =>
  unless(
    typeof given === "object" &&
      ["debug", "info", "warn", "error"].every((name) =>
        /^(function|undefined)$/.test(typeof (/** @type {any} */ (given)[name])),
      ),
    "must be an object with functions debug, info, warn and error, or some of them",
  );

/** @type {Check} */
export const callbacks = (given) =>
  unless(
    typeof given === "object" &&
      Object.values(/** @type {object} */ (given)).every((each) => typeof each === "function"),
    "must be an object with a function for each record type",
  );
