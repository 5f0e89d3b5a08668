/**
 * Why a token store cannot be used, in words that are fit to be shown.
 *
 * Always: nothing that a store throws is repeated, since it may quote what it was given to keep. Only the names and
 * codes of the platform's own errors are.
 *
 * @module
 */

/** A failure of a store of ours; its message is a clause of our own. */
export class StoreProblem extends Error {}

/** A record that is there and cannot be read: damaged, sealed with another key, or of another release. */
export class UnreadableRecord extends Error {}

/**
 * @param {unknown} error What was thrown.
 * @param {string | undefined} place What the store is called; none for the caller's own.
 */
export function whatHappened(error, place) {
  if (error instanceof StoreProblem) return error.message;
  if (place === undefined) return "the token store failed";
  const { name = "", code } = /** @type {{ name?: string, code?: unknown }} */ (error ?? {});
  switch (name) {
    case "SecurityError":
    case "NotAllowedError":
      return `the browser forbids this page its ${place}`;
    case "QuotaExceededError":
      return `${place} is full`;
    default: {
      const word = typeof code === "string" ? code : name;
      return `${place} failed${/^\w{1,40}$/.test(word) ? ` (${word})` : ""}`;
    }
  }
}
