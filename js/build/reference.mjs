/**
 * The reference of the client, `docs/REFERENCE.md`, made from the types: `node js/build/reference.mjs` prints it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { snakeCase } from "../spelling.js";
import { declarations } from "./declarations.mjs";

/** @typedef {import("./declarations.mjs").Declaration} Declaration */
/** @typedef {import("./declarations.mjs").Member} Member */

const HEAD = `# Reference of the client

<!-- Made from js/*.d.ts by js/build/reference.mjs. To renew it: SLIDERULE_RENEW=1 node --test tests/docs/reference.test.mjs -->

Everything that \`sliderule-wasm\` exports. How it is used: [GUIDE.md](GUIDE.md). The names of SlideRule's Python documentation
(\`desired_nodes\`, \`ps_username\`, \`update_available_servers\`) are exact aliases and stand beside ours. An unknown option, or both
spellings with different values, rejects \`invalid_argument\`. Minutes for \`timeToLive\`, milliseconds for \`…Ms\`, \`Date\` for
instants, integer millionths of a US dollar for \`…MicroUsd\`.
`;

/**
 * Why the example of a declaration is not run.
 *
 * @type {Record<string, string>}
 */
const NOT_RUN = {
  load: "two ways in one block, one of them for bundlers; tests/packaging/environments runs each",
};

/** @returns {string} the page */
export function reference() {
  const [index = [], node = [], slim = []] = declarations(["index.d.ts", "node.d.ts", "slim.d.ts"]);
  const isSession = (/** @type {Declaration} */ { name }) => name === "Session";
  const isError = (/** @type {Declaration} */ { name }) => /^(SlideRuleError|ErrorCode|Warning)$/.test(name);
  const takesOptions = (/** @type {Declaration} */ { name }) => /Options$|^Credentials$/.test(name);
  const functions = index.filter(({ kind }) => kind === "function");
  const types = index.filter(({ kind }) => kind !== "function");
  /** @type {[string, Declaration[]][]} */
  const sections = [
    ["Functions", functions],
    ["Sessions", types.filter(isSession)],
    ["Options", types.filter(takesOptions)],
    ["What goes in and comes back", types.filter((each) => !isSession(each) && !isError(each) && !takesOptions(each))],
    ["Errors and warnings", types.filter(isError)],
    ["Only in `sliderule-wasm/node`", node],
    ["Only in `sliderule-wasm/slim`", slim],
  ];
  const anchors = anchorsOf(sections);
  const parts = sections.flatMap(([title, entries]) => [`## ${title}`, ...entries.map((each) => entry(each, anchors))]);
  return `${[HEAD.trim(), contents(sections, anchors), ...parts].join("\n\n")}\n`;
}

/**
 * Where GitHub's readers find each heading: lower case, without punctuation, numbered where one was there before.
 *
 * @param {[string, Declaration[]][]} sections
 * @returns {Map<Declaration | string, string>} by declaration, and by the name of a type
 */
function anchorsOf(sections) {
  const seen = new Map();
  const slug = (/** @type {string} */ title) => {
    const plain = title
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-");
    const times = seen.get(plain) ?? 0;
    seen.set(plain, times + 1);
    return times === 0 ? plain : `${plain}-${times}`;
  };
  slug("Reference of the client");
  /** @type {Map<Declaration | string, string>} */
  const anchors = new Map();
  for (const [title, entries] of sections) {
    slug(title);
    for (const each of entries) {
      const anchor = slug(each.name);
      anchors.set(each, anchor);
      if (each.kind !== "function") anchors.set(each.name, anchor);
    }
  }
  return anchors;
}

/**
 * @param {[string, Declaration[]][]} sections
 * @param {Map<Declaration | string, string>} anchors
 */
function contents(sections, anchors) {
  const link = (/** @type {Declaration} */ each) => `[${each.name}](#${anchors.get(each)})`;
  return sections.map(([title, entries]) => `- ${title}: ${entries.map(link).join(", ")}`).join("\n");
}

/**
 * @param {Declaration} declaration
 * @param {Map<Declaration | string, string>} anchors
 */
function entry({ kind, name, signature, comment, members }, anchors) {
  const isPlain = kind === "interface" && !/ extends |</.test(signature);
  const others = kind === "class" ? [] : named(signature, name, anchors);
  return paragraphs([
    `### ${name}`,
    isPlain ? "" : `\`\`\`ts\n${signature}\n\`\`\``,
    marked(comment.prose, NOT_RUN[name]),
    comment.parameters.map((each) => `- \`${each.name}\`: ${each.text}`).join("\n"),
    others.length > 0 ? `Types: ${others.join(", ")}.` : "",
    ...list(members, name, anchors),
  ]);
}

/**
 * Members one below the other; aliases are told together, at the end.
 *
 * @param {Member[]} members
 * @param {string} owner
 * @param {Map<Declaration | string, string>} anchors
 * @returns {string[]}
 */
function list(members, owner, anchors) {
  const aliasOf = (/** @type {Member} */ { comment }) => /^Alias of `(\w+)`\.$/.exec(comment.prose)?.[1];
  const own = members.filter((each) => aliasOf(each) === undefined && !each.signature.startsWith("constructor("));
  const aliases = members.flatMap((each) => {
    const of = aliasOf(each);
    if (of === undefined) return [];
    return each.name === snakeCase(of) ? `\`${each.name}\`` : `\`${each.name}\` of \`${of}\``;
  });
  return [
    own.map((each) => line(each, owner, anchors)).join("\n"),
    aliases.length > 0 ? `Aliases: ${aliases.join(", ")}.` : "",
  ];
}

/**
 * @param {Member} member
 * @param {string} owner
 * @param {Map<Declaration | string, string>} anchors
 */
function line({ signature, comment: { prose, byDefault, examples } }, owner, anchors) {
  const others = named(signature, owner, anchors);
  const more = [
    byDefault === "" ? "" : `Default: ${asCode(byDefault)}.`,
    ...examples.map((example) => `Example: \`${example}\`.`),
    others.length > 0 ? `See ${others.join(", ")}.` : "",
  ];
  const text = marked(prose);
  const parts = /^(```|- )/m.test(text) ? paragraphs([text, ...more]) : [text, ...more].filter(Boolean).join(" ");
  return `- \`${signature}\`\\\n${parts}`.replace(/\\\n$/, "").replace(/\n(?=.)/g, "\n  ");
}

/** Values at the beginning, and texts in quotes, as code. */
const asCode = (/** @type {string} */ text) =>
  text.replace(/^(\[\]|\{\}|\d[\d_]*|true|false)(?![^,;. ])|"[^"]*"/g, "`$&`");

const paragraphs = (/** @type {string[]} */ parts) => parts.filter((part) => part !== "").join("\n\n");

/**
 * Examples say how the test of the documents runs them.
 *
 * @param {string} prose
 * @param {string} [note] why they are not run
 */
function marked(prose, note) {
  return prose.replace(/^```js$/gm, note === undefined ? "```js node" : `<!-- not run: ${note} -->\n\`\`\`js`);
}

/**
 * Links to the types that a signature names, besides the one that it belongs to.
 *
 * @param {string} signature
 * @param {string} owner
 * @param {Map<Declaration | string, string>} anchors
 */
function named(signature, owner, anchors) {
  const words = new Set(signature.match(/\b[A-Z]\w+/g));
  return [...words]
    .filter((word) => word !== owner && anchors.has(word))
    .map((word) => `[${word}](#${anchors.get(word)})`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(reference());
