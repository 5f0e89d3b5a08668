/**
 * `release`: gives nodes back, those of one request or all that the user asked for.
 *
 * @module
 */

import { invalid } from "../errors.js";
import { open, signIn } from "./connect.js";
import { counted } from "./words.js";

/** @import { Context } from "./main.js" */

export const summary = "Give nodes back";
export const usage = ["[REQUEST] -o NAME"];
export const help = [["REQUEST", "which request (`status` lists them); default: all of yours"]];
export const examples = ["sliderule-wasm release -o acme"];
export const options = {};

/** @param {Context} context */
export async function run({ given, place: placed, timeoutMs, output, interrupts: { signal } }) {
  const [requestId, ...others] = given;
  if (others.length > 0) throw invalid("release takes one request, or none for all of yours");
  const place = placed();
  const limits = { signal, timeoutMs };
  const session = open(place, output);
  try {
    await signIn(session, place, limits);
    if (requestId === undefined) {
      // An order for no nodes takes back what the user has ordered, also before this session, and on older servers too.
      const { availableNodes } = await session.updateAvailableServers({ desiredNodes: 0, ...limits });
      const line = `Released all that you asked for; ${counted(availableNodes, "node")} still up.`;
      return await output.result({ requestId: null, availableNodes }, [line]);
    }
    const { targetNodes } = await session.release({ requestId, ...limits });
    const line = `Released ${requestId}; ${counted(targetNodes, "node")} wanted now.`;
    await output.result({ requestId, targetNodes }, [line]);
  } finally {
    session.dispose();
  }
}
