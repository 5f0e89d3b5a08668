/**
 * Asking the caller for credentials when a call cannot go on without them.
 *
 * Always: for one need the caller is asked once, however many calls have it; what they answer is used for one sign-in and then
 * dropped; and a call that is aborted waits no longer, while the others do.
 *
 * @module
 */

import { invalid, SlideRuleError } from "./errors.js";
import { readOptions } from "./options.js";
import { unlessAborted } from "./signals.js";

/** @import { Credentials, CredentialsCallback, CredentialsRequest } from "./index.js" */

/**
 * @template T
 * @typedef {object} Round One need, from the first call that has it to the end of the sign-in.
 * @property {Promise<T | undefined>} outcome Of the sign-in; nothing where the caller has no credentials.
 * @property {AbortController} abort Ends it, when nobody waits any more.
 * @property {boolean} isOver
 * @property {number} waiting
 */

/**
 * What a call has to know of the needs before it.
 *
 * @typedef {object} Before
 * @property {string | null} organization
 * @property {unknown} round
 */

/**
 * @template T What a sign-in gives.
 */
export class CredentialsDesk {
  #url;
  #signIn;
  /** @type {CredentialsCallback | undefined} */
  #callback;
  /** @type {Map<string | null, Round<T>>} */
  #rounds = new Map();
  /** Organizations for which the last answer was wrong. */
  #wrong = new Set();

  /**
   * @param {string} url Of the deployment, as the caller gave it.
   * @param {(organization: string | null, credentials: Credentials, signal: AbortSignal) => Promise<T>} signIn
   */
  constructor(url, signIn) {
    this.#url = url;
    this.#signIn = signIn;
  }

  get isOpen() {
    return this.#callback !== undefined;
  }

  /** @param {CredentialsCallback | undefined} callback */
  ask(callback) {
    this.#callback = callback;
  }

  /**
   * To be called when a call begins, so that a need that is met while the call is under way is not taken for a new one.
   *
   * @param {string | null} organization
   * @returns {Before}
   */
  before(organization) {
    return { organization, round: this.#rounds.get(organization) };
  }

  /**
   * Signs in with what the caller answers, or with what another call has been answered since this one began.
   *
   * @param {SlideRuleError} failure Why the call cannot go on; thrown again where the caller has no credentials.
   * @param {Before} before
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<T>}
   */
  async signIn(failure, { organization, round: known }, signal) {
    const latest = this.#rounds.get(organization);
    const isNews = latest !== undefined && (latest !== known || !latest.isOver);
    const round = isNews ? latest : this.#begin(failure, organization);
    round.waiting += 1;
    try {
      const outcome = await unlessAborted(round.outcome, signal);
      if (outcome === undefined) throw failure;
      return outcome;
    } finally {
      round.waiting -= 1;
      if (round.waiting === 0 && !round.isOver) {
        this.#rounds.delete(organization);
        round.abort.abort(signal?.reason);
      }
    }
  }

  /** @param {unknown} reason */
  close(reason) {
    for (const round of this.#rounds.values()) round.abort.abort(reason);
  }

  /**
   * @param {SlideRuleError} failure
   * @param {string | null} organization
   */
  #begin(failure, organization) {
    const abort = new AbortController();
    const outcome = unlessAborted(this.#met(failure, organization, abort.signal), abort.signal);
    /** @type {Round<T>} */
    const round = { outcome, abort, isOver: false, waiting: 0 };
    const end = () => {
      round.isOver = true;
    };
    outcome.then(end, end);
    this.#rounds.set(organization, round);
    return round;
  }

  /**
   * @param {SlideRuleError} failure
   * @param {string | null} organization
   * @param {AbortSignal} signal
   * @returns {Promise<T | undefined>}
   */
  async #met(failure, organization, signal) {
    const usual = failure.code === "credentials_missing" ? "missing" : "ended";
    const reason = this.#wrong.has(organization) ? "wrong" : usual;
    const answer = await this.#answer({ organization, url: this.#url, reason, signal }, failure);
    if (answer === undefined) return undefined;
    signal.throwIfAborted();
    this.#wrong.delete(organization);
    try {
      return await this.#signIn(organization, answer, signal);
    } catch (error) {
      if (error instanceof SlideRuleError && error.code === "wrong_credentials") this.#wrong.add(organization);
      throw error;
    }
  }

  /**
   * @param {CredentialsRequest} request
   * @param {SlideRuleError} failure
   * @returns {Promise<Credentials | undefined>}
   */
  async #answer(request, { code, message, endpoint, status }) {
    let answer;
    try {
      answer = await this.#callback?.(request);
    } catch (cause) {
      throw new SlideRuleError(code, `${message}; the callback that was asked for credentials failed`, {
        endpoint,
        status,
        cause,
      });
    }
    if (answer === undefined || answer === null) return undefined;
    if (typeof answer !== "object") throw invalid("credentials: the answer must be an object, or null");
    const read = readOptions("credentials", answer);
    return Object.keys(read).length > 0 ? read : undefined;
  }
}

/**
 * Whether a call failed for want of credentials that a caller may have.
 *
 * @param {unknown} failure
 * @returns {failure is SlideRuleError}
 */
export function isNeed(failure) {
  return (
    failure instanceof SlideRuleError &&
    (failure.code === "credentials_missing" || failure.code === "reauthentication_required")
  );
}
