/**
 * `version`: which release this is, and which one the cluster runs.
 *
 * @module
 */

import { createRequire } from "node:module";

import { open, signIn } from "./connect.js";

/** @import { Context } from "./main.js" */

export const summary = "Show the version of this program, and of a cluster";
export const usage = ["[--server [-o NAME]]"];
export const help = [["--server", "ask the cluster too; it must be awake"]];
export const examples = ["sliderule-wasm version", "sliderule-wasm version --server -o acme --json"];
/** @type {import("./arguments.js").Options} */
export const options = { server: { type: "boolean" } };

/** @param {Context} context */
export async function run({ values, place: placed, timeoutMs, output, interrupts: { signal } }) {
  const { version } = createRequire(import.meta.url)("sliderule-wasm/package.json");
  const mine = { version, node: process.versions.node };
  const line = `sliderule-wasm ${version} (Node ${mine.node})`;
  if (!values.server) return output.result(mine, [line]);
  const place = placed("sliderule");
  const session = open(place, output);
  try {
    await signIn(session, place, { signal, timeoutMs });
    const { server, client, warning } = await session.checkVersion({ signal, timeoutMs });
    const lines = [line, `${place.organization} runs SlideRule ${server}; this speaks ${client}`];
    await output.result({ ...mine, server, protocol: client, warning }, warning === null ? lines : [...lines, warning]);
  } finally {
    session.dispose();
  }
}
