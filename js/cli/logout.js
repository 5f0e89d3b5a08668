/**
 * `logout`: forgets the sign-in, and has the server revoke it.
 *
 * Always: whoever is told of success can rely on it. What the library only warns of is a failure here, since the sign-in, if
 * somebody has a copy of it, still serves.
 *
 * @module
 */

import { open } from "./connect.js";

/** @import { Context } from "./main.js" */

export const summary = "Sign out of an organization";
export const usage = ["-o NAME"];
/** @type {string[][]} */
export const help = [];
export const examples = ["sliderule-wasm logout -o acme"];
export const options = {};

/** @param {Context} context */
export async function run({ place: placed, timeoutMs, output, interrupts: { signal } }) {
  const place = placed();
  /** @type {string[]} */
  const problems = [];
  const session = open(place, { warn: ({ message }) => problems.push(message) });
  try {
    await session.signOut({ signal, timeoutMs });
    if (problems.length > 0) {
      throw new Error(`the sign-in to ${place.organization} is forgotten here, but ${problems.join("; ")}`);
    }
    await output.result({ organization: place.organization }, [`Signed out of ${place.organization}.`]);
  } finally {
    session.dispose();
  }
}
