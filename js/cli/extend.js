/**
 * `extend`: lets requests for nodes live longer.
 *
 * @module
 */

import { invalid } from "../errors.js";
import { wholeNumber } from "./arguments.js";
import { open, signIn } from "./connect.js";
import { counted, dollars } from "./words.js";

/** @import { Context } from "./main.js" */

const MINUTES = 60;

export const summary = "Keep nodes for longer";
export const usage = ["[REQUEST] -o NAME [--minutes M]"];
export const help = [
  ["REQUEST", "which request (`status` lists them); default: all of yours"],
  ["--minutes M", `from now on (default ${MINUTES}); what ends later stays as it is`],
];
export const examples = ["sliderule-wasm extend -o acme --minutes 90"];
/** @type {import("./arguments.js").Options} */
export const options = { minutes: { type: "string", short: "m" } };

/** @param {Context} context */
export async function run({ values, given, place: placed, timeoutMs, output, interrupts: { signal } }) {
  if (given.length > 1) throw invalid("extend takes one request, or none for all of yours");
  const timeToLive = wholeNumber(values, "minutes", { least: 1, otherwise: MINUTES });
  const place = placed();
  const limits = { signal, timeoutMs };
  const session = open(place, output);
  try {
    const { user } = await signIn(session, place, limits);
    const mine = async () => (await session.status(limits)).requests.filter((request) => request.user === user);
    const ids = given.length > 0 ? given : (await mine()).map(({ id }) => id);
    if (ids.length === 0) throw invalid("there is no request of yours to extend; ask for nodes with scale");
    const extensions = [];
    for (const requestId of ids) extensions.push(await session.extend({ requestId, timeToLive, ...limits }));
    const lines = extensions.map(
      ({ requestId, nodes, expiresAt, costMicroUsd }) =>
        `${requestId}: ${counted(nodes, "node")} until ${expiresAt.toISOString()}, at most ${dollars(costMicroUsd)} more`,
    );
    await output.result(extensions, lines);
  } finally {
    session.dispose();
  }
}
