/**
 * The sign-in form, and signing in again from tokens of this tab after a reload.
 *
 * The password is handed to the client and forgotten: it is not kept in the form once it has served.
 */

import { createSession, SlideRuleError } from "sliderule-wasm";
import { find, isBusy, sentenceOf, setBusy, showProblem } from "./dom.js";

/** @typedef {import("sliderule-wasm").Session} Session */

/**
 * @typedef {object} SignIn
 * @property {(organization: string, problem?: string | null) => void} show
 * @property {() => void} hide
 */

/** What is told to a user whose tokens no longer serve, whether the page was open at that time or came back later. */
export const ENDED = "Your sign-in has ended. Sign in again.";

/**
 * Whether a call failed because the tokens no longer serve.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
export function hasEnded(error) {
  return error instanceof SlideRuleError && error.code === "reauthentication_required";
}

/**
 * A session with the organization's cluster at this page's own origin. Nothing is sent yet.
 *
 * @param {string} organization
 * @returns {Session}
 */
function sessionFor(organization) {
  return createSession({ url: location.origin, organization });
}

/**
 * Signs in with the tokens that an earlier page of this tab left.
 *
 * @param {string} organization
 * @returns {Promise<Session | null>} null if there are none; rejects if they no longer serve, see {@link hasEnded}
 */
export async function resume(organization) {
  const session = sessionFor(organization);
  try {
    await session.authenticate();
    return session;
  } catch (error) {
    session.dispose();
    if (error instanceof SlideRuleError && error.code === "credentials_missing") return null;
    throw error;
  }
}

/**
 * @param {(session: Session) => void} onSignedIn
 * @returns {SignIn}
 */
export function signInForm(onSignedIn) {
  const section = find("sign-in", HTMLElement);
  const form = find("sign-in-form", HTMLFormElement);
  const problem = find("sign-in-problem", HTMLElement);
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const organization = find("organization", HTMLInputElement);
  const username = find("username", HTMLInputElement);
  const password = find("password", HTMLInputElement);
  const fields = [organization, username, password];

  /** @returns {boolean} whether every field is filled; if not, the first empty one gets the focus */
  const complete = () => {
    for (const field of fields) field.setAttribute("aria-invalid", String(field.value === ""));
    const empty = fields.find((field) => field.value === "");
    empty?.focus();
    return empty === undefined;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(button)) return;
    organization.value = organization.value.trim();
    username.value = username.value.trim();
    if (!complete()) {
      showProblem(problem, "Fill in the organization, your user name and your password.");
      return;
    }
    showProblem(problem, null);
    setBusy(button, true);
    const session = sessionFor(organization.value);
    try {
      await session.authenticate(organization.value, { username: username.value, password: password.value });
      password.value = "";
      onSignedIn(session);
    } catch (error) {
      session.dispose();
      showProblem(problem, sentenceOf(error));
      password.select();
    } finally {
      setBusy(button, false);
    }
  });

  return {
    show(name, sentence = null) {
      section.hidden = false;
      showProblem(problem, sentence);
      organization.value = name;
      (name === "" ? organization : username).focus();
    },
    hide() {
      section.hidden = true;
    },
  };
}
