/**
 * `login`: signs in, and keeps the sign-in for the commands that follow. Passwords and GitHub tokens are kept nowhere.
 *
 * Always: a sign-in that the next command will not find is a failure.
 *
 * @module
 */

import { invalid, SlideRuleError } from "../errors.js";
import { ask, canAsk, given as handedIn } from "./ask.js";
import { foundAt, open } from "./connect.js";

/**
 * @import { CallOptions, Credentials, Session } from "../index.js"
 * @import { Limits } from "./ask.js"
 * @import { Place } from "./connect.js"
 * @import { Context } from "./main.js"
 */

export const summary = "Sign in to an organization, and stay signed in";
export const usage = ["-o NAME [--user NAME] [--password-stdin | --with-token]"];
export const help = [
  ["--user NAME", "who signs in; asked for otherwise, as the password is"],
  ["--password-stdin", "read the password from standard input"],
  ["--with-token", "read a GitHub token from standard input"],
];
export const examples = [
  "sliderule-wasm login -o acme",
  "gh auth token | sliderule-wasm login -o acme --with-token",
  "PS_USERNAME=ada PS_PASSWORD=… sliderule-wasm login -o acme",
];
/** @type {import("./arguments.js").Options} */
export const options = {
  user: { type: "string" },
  "password-stdin": { type: "boolean" },
  "with-token": { type: "boolean" },
};

/** @param {Context} context */
export async function run({ values, given, place: placed, timeoutMs, output, interrupts: { signal } }) {
  if (given.length > 0) throw invalid("login takes no words, since a password among them could be seen by others");
  const place = placed();
  const limits = { signal, timeoutMs };
  const credentials = await credentialsFrom(values, place, limits);
  const session = open(place, output);
  try {
    const signedIn = await session.authenticate(undefined, { ...credentials, ...limits });
    await refuseUnlessKept(session, place, signedIn.user, limits);
    await output.result(signedIn, [`Signed in to ${place.organization} as ${signedIn.user}.`]);
  } finally {
    session.dispose();
  }
}

/**
 * A store that has warned may serve all the same, as where something damaged was removed from it: what another session
 * finds there decides.
 *
 * @param {Session} session
 * @param {Place} place
 * @param {string | null} user
 * @param {CallOptions} limits
 */
async function refuseUnlessKept(session, place, user, limits) {
  const problem = session.warnings.find(({ code }) => code === "storage_degraded");
  if (problem === undefined) return;
  // While it is open it would hand the tokens on by itself.
  session.dispose();
  const next = open(place, { warn: () => {} });
  try {
    await next.authenticate(undefined, { username: user ?? "", ...limits });
  } catch (error) {
    if (!(error instanceof SlideRuleError) || error.code !== "credentials_missing") throw error;
    const message = `signed in to ${place.organization}, but the sign-in cannot be kept: ${problem.message}`;
    throw new SlideRuleError("storage_degraded", message);
  } finally {
    next.dispose();
  }
}

/**
 * @param {import("./arguments.js").Values} values
 * @param {Place} place
 * @param {Limits} limits
 * @returns {Promise<Credentials>}
 */
async function credentialsFrom(values, place, limits) {
  const { signal } = limits;
  const { user } = values;
  if (values["with-token"]) {
    if (user !== undefined || values["password-stdin"]) throw invalid("--with-token needs no user and no password");
    return { githubToken: filled(await handedIn(limits), "a GitHub token") };
  }
  if (values["password-stdin"]) {
    if (typeof user !== "string") throw invalid("--password-stdin needs --user");
    return { username: user, password: filled(await handedIn(limits), "a password") };
  }
  const found = user === undefined ? await foundAt(place) : undefined;
  if (found !== undefined) return found;
  if (!canAsk()) {
    const message =
      "there is nobody to ask for a password; set PS_USERNAME and PS_PASSWORD or PS_GITHUB_TOKEN, write to ~/.netrc, " +
      "or use --password-stdin or --with-token";
    throw new SlideRuleError("credentials_missing", message);
  }
  const username = typeof user === "string" ? user : await ask(`User at ${place.organization}: `, { signal });
  return { username, password: await ask(`Password of ${username}: `, { isSecret: true, signal }) };
}

/**
 * @param {string} text
 * @param {string} what
 */
function filled(text, what) {
  if (text === "") throw new SlideRuleError("credentials_missing", `standard input does not hold ${what}`);
  return text;
}
