/**
 * The page: sign in, see the cluster, wake it, run a request, see the elevation profile.
 *
 * It is built on the package `sliderule-wasm` alone, as any web app would be, and talks only to the origin it came
 * from. Which organization it shows stands in its address (`?organization=acme`), so that it can be bookmarked.
 */

import { openConsole } from "./console.js";
import { find, sentenceOf, setText } from "./dom.js";
import { ENDED, hasEnded, resume, signInForm } from "./sign-in.js";

/** @typedef {import("sliderule-wasm").Session} Session */

const identity = find("identity", HTMLElement);
const signOut = find("sign-out", HTMLButtonElement);
const form = signInForm(enter);

/** @type {{ session: Session, close: () => void } | null} */
let open = null;

/**
 * Shows the console of a session that is signed in.
 *
 * @param {Session} session
 */
function enter(session) {
  form.hide();
  const organization = session.organization ?? "";
  history.replaceState(null, "", `?${new URLSearchParams({ organization })}`);
  setText(find("identity-name", HTMLElement), `${session.user ?? "Anyone"} at ${organization}`);
  identity.hidden = false;
  open = { session, close: openConsole(session, () => void leave(ENDED)) };
}

/**
 * Forgets the tokens and goes back to the sign-in form.
 *
 * @param {string | null} sentence why, if the user did not ask for it
 */
async function leave(sentence) {
  if (open === null) return;
  const { session, close } = open;
  open = null;
  close();
  identity.hidden = true;
  /** @type {string | null} */
  let problem = sentence;
  try {
    await session.signOut();
  } catch (error) {
    problem ??= sentenceOf(error);
  }
  session.dispose();
  form.show(session.organization ?? "", problem);
}

signOut.addEventListener("click", () => void leave(null));

const wanted = new URLSearchParams(location.search).get("organization") ?? "";
try {
  const session = wanted === "" ? null : await resume(wanted);
  if (session === null) form.show(wanted);
  else enter(session);
} catch (error) {
  form.show(wanted, hasEnded(error) ? ENDED : sentenceOf(error));
}
