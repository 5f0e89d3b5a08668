/**
 * The code blocks of the documents, and what each says about how it is run.
 *
 * | how it is marked | what happens |
 * |---|---|
 * | ` ```js node ` | a program of Node |
 * | ` ```js browser ` | a module of a page in Chromium |
 * | ` ```html `, ` ```sh ` | a page, a script of the shell |
 * | `<!-- not run: REASON -->` before it | nothing, and the reason is printed |
 * | `<!-- run by FILE -->` before it | nothing here; that file names the page |
 * | `<!-- prints: PATTERN -->` before it | what is printed, or shown by a page, has to match |
 * | a block ` ```text ` behind it | what is printed has to be that, where `…` stands for anything in a line |
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../browser/harness/static-server.mjs";

/**
 * @typedef {object} Block
 * @property {string} page such as `docs/GUIDE.md`
 * @property {number} line where it begins
 * @property {string} language such as `js`
 * @property {string} place such as `node`; empty where nothing is said
 * @property {string} code
 * @property {string | undefined} notRun why not
 * @property {string | undefined} runBy the test that does
 * @property {RegExp | undefined} prints what it must print
 */

const FENCE =
  /(?:<!-- (not run|run by|prints):? (.*?) -->\n)?^( *)```(\w+) ?(\w*)\n([\s\S]*?)^\3```$(?:\n\n\3```text\n([\s\S]*?)^\3```$)?/gm;

/** @returns {Promise<string[]>} the paths of what is for readers: the README, and every page of `docs/` */
export async function documents() {
  const pages = (await readdir(join(ROOT, "docs"))).filter((name) => name.endsWith(".md"));
  return ["README.md", "CHANGELOG.md", ...pages.map((name) => `docs/${name}`)].sort();
}

/**
 * @param {string} page
 * @returns {Promise<Block[]>} its blocks in their order; those that only show an output belong to the block before
 */
export async function blocksOf(page) {
  const text = await readFile(join(ROOT, page), "utf8");
  return [...text.matchAll(FENCE)].map((match) => {
    const [, mark, says = "", indentation = "", language = "", place = "", code = "", output] = match;
    const unindented = (/** @type {string} */ lines) =>
      lines.replaceAll(`\n${indentation}`, "\n").slice(indentation.length);
    const prints = mark === "prints" ? new RegExp(says, "m") : undefined;
    return {
      page,
      line: text.slice(0, match.index + match[0].indexOf("```")).split("\n").length,
      language,
      place,
      code: unindented(code),
      notRun: mark === "not run" ? says : undefined,
      runBy: mark === "run by" ? says : undefined,
      prints: output === undefined ? prints : outputPattern(unindented(output)),
    };
  });
}

/** @param {string} output */
function outputPattern(output) {
  const literal = output.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("…", ".*")}$`);
}
