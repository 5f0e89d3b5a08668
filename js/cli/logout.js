/**
 * `logout`: forgets the sign-in, and has the server revoke it.
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
  const session = open(place, output);
  try {
    await session.signOut({ signal, timeoutMs });
    await output.result({ organization: place.organization }, [`Signed out of ${place.organization}.`]);
  } finally {
    session.dispose();
  }
}
