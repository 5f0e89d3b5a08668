// @ts-nocheck: most of it runs in the page, where only JupyterLab knows the types.
/** JupyterLab in a page: puts a notebook there as a user would upload it, and runs its cells. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const PATIENCE_MS = 90_000;

/**
 * Opens the lab of a site.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} site its address
 */
export async function openLab(page, site) {
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${site}/lab/index.html`);
  await page.waitForFunction(() => "jupyterapp" in globalThis);
  await page.evaluate(async () => void (await globalThis.jupyterapp.restored));
}

/**
 * Uploads a notebook, opens it, and begins to run all of its cells.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} file
 * @returns {Promise<() => Promise<{ id: string, text: string, errors: string[] }[]>>} waits for the end, and gives what
 *   each cell printed
 */
export async function runAll(page, file) {
  const notebook = JSON.parse(await readFile(file, "utf8"));
  await page.evaluate(upload, { path: basename(file), notebook });
  const ended = page.evaluate(runAllCells);
  ended.catch(() => {}); // whoever awaits the end hears of it
  return async () => {
    await ended;
    return await page.evaluate(outputs);
  };
}

async function upload({ path, notebook }) {
  const { commands, serviceManager, shell } = globalThis.jupyterapp;
  await serviceManager.contents.save(path, { type: "notebook", format: "json", content: notebook });
  await commands.execute("docmanager:open", { path });
  await shell.currentWidget.context.ready;
  await shell.currentWidget.sessionContext.ready;
}

async function runAllCells() {
  await globalThis.jupyterapp.commands.execute("notebook:run-all-cells");
}

function outputs() {
  const { cells } = globalThis.jupyterapp.shell.currentWidget.content.model.toJSON();
  return cells
    .filter((cell) => cell.cell_type === "code")
    .map(({ id, outputs }) => ({
      id,
      text: outputs.map(({ text }) => [text ?? ""].flat().join("")).join(""),
      errors: outputs
        .filter((output) => output.output_type === "error")
        .map(({ ename, evalue }) => `${ename}: ${evalue}`),
    }));
}
