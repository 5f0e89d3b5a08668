/**
 * `run --nodes N -- PROGRAM`: a cluster for as long as a program runs.
 *
 * Always: what this command ordered is given back, however the program or the wait ends; should this command itself be killed,
 * the nodes end by themselves after the minutes. Its exit code is the program's.
 *
 * @module
 */

import { spawn } from "node:child_process";

import { invalid, SlideRuleError } from "../errors.js";
import { wholeNumber } from "./arguments.js";
import { open, signIn } from "./connect.js";
import { exitCodeOfSignal } from "./exit-codes.js";
import { grow } from "./grow.js";
import { counted } from "./words.js";

/**
 * @import { Capacity, Session } from "../index.js"
 * @import { Place } from "./connect.js"
 * @import { Grown } from "./grow.js"
 * @import { Interrupts } from "./interrupts.js"
 * @import { Context } from "./main.js"
 * @import { Output } from "./output.js"
 */

const MINUTES = 15;
/** What shells answer for a program that is not there, and for one that cannot be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** Failures of an order after which it is not known whether it was granted. */
const MAY_BE_PLACED = ["scale_timeout", "timed_out", "unreachable", "bad_response"];

/**
 * @param {Context} context
 * @param {string[]} words
 * @returns {Promise<number>}
 */
export async function runProgram({ values, given, place: placed, timeoutMs, output, interrupts }, words) {
  const [program, ...rest] = words;
  if (given.length > 0 || program === undefined) throw invalid("say what to run: run --nodes N -- PROGRAM");
  const desiredNodes = wholeNumber(values, "nodes", { least: 1 });
  if (desiredNodes === undefined) throw invalid("say how many nodes the program needs: --nodes N");
  const timeToLive = wholeNumber(values, "minutes", { least: 1, otherwise: MINUTES });
  const minReady = wholeNumber(values, "min-ready", { least: 0 });
  const place = placed();
  const session = open(place, output);
  try {
    await signIn(session, place, { signal: interrupts.signal, timeoutMs });
    const order = { desiredNodes, timeToLive, minReady, timeoutMs };
    const { granted, failure } = await grow(session, order, output, interrupts);
    const work = async () => {
      if (interrupts.received !== undefined) throw interrupts.received;
      if (granted === undefined || failure !== undefined) throw failure;
      output.say(`${counted(granted.availableNodes, "node")} ready; running ${program}`);
      return whileAlive(session, granted, timeToLive, () => outcomeOf(program, rest, { place, output, interrupts }));
    };
    const [worked] = await Promise.allSettled([work()]);
    const kept = await giveBack(session, { granted, failure }, { place, output, interrupts });
    if (worked.status === "rejected") throw worked.reason;
    if (kept !== undefined && worked.value === 0) throw kept;
    return worked.value;
  } finally {
    session.dispose();
  }
}

/**
 * @template T
 * @param {Session} session
 * @param {Capacity} capacity
 * @param {number | undefined} timeToLive
 * @param {() => Promise<T>} act
 */
async function whileAlive(session, { requestId }, timeToLive, act) {
  // An older server has no requests that could live longer.
  return requestId === null ? act() : session.keepAlive(act, { timeToLive, requestId });
}

/**
 * Runs the program to its end; what this command is sent meanwhile is the program's.
 *
 * @param {string} program
 * @param {string[]} words
 * @param {{ place: Place, output: Output, interrupts: Interrupts }} context
 * @returns {Promise<number>} Its exit code.
 */
function outcomeOf(program, words, { place: { url, organization }, output, interrupts }) {
  const env = { ...process.env, SLIDERULE_URL: url, SLIDERULE_ORGANIZATION: organization };
  const child = spawn(program, words, { stdio: "inherit", env });
  const ended = new Promise((/** @type {(code: number) => void} */ resolve, reject) => {
    child.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : exitCodeOfSignal(signal)));
    child.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (child.pid !== undefined) return;
      if (error.code !== "ENOENT" && error.code !== "EACCES") return reject(error);
      const exitCode = error.code === "ENOENT" ? NOT_FOUND : NOT_RUNNABLE;
      output.fail(new Error(`${program} cannot be run: ${error.message}`), exitCode);
      resolve(exitCode);
    });
  });
  // A terminal sends Ctrl-C to both by itself.
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  return interrupts.during(forward, () => ended);
}

/**
 * Whoever presses Ctrl-C meanwhile is asked to wait, once. What was not granted is not given back: the user may have asked for
 * nodes elsewhere.
 *
 * @param {Session} session
 * @param {Grown} grown
 * @param {{ place: Place, output: Output, interrupts: Interrupts }} context
 * @returns {Promise<SlideRuleError | undefined>} Why they could not be given back; that has been said.
 */
async function giveBack(session, { granted, failure }, { place: { organization }, output, interrupts }) {
  // An order that was refused is none; one that was not answered may have been granted since.
  if (
    granted === undefined &&
    !MAY_BE_PLACED.some((code) => failure instanceof SlideRuleError && failure.code === code)
  )
    return;
  let isTold = false;
  /** @param {NodeJS.Signals} signal */
  const askToWait = (signal) => {
    if (isTold) process.exit(exitCodeOfSignal(signal));
    isTold = true;
    output.say("Giving the nodes back; once more leaves them asked for.");
  };
  try {
    await interrupts.during(askToWait, () => release(session, granted));
    if (granted !== undefined) output.say("The nodes are given back.");
  } catch (error) {
    if (!(error instanceof SlideRuleError)) throw error;
    const message = `the nodes were not given back (${error.message}); try: sliderule-wasm release -o ${organization}`;
    output.say(message);
    return new SlideRuleError(error.code, message, { cause: error });
  }
}

/**
 * Gives back what this session was granted, also after nobody waited for it any more.
 *
 * @param {Session} session
 * @param {Capacity | undefined} granted
 */
async function release(session, granted) {
  try {
    await session.release();
  } catch (error) {
    // An older server knows one number for each user, and no requests: whether to take all back that may be there is the user's to say.
    const isOlder = error instanceof SlideRuleError && error.code === "unsupported";
    if (!isOlder || granted === undefined) throw error;
    await session.updateAvailableServers({ desiredNodes: 0 });
  }
}
