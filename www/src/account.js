/**
 * The page of an account: its organizations, asking for a membership, and answering those who ask.
 *
 * Its part of the document is made when it is opened. One leaves it by following a link, which forgets everything.
 */

import { hasEnded, operator } from "./account-api.js";
import { accountDoor } from "./account-door.js";
import { element, find, sentenceOf, setText, showProblem } from "./dom.js";
import { membershipTable, requestTables } from "./membership-tables.js";
import { plainForm } from "./plain-form.js";
import { ENDED } from "./sign-in.js";

/** @typedef {import("./account-api.js").AccountSession} AccountSession */
/** @typedef {import("./account-api.js").Operator} Operator */

/**
 * Opens it, at its door.
 *
 * @param {import("./github.js").Back | { refused: string } | null} back what came of a way to GitHub
 * @param {object} page
 * @param {(name: string, leave: () => void) => void} page.identify says who is signed in, and how they sign out
 * @param {() => void} page.anonymous says that nobody is
 */
export function openAccount(back, { identify, anonymous }) {
  const template = find("account-template", HTMLTemplateElement);
  find("main", HTMLElement).append(template.content.cloneNode(true));
  const home = find("account-home", HTMLElement);
  const problem = find("account-problem", HTMLElement);
  const news = find("account-news", HTMLElement);

  /** @type {AccountSession | null} */
  let signedIn = null;
  /** @type {Operator | null} */
  let offered = null;
  const door = accountDoor(enter);

  /** @param {AccountSession} session */
  async function enter(session) {
    const { username } = await session.account();
    signedIn = session;
    door.hide();
    home.hidden = false;
    identify(username, () => void leave(null));
    find("account-title", HTMLElement).focus();
    await refresh();
  }

  /** @param {string | null} sentence why, if the user did not ask for it */
  async function leave(sentence) {
    const session = signedIn;
    signedIn = null;
    home.hidden = true;
    setText(news, "");
    anonymous();
    door.show(sentence);
    // Tokens that cannot be revoked end by themselves.
    await session?.signOut().catch(() => {});
  }

  /**
   * Tells of a failure; the end of the tokens is told at the door.
   *
   * @param {unknown} error
   * @returns {boolean} whether it was told at the door
   */
  function ended(error) {
    if (!hasEnded(error)) return false;
    void leave(ENDED);
    return true;
  }

  /** Shows everything as it is now. */
  async function refresh() {
    const session = signedIn;
    if (session === null) return;
    try {
      const [account, organizations] = await Promise.all([session.account(), session.organizations()]);
      const asked = organizations.filter(({ requests }) => (requests ?? 0) > 0);
      const waiting = await Promise.all(
        asked.map(async ({ name }) => ({ name, members: await session.requests(name) })),
      );
      if (signedIn !== session) return;
      find("memberships", HTMLElement).replaceChildren(
        membershipTable(organizations, (name) => act((now) => now.leave(name), `You have left ${name}.`)),
      );
      find("membership-requests", HTMLElement).replaceChildren(
        ...requestTables(waiting, (name, username, answer) => {
          const became = answer === "approve" ? `${username} is a member of ${name} now.` : `${username} was refused.`;
          return act((now) => now.answer(name, username, answer), became);
        }),
      );
      find("requests-card", HTMLElement).hidden = waiting.length === 0;
      const mayFound = account.is_staff || offered?.organizations === "anyone";
      find("found-form", HTMLElement).hidden = !mayFound;
      find("found-by-operator", HTMLElement).hidden = mayFound;
      showProblem(problem, null);
    } catch (error) {
      if (!ended(error)) showProblem(problem, sentenceOf(error));
    }
  }

  /**
   * Does something, tells what came of it, and shows everything anew.
   *
   * @param {(session: AccountSession) => Promise<unknown>} what
   * @param {string} became
   */
  async function act(what, became) {
    if (signedIn === null) return;
    try {
      await what(signedIn);
      setText(news, became);
    } catch (error) {
      setText(news, "");
      if (!ended(error)) showProblem(problem, sentenceOf(error));
      return;
    }
    await refresh();
    // The button that was pressed may be gone.
    if (document.activeElement === document.body) find("account-title", HTMLElement).focus();
  }

  plainForm(
    "request-form",
    "Fill in the name of the organization.",
    async ({ organization = "" }) => {
      const asked = await signedIn?.requestMembership(organization);
      const waits = `You asked to become a member of ${organization}. An owner or manager answers.`;
      setText(news, asked?.state === "requested" ? waits : `You are a member of ${organization} already.`);
      await refresh();
    },
    ended,
  );
  plainForm(
    "found-form",
    "Fill in a name for the organization.",
    async ({ name = "" }) => {
      await signedIn?.found(name);
      setText(news, `The organization ${name} is there.`);
      await refresh();
    },
    ended,
  );

  if (back === null) door.show();
  else if ("refused" in back) door.show(back.refused);
  else void door.comeBack(back);
  operator().then(
    (told) => {
      offered = told;
      door.offer(told);
      showContact(told.contact);
      void refresh();
    },
    (error) => showProblem(problem, sentenceOf(error)),
  );
}

/**
 * Says whom to ask for what is the operator's to do.
 *
 * @param {string | null} contact
 */
function showContact(contact) {
  const isLink = contact !== null && /^(mailto:|https:\/\/)/.test(contact);
  const whom = isLink ? element("a", { href: contact, rel: "noreferrer" }, "Ask the operator") : "Ask the operator";
  for (const id of ["found-by-operator", "account-by-operator"]) {
    const place = find(id, HTMLElement);
    place.replaceChildren(whom instanceof Node ? whom.cloneNode(true) : whom, place.dataset.what ?? "");
  }
}
