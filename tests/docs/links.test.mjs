/** Every relative link of the documents leads to a file that is there, and every anchor to a heading of it. */

import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { ROOT } from "../browser/harness/static-server.mjs";
import { documents } from "./harness/blocks.mjs";

const FENCED = /^( *)```[\s\S]*?^\1```$/gm;
const LINK = /\]\(([^()\s]+)\)/g;

/**
 * The anchors of a page, as GitHub makes them of headings: lower case, without punctuation, numbered where one was there before.
 *
 * @param {string} text
 * @returns {Set<string>}
 */
function anchorsOf(text) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  const headings = text.replace(FENCED, "").matchAll(/^#{1,6} (.+)$/gm);
  const anchors = [...headings].map(([, title = ""]) => {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  return new Set(anchors);
}

for (const page of await documents()) {
  test(`the links of ${page} lead somewhere`, async () => {
    const text = await readFile(join(ROOT, page), "utf8");
    const links = [...text.replace(FENCED, "").matchAll(LINK)].map(([, link = ""]) => link);
    const broken = [];
    for (const link of links.filter((each) => !/^[a-z]+:/.test(each))) {
      const [path = "", anchor] = link.split("#");
      const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
      const isThere = await access(file).then(
        () => true,
        () => false,
      );
      if (!isThere) broken.push(`${link}: there is no ${relative(ROOT, file)}`);
      else if (anchor !== undefined && file.endsWith(".md") && !anchorsOf(await readFile(file, "utf8")).has(anchor)) {
        broken.push(`${link}: there is no heading of that name`);
      }
    }
    assert.deepEqual(broken, []);
  });
}

test("every page of docs/ can be reached from the README", async () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) {
    const text = await readFile(join(ROOT, page), "utf8");
    for (const [, link = ""] of text.matchAll(LINK)) {
      const [path = ""] = link.split("#");
      if (path.endsWith(".md") && !/^[a-z]+:/.test(path)) reached.add(relative(ROOT, join(ROOT, dirname(page), path)));
    }
  }
  assert.deepEqual(
    (await documents()).filter((page) => !reached.has(page)),
    [],
  );
});
