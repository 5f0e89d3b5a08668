/**
 * What values of options must be.
 *
 * @module
 */

/** @import { Environment } from "./entry.js" */

/**
 * @callback Check Says what is wrong with a value, or nothing.
 * @param {unknown} value
 * @param {Environment} [environment] Of the entry that was asked, where that makes a difference.
 * @returns {string | undefined}
 */

/** @type {Check} */
export const text = (value) => (typeof value === "string" ? undefined : "must be text");

/** @type {Check} */
export const flag = (value) => (typeof value === "boolean" ? undefined : "must be true or false");

/** @type {Check} */
export const callback = (value) => (typeof value === "function" ? undefined : "must be a function");

/** @type {Check} */
export const object = (value) => (typeof value === "object" ? undefined : "must be an object");

/** @type {Check} */
export const texts = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === "string") ? undefined : "must be a list of texts";

/** @type {Check} */
export const abortSignal = (value) =>
  typeof value === "object" &&
  value !== null &&
  "aborted" in value &&
  "reason" in value &&
  ["throwIfAborted", "addEventListener", "removeEventListener"].every(
    (method) => typeof (/** @type {any} */ (value)[method]) === "function",
  )
    ? undefined
    : "must be an AbortSignal";

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 */
const wholeNumber = (value, least, most) =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most
    ? undefined
    : `must be a whole number from ${least} to ${most}`;

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
export const milliseconds = (value) => wholeNumber(value, 1, 2_147_483_647);

/** @type {Check} */
export function credentials(given) {
  return typeof given === "function" ? undefined : object(given);
}

/** @type {Check} */
export function ask(given) {
  return typeof given === "function"
    ? undefined
    : "must be a function; credentials themselves go to authenticate or init";
}

/** @type {Check} */
export function logger(given) {
  const wrong = "must be an object with functions debug, info, warn and error, or some of them";
  if (typeof given !== "object" || given === null) return wrong;
  const methods = ["debug", "info", "warn", "error"].map((name) => /** @type {any} */ (given)[name]);
  return methods.every((method) => method === undefined || typeof method === "function") ? undefined : wrong;
}

/** @type {Check} */
export function callbacks(given) {
  const wrong = "must be an object with a function for each record type";
  if (typeof given !== "object" || given === null) return wrong;
  return Object.values(given).every((each) => typeof each === "function") ? undefined : wrong;
}
