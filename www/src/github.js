/**
 * Signing in with GitHub: the way there and the way back.
 *
 * The browser leaves the page and comes back with `code` and `state` in the address. What binds the two ways to each other
 * (`flow`) stays in the storage of this tab meanwhile, and is good for nothing afterwards.
 */

import { beginGitHub } from "./account-api.js";

const KEPT = "sliderule-github-flow";

/** @typedef {{ flow: string, code: string, state: string }} Back what the server wants to hear */

/** Leaves for GitHub. Rejects if the server cannot do that. */
export async function leaveForGitHub() {
  const { authorize_url: there, flow } = await beginGitHub();
  sessionStorage.setItem(KEPT, flow);
  location.assign(there);
}

/**
 * Takes what GitHub has put into the address, if it led here. Before anything else is done, none of it is left in the
 * address or the storage.
 *
 * @returns {Back | { refused: string } | null} null if the browser does not come from GitHub
 */
export function takeReturn() {
  const query = new URLSearchParams(location.search);
  const [code, state] = [query.get("code"), query.get("state")];
  if (state === null || (code === null && !query.has("error"))) return null;
  const flow = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  history.replaceState(null, "", "?account");
  if (flow === null) return { refused: "This sign-in with GitHub did not begin here. Begin it once more." };
  if (code === null) return { refused: "GitHub did not let you sign in here. Try again, or use a password." };
  return { flow, code, state };
}
