/** Numbers, money and times as people read them. The page is in English, so formats are too. */

const LANGUAGE = "en-GB";
const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit" });

/** Formats of numbers by their decimals. Making one takes far longer than using it, and charts use them often. */
const decimalFormats = Array.from(
  { length: 6 },
  (_, decimals) =>
    new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
);

/**
 * Micro-dollars as dollars, to a hundredth of a cent; smaller amounts, such as a second of a node, to two digits.
 *
 * @param {number} microUsd
 * @returns {string}
 */
export function dollars(microUsd) {
  const tiny = microUsd !== 0 && Math.abs(microUsd) < 1000;
  return new Intl.NumberFormat(LANGUAGE, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    ...(tiny ? { maximumSignificantDigits: 2 } : { minimumFractionDigits: 2, maximumFractionDigits: 4 }),
  }).format(microUsd / 1_000_000);
}

/**
 * @param {number} value
 * @param {0 | 1 | 2 | 3 | 4 | 5} decimals
 * @returns {string}
 */
export function number(value, decimals = 0) {
  return decimalFormats[decimals]?.format(value) ?? "";
}

/**
 * A count and its noun, as in "1 node" and "3 nodes".
 *
 * @param {number} count
 * @param {string} noun
 * @returns {string}
 */
export function counted(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * The time of day.
 *
 * @param {Date} instant
 * @returns {string}
 */
export function timeOfDay(instant) {
  return clock.format(instant);
}

/**
 * How long until an instant, in minutes.
 *
 * @param {Date} instant
 * @param {Date} now
 * @returns {string}
 */
export function until(instant, now) {
  const minutes = Math.ceil((instant.getTime() - now.getTime()) / 60_000);
  return minutes < 1 ? "ending now" : `in ${minutes} min`;
}

/**
 * In how long something is expected.
 *
 * @param {number} ms
 * @returns {string}
 */
export function remaining(ms) {
  if (ms < 1000) return "Ready any moment now.";
  return ms < 90_000
    ? `Ready in about ${number(Math.round(ms / 1000))} s.`
    : `Ready in about ${number(Math.round(ms / 60_000))} min.`;
}
