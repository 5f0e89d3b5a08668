/**
 * `version`: which release this is, and which one the cluster runs.
 *
 * @module
 */

import { version } from "../node.js";
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
  const mine = { ...(await version()), node: process.versions.node };
  const line = `sliderule-wasm ${mine.package} (SlideRule ${mine.protocol}, Node ${mine.node})`;
  if (!values.server) return output.result(mine, [line]);
  const place = placed("sliderule");
  const session = open(place, output);
  try {
    await signIn(session, place, { signal, timeoutMs });
    const { server, warning } = await session.checkVersion({ signal, timeoutMs });
    const lines = [line, `${place.organization} runs SlideRule ${server}`];
    await output.result({ ...mine, server, warning }, warning === null ? lines : [...lines, warning]);
  } finally {
    session.dispose();
  }
}
