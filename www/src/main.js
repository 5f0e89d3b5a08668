/**
 * The page: sign in, see the cluster, wake it, run a request, see the elevation profile; or look after one's account.
 *
 * For clusters it is built on the package `sliderule-wasm` alone, as any web app would be. It talks only to the origin
 * it came from. What it shows stands in its address (`?organization=acme`, `?account`), so that it can be bookmarked.
 */

import { openAccount } from "./account.js";
import { openConsole } from "./console.js";
import { find, sentenceOf, setText } from "./dom.js";
import { takeReturn } from "./github.js";
import { ENDED, hasEnded, resume, signInForm } from "./sign-in.js";

/** @typedef {import("sliderule-wasm").Session} Session */

const identity = find("identity", HTMLElement);
const signOut = find("sign-out", HTMLButtonElement);
const form = signInForm(enter);

/** @type {{ session: Session, close: () => void } | null} */
let open = null;

/** What the button in the head does. */
let whenLeaving = () => {};

/**
 * Says who is signed in.
 *
 * @param {string} name
 * @param {() => void} leave
 */
function identify(name, leave) {
  setText(find("identity-name", HTMLElement), name);
  identity.hidden = false;
  whenLeaving = leave;
}

/** Says that nobody is. */
function anonymous() {
  identity.hidden = true;
  whenLeaving = () => {};
}

/**
 * Shows the console of a session that is signed in.
 *
 * @param {Session} session
 */
function enter(session) {
  form.hide();
  const organization = session.organization ?? "";
  history.replaceState(null, "", `?${new URLSearchParams({ organization })}`);
  identify(`${session.user ?? "Anyone"} at ${organization}`, () => void leave(null));
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
  anonymous();
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

/**
 * Shows the account.
 *
 * @param {ReturnType<typeof takeReturn>} back what came of a way to GitHub
 */
function showAccount(back) {
  form.hide();
  history.replaceState(null, "", "?account");
  openAccount(back, { identify, anonymous });
}

signOut.addEventListener("click", () => whenLeaving());
find("to-account", HTMLButtonElement).addEventListener("click", () => showAccount(null));

/** Shows what the address asks for. */
async function begin() {
  const back = takeReturn();
  const query = new URLSearchParams(location.search);
  if (back !== null || query.has("account")) {
    showAccount(back);
    return;
  }
  const wanted = query.get("organization") ?? "";
  try {
    const session = wanted === "" ? null : await resume(wanted);
    if (session === null) form.show(wanted);
    else enter(session);
  } catch (error) {
    form.show(wanted, hasEnded(error) ? ENDED : sentenceOf(error));
  }
}

await begin();
