/**
 * Reads what a declaration file exports, with its comments, by TypeScript's own parser.
 *
 * The parser of TypeScript 7 is behind an interface that is called unstable; the version is pinned, and a test compares what
 * comes of it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { SyntaxKind } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * A comment, taken apart: its prose, and its tags.
 *
 * @typedef {object} Comment
 * @property {string} prose Markdown
 * @property {string} byDefault what `@default` says; empty where nothing does
 * @property {string[]} examples of `@example`
 * @property {{ name: string, text: string }[]} parameters of `@param`
 */

/**
 * @typedef {object} Member
 * @property {string} name
 * @property {string} signature as it is written, in one line
 * @property {Comment} comment
 */

/**
 * @typedef {object} Declaration
 * @property {"function" | "class" | "interface" | "type"} kind
 * @property {string} name
 * @property {string} signature as it is written; of a class or an interface, its head
 * @property {Comment} comment
 * @property {Member[]} members
 */

/** @type {Record<number, Declaration["kind"]>} */
const KINDS = {
  [SyntaxKind.FunctionDeclaration]: "function",
  [SyntaxKind.ClassDeclaration]: "class",
  [SyntaxKind.InterfaceDeclaration]: "interface",
  [SyntaxKind.TypeAliasDeclaration]: "type",
};

/**
 * What the files export, in the order in which it stands there.
 *
 * @param {string[]} files of `js/`
 * @returns {Declaration[][]} of each file
 */
export function declarations(files) {
  const api = new API({ cwd: ROOT });
  try {
    const [project] = api.updateSnapshot({ openProject: `${ROOT}tsconfig.json` }).getProjects();
    return files.map((name) => {
      const file = project?.program.getSourceFile(`${ROOT}js/${name}`);
      if (file === undefined) throw new Error(`TypeScript does not know js/${name}`);
      return file.statements.flatMap((node) => declaration(node, file.text) ?? []);
    });
  } finally {
    api.close();
  }
}

/**
 * @param {any} node a node of the syntax tree, of whichever kind
 * @param {string} text of the file
 * @returns {Declaration | undefined} nothing where it is no export with a name
 */
function declaration(node, text) {
  const kind = KINDS[node.kind];
  const isExported = node.modifiers?.some((/** @type {any} */ each) => each.kind === SyntaxKind.ExportKeyword);
  if (kind === undefined || !isExported) return undefined;
  const members = [...(node.members ?? [])];
  const [from, to] = [node.name.pos, members[0]?.pos ?? node.end];
  const written = text
    .slice(from, to)
    .trim()
    .replace(/\s*\{$/, "")
    .replace(/;$/, "");
  const keyword = { function: "function ", class: "class ", interface: "interface ", type: "type " }[kind];
  return {
    kind,
    name: node.name.text,
    signature: keyword + written,
    comment: comment(node, text),
    members: members.map((each) => member(each, text)),
  };
}

/**
 * @param {any} node
 * @param {string} text
 * @returns {Member}
 */
function member(node, text) {
  const written = withoutComments(text.slice(node.pos, node.end)).replace(/\s+/g, " ").trim();
  const signature = written.replace(/\( /g, "(").replace(/,? \)/g, ")").replace(/[;,]$/, "");
  return { name: node.name?.text ?? signature, signature, comment: comment(node, text) };
}

const withoutComments = (/** @type {string} */ text) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

/**
 * @param {any} node
 * @param {string} text
 * @returns {Comment}
 */
function comment(node, text) {
  const last = node.jsDoc?.at(-1);
  const lines = last === undefined ? "" : text.slice(last.pos, last.end).replace(/^\s*\/\*\*|\*\/\s*$/g, "");
  const [prose = "", ...tags] = lines.replace(/^[ \t]*\* ?/gm, "").split(/^\s*@(?=\w)/m);
  const of = (/** @type {string} */ name) =>
    tags.filter((tag) => tag.startsWith(`${name} `)).map((tag) => tag.slice(name.length).trim());
  return {
    prose: prose.trim(),
    byDefault: of("default")[0] ?? "",
    examples: of("example"),
    parameters: of("param").map((each) => {
      const [name = "", ...rest] = each.split(/\s+/);
      return { name, text: rest.join(" ") };
    }),
  };
}
