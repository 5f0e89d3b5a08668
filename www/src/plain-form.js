/** What every plain form of the page does: look for empty fields, be busy once, and say what went wrong beside itself. */

import { find, isBusy, sentenceOf, setBusy, showProblem } from "./dom.js";

/**
 * @param {string} id of the form; its fields are those it has, its place for problems is `<id>-problem`
 * @param {string} incomplete what to say while a field is empty
 * @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<void>} act
 * @param {(error: unknown) => boolean} [handled] whether a failure is told elsewhere
 */
export function plainForm(id, incomplete, act, handled = () => false) {
  const form = find(id, HTMLFormElement);
  const problem = find(`${id}-problem`, HTMLElement);
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  const fields = [...form.querySelectorAll("input")];

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(button)) return;
    for (const field of fields) {
      if (field.type !== "password") field.value = field.value.trim();
      field.setAttribute("aria-invalid", String(field.value === ""));
    }
    const empty = fields.find((field) => field.value === "");
    if (empty !== undefined) {
      showProblem(problem, incomplete);
      empty.focus();
      return;
    }
    showProblem(problem, null);
    setBusy(button, true);
    try {
      await act(Object.fromEntries(fields.map((field) => [field.name, field.value])), form);
      form.reset();
    } catch (error) {
      if (!handled(error)) showProblem(problem, sentenceOf(error));
    } finally {
      setBusy(button, false);
    }
  });
}
