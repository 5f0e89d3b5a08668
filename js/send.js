/**
 * A request through the global `fetch`, whatever that gives.
 *
 * @module
 */

/**
 * Sends a request: no cookies, no redirects, nothing from a cache.
 *
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<Response>} Of whatever realm.
 */
export async function send(url, options) {
  /** @type {any} */
  const response = await fetch(url, { cache: "no-store", credentials: "omit", redirect: "manual", ...options });
  if (typeof response?.status === "number" && typeof response.headers?.get === "function") return response;
  // A wrapped `fetch` may give anything.
  throw new TypeError("fetch answered with something that is no Response");
}

/**
 * The pieces of a body as they come; none where there is no body, and no more where it breaks.
 *
 * @param {Response} response
 */
export async function* pieces(response) {
  const reader = response.body?.getReader();
  for (;;) {
    const piece = await reader?.read().catch(() => undefined);
    if (piece?.value === undefined) return;
    yield piece.value;
  }
}

/**
 * The number of seconds that a header has; NaN where it has none.
 *
 * @param {string} text
 */
export function seconds(text) {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * Why `fetch` failed, as far as it says: Node hides the reason in `cause`.
 *
 * @param {any} reason
 * @returns {string}
 */
export function words(reason) {
  const said = [reason?.cause?.message, reason?.cause?.code, reason?.message, reason];
  return said.find((each) => typeof each === "string" && each !== "") ?? "fetch failed";
}
