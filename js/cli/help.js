/**
 * What `--help` prints.
 *
 * @module
 */

import { COMMON_HELP } from "./arguments.js";

/** @import { Command } from "./main.js" */

const PROGRAM = "sliderule-wasm";

/** @param {Record<string, Command>} commands */
export function overview(commands) {
  return text([
    `${PROGRAM}: private SlideRule clusters from the command line`,
    "",
    "Usage:",
    `  ${PROGRAM} COMMAND [options]`,
    "",
    "Commands:",
    ...aligned(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    "",
    "Options of all commands:",
    ...aligned(COMMON_HELP),
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong use, 3 credentials or permission, 4 refused for money or capacity,",
    "5 time is over, 6 not reachable or too busy, 130 Ctrl-C. More: docs/CLI.md",
    `Help on a command: ${PROGRAM} COMMAND --help`,
  ]);
}

/**
 * @param {string} name
 * @param {Record<string, Command>} commands
 */
export function helpOf(name, commands) {
  const { summary, usage, help, examples } = /** @type {Command} */ (commands[name]);
  return text([
    summary,
    "",
    "Usage:",
    ...usage.map((each) => `  ${PROGRAM} ${name} ${each}`.trimEnd()),
    "",
    "Options:",
    ...aligned([...help, ...COMMON_HELP]),
    "",
    "Examples:",
    ...examples.map((each) => `  ${each}`),
  ]);
}

/** @param {string[][]} rows */
function aligned(rows) {
  const width = Math.max(...rows.map(([left = ""]) => left.length));
  return rows.map(([left = "", right = ""]) => `  ${left.padEnd(width)}  ${right}`);
}

/** @param {string[]} lines */
function text(lines) {
  return `${lines.join("\n")}\n`;
}
