/**
 * A session's mind in WebAssembly: the calls that are under way in one instance of the module, and how each ends.
 *
 * Always: a call that has begun settles, also where the instance fails. Nothing is asked of a mind that was freed.
 *
 * @module
 */

import { fromFailure, SlideRuleError } from "./errors.js";
import { Ports } from "./ports.js";
import { onAbort } from "./signals.js";

/**
 * @import { Host } from "./host.js"
 * @import { Instance } from "./instance.js"
 */

/**
 * @typedef {object} Answer
 * @property {string} value JSON.
 * @property {Response | undefined} response Of a stream.
 * @property {Instance} instance What answered, and decodes the stream.
 */

/**
 * @typedef {Record<string, { timeoutMs?: number, limitMs?: number, [name: string]: any }>} Request What is asked of the
 *   module, by the name of the call. It keeps `timeoutMs` itself; `limitMs` is the longest time where it does not.
 */

/** @typedef {Record<string, (event: any) => void>} Listeners What hears of events, by their types. */

/**
 * @typedef {object} Limits When a call ends early, and who hears of it meanwhile.
 * @property {AbortSignal} [signal]
 * @property {Listeners} [listeners]
 * @property {number} [since] From when on its time is counted.
 */

/**
 * @typedef {object} Pending A call under way.
 * @property {(answer: Answer) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {Listeners | undefined} listeners
 */

export class Mind {
  /** Settles once a mind in place of a failed one is as far as that was. @type {Promise<void> | undefined} */
  resumed;
  #instance;
  #ports;
  #client;
  /** How many calls were begun; each is named by how many were before. */
  #calls = 0;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #isFreed = false;
  #unwatch;

  /**
   * Checks the settings. Sends nothing.
   *
   * @param {Instance} instance
   * @param {object} settings
   * @param {Host} host
   * @param {Listeners} listeners Of what is told of no call.
   */
  constructor(instance, settings, host, listeners) {
    this.#instance = instance;
    this.#ports = new Ports(host, {
      emit: (call, { type, ...event }) => {
        const isOfCall = call !== undefined && type !== "log";
        (isOfCall ? this.#pending.get(call)?.listeners : listeners)?.[type]?.(event);
      },
      succeeded: (call, value, response) => this.#settle(call)?.resolve({ value, response, instance }),
      failed: (call, failure) => this.#settle(call)?.reject(fromFailure(failure)),
    });
    this.#client = guarded(() => instance.client(JSON.stringify(settings), this.#ports));
    this.#ports.serve(this.#client);
    this.#unwatch = instance.watch((fault) => this.#lost(fault));
  }

  get instance() {
    return this.#instance;
  }

  /**
   * Begins a call and waits for its end.
   *
   * @param {Request} request
   * @param {Limits} [limits]
   * @returns {Promise<Answer>}
   */
  async call(request, { signal, listeners, since = performance.now() } = {}) {
    signal?.throwIfAborted();
    const id = this.#calls++;
    /** @param {unknown} reason */
    const end = (reason) => {
      this.#living?.cancel(id);
      this.#settle(id)?.reject(reason);
    };
    const { limitMs } = Object.values(request)[0] ?? {};
    const expire = (/** @type {number} */ limit) =>
      setTimeout(() => end(late(limit)), since + limit - performance.now());
    const timer = limitMs === undefined ? undefined : expire(limitMs);
    const untie = onAbort(signal, () => end(signal?.reason));
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, listeners });
        guarded(() => this.#client.start(id, JSON.stringify(request)));
      });
    } finally {
      this.#pending.delete(id);
      clearTimeout(timer);
      untie();
    }
  }

  /**
   * Signs in as the mind before was, with what the token store keeps of that user.
   *
   * @param {string} user
   */
  resume(user) {
    const again = { authenticate: { organization: null, credentials: { username: user } } };
    // Where nothing is kept, or nobody answers, the calls that need a sign-in say so.
    this.resumed = this.call(again).then(
      () => {},
      () => {},
    );
  }

  /**
   * What another tab or worker said.
   *
   * @param {string} message
   */
  heard(message) {
    this.#living?.heard(message);
  }

  /** Ends every call. A refresh under way is finished and saved all the same. */
  dispose() {
    this.#living?.dispose();
  }

  /** Gives back what it has in WebAssembly, once nothing of it runs: a callback may have disposed of the session. */
  free() {
    if (this.#isFreed) return;
    this.#isFreed = true;
    this.#ports.whenIdle(() => {
      this.#unwatch();
      this.#client.free();
    });
  }

  /** Its half in WebAssembly, as long as anything can be said to that. */
  get #living() {
    return this.#isFreed || this.#instance.fault !== undefined ? undefined : this.#client;
  }

  /** @param {SlideRuleError} fault */
  #lost(fault) {
    for (const { reject } of this.#pending.values()) reject(fault);
    this.#pending.clear();
    this.#ports.end();
  }

  /** @param {number} call */
  #settle(call) {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    return pending;
  }
}

/**
 * The failure of a call that took too long.
 *
 * @param {number} timeoutMs
 */
export function late(timeoutMs) {
  const message = `the call was not done within ${timeoutMs} ms; allow more with timeoutMs`;
  return new SlideRuleError("timed_out", message, { retryable: true });
}

/**
 * @template T
 * @param {() => T} act
 */
function guarded(act) {
  try {
    return act();
  } catch (failure) {
    throw fromFailure(failure);
  }
}
