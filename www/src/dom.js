/**
 * The few things the page does to its document.
 *
 * The structure of the page is in `index.html`; code here and elsewhere fills it. Text always goes in as text,
 * never as markup, so nothing a server says can become part of the page.
 */

/**
 * The element of that id, which `index.html` must have.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind what the element must be, such as `HTMLFormElement`
 * @returns {T}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`index.html has no ${kind.name} with the id ${id}`);
  return element;
}

/**
 * A new element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * Sets the text of an element, and only if it differs: a live region is read out when it is written to.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Shows a sentence in a place for problems, or hides the place.
 *
 * @param {HTMLElement} place
 * @param {string | null} sentence
 */
export function showProblem(place, sentence) {
  setText(place, sentence ?? "");
  place.hidden = sentence === null;
}

/**
 * The sentence of a failure. Errors of the client carry one that says what happened and what to do.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Marks a button as busy without disabling it: a disabled button would lose the focus.
 *
 * @param {HTMLButtonElement} button
 * @param {boolean} busy
 */
export function setBusy(button, busy) {
  button.setAttribute("aria-disabled", String(busy));
}

/**
 * Whether a button is marked as busy.
 *
 * @param {HTMLButtonElement} button
 * @returns {boolean}
 */
export function isBusy(button) {
  return button.getAttribute("aria-disabled") === "true";
}
