/** The tables of an account: the organizations it has to do with, and who asks to join those it looks after. */

import { element } from "./dom.js";

/** @typedef {import("./account-api.js").Organization} Organization */
/** @typedef {import("./account-api.js").Member} Member */

const STATES = { requested: "asked, not answered yet", deactivated: "deactivated" };

/**
 * The organizations, with what can be done about each.
 *
 * @param {Organization[]} organizations
 * @param {(name: string) => void} onLeave
 * @returns {HTMLElement}
 */
export function membershipTable(organizations, onLeave) {
  if (organizations.length === 0) {
    return element("p", { class: "empty" }, "You belong to no organization yet. Ask one for a membership below.");
  }
  const rows = organizations.map(({ name, role, state }) => {
    const standing = state === "active" ? role : STATES[/** @type {keyof typeof STATES} */ (state)];
    const cells = [element("th", { scope: "row" }, name), element("td", {}, standing ?? "")];
    return element("tr", {}, ...cells, element("td", { class: "acts" }, ...acts(name, state, onLeave)));
  });
  return element("table", {}, heads("Organization", "You are", ""), element("tbody", {}, ...rows));
}

/**
 * @param {string} name
 * @param {string | null} state
 * @param {(name: string) => void} onLeave
 * @returns {HTMLElement[]}
 */
function acts(name, state, onLeave) {
  if (state === "requested") return [button("Withdraw", `Withdraw the request to ${name}`, () => onLeave(name))];
  if (state !== "active") return [];
  const cluster = element("a", { href: `?${new URLSearchParams({ organization: name })}` }, "Cluster");
  cluster.setAttribute("aria-label", `Cluster of ${name}`);
  const leave = button("Leave", `Leave ${name}`, () => {
    if (confirm(`Leave ${name}? Your nodes end, and its cluster closes to you.`)) onLeave(name);
  });
  return [cluster, leave];
}

/**
 * Who asks to join, one table for each organization.
 *
 * @param {{ name: string, members: Member[] }[]} waiting
 * @param {(name: string, username: string, answer: "approve" | "refuse") => void} onAnswer
 * @returns {HTMLElement[]}
 */
export function requestTables(waiting, onAnswer) {
  return waiting.map(({ name, members }) => {
    const rows = members.map(({ username, email }) => {
      const answer = (/** @type {"approve" | "refuse"} */ what, /** @type {string} */ label) =>
        button(label, `${label} ${username} in ${name}`, () => onAnswer(name, username, what));
      const cells = [element("th", { scope: "row" }, username), element("td", {}, email ?? "")];
      const buttons = [answer("approve", "Approve"), answer("refuse", "Refuse")];
      return element("tr", {}, ...cells, element("td", { class: "acts" }, ...buttons));
    });
    const caption = element("caption", {}, name);
    return element("table", {}, caption, heads("Who", "E-mail", ""), element("tbody", {}, ...rows));
  });
}

/** @param {string[]} names */
function heads(...names) {
  const cells = names.map((name) => (name === "" ? element("td") : element("th", { scope: "col" }, name)));
  return element("thead", {}, element("tr", {}, ...cells));
}

/**
 * @param {string} text
 * @param {string} label what it is called for who does not see where it stands
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
function button(text, label, act) {
  const made = element("button", { type: "button", "aria-label": label }, text);
  made.addEventListener("click", act);
  return made;
}
