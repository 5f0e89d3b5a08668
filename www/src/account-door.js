/** The ways into an account: signing in with a password or with GitHub, and signing up. */

import { endGitHub, signIn, signUp } from "./account-api.js";
import { find, isBusy, sentenceOf, setBusy, showProblem } from "./dom.js";
import { leaveForGitHub } from "./github.js";
import { plainForm } from "./plain-form.js";

/** @typedef {import("./account-api.js").AccountSession} AccountSession */
/** @typedef {import("./account-api.js").Operator} Operator */

/**
 * @param {(session: AccountSession) => Promise<void>} enter
 */
export function accountDoor(enter) {
  const sections = { signIn: find("account-sign-in", HTMLElement), signUp: find("sign-up", HTMLElement) };
  const problem = find("account-sign-in-form-problem", HTMLElement);
  const gitHub = find("github-sign-in", HTMLButtonElement);
  const toSignUp = find("to-sign-up", HTMLButtonElement);

  /** @param {keyof typeof sections} which */
  const show = (which) => {
    for (const [name, section] of Object.entries(sections)) section.hidden = name !== which;
    sections[which].querySelector("input")?.focus();
  };

  plainForm("account-sign-in-form", "Fill in your user name and your password.", async ({ username, password }) => {
    await enter(await signIn({ username: username ?? "", password: password ?? "" }));
  });
  plainForm("sign-up-form", "Fill in a user name, your e-mail address and a password.", async (values) => {
    const { username = "", email = "", password = "" } = values;
    await signUp({ username, email, password });
    await enter(await signIn({ username, password }));
  });
  toSignUp.addEventListener("click", () => show("signUp"));
  find("to-account-sign-in", HTMLButtonElement).addEventListener("click", () => show("signIn"));
  gitHub.addEventListener("click", async () => {
    if (isBusy(gitHub)) return;
    showProblem(problem, null);
    setBusy(gitHub, true);
    try {
      await leaveForGitHub();
    } catch (error) {
      showProblem(problem, sentenceOf(error));
      setBusy(gitHub, false);
    }
  });

  return {
    /**
     * Shows the door.
     *
     * @param {string | null} sentence why, if the user did not come by themselves
     */
    show(sentence = null) {
      show("signIn");
      showProblem(problem, sentence);
    },
    hide() {
      for (const section of Object.values(sections)) section.hidden = true;
    },
    /**
     * Offers what the operator lets people do.
     *
     * @param {Operator} operator
     */
    offer({ github, sign_up_open: open }) {
      gitHub.hidden = !github;
      toSignUp.hidden = !open;
    },
    /**
     * Enters with what GitHub said.
     *
     * @param {import("./github.js").Back} back
     */
    async comeBack(back) {
      try {
        await enter(await endGitHub(back));
      } catch (error) {
        this.show(sentenceOf(error));
      }
    },
  };
}
