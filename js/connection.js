/**
 * A session's other half: the calls of the WebAssembly module that are under way, and what the module tells.
 *
 * @module
 */

import { Client } from "../pkg/sliderule_wasm.js";
import { notify } from "./callbacks.js";
import { fromFailure, invalid, SlideRuleError } from "./errors.js";
import { Host } from "./host.js";
import { ready, whilePending } from "./wasm.js";

/** @import { SessionOptions, Warning } from "./index.js" */

/**
 * @typedef {object} Answer
 * @property {string} value JSON.
 * @property {Response | undefined} response Of a stream.
 */

/**
 * @typedef {object} Pending A call under way.
 * @property {(answer: Answer) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((event: any) => void) | undefined} onEvent
 */

/**
 * @typedef {object} Identity What a session is, as its mind sees it.
 * @property {string | null} organization
 * @property {boolean} authenticated
 * @property {string | null} user
 * @property {string | null} serverVersion
 */

export class Connection {
  /** @type {Identity} */
  identity;
  /** @type {Warning[]} */
  warnings = [];
  #settings;
  #host;
  #onWarning;
  /** @type {Client | undefined} */
  #client;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  /** @type {Map<string, Promise<string>>} */
  #definitions = new Map();
  #disposed = false;
  /** @type {Set<(reason: SlideRuleError) => void>} */
  #streams = new Set();

  /**
   * @param {object | SlideRuleError} settings What the module needs to know, or what every call rejects with.
   * @param {string | null} organization
   * @param {Pick<SessionOptions, "store" | "onWarning">} options
   */
  constructor(settings, organization, { store, onWarning }) {
    this.#settings = settings;
    this.#onWarning = onWarning;
    this.identity = { organization, authenticated: false, user: null, serverVersion: null };
    this.#host = new Host(store, {
      event: (call, event) => this.#heard(call, event),
      succeeded: (call, value, response) => this.#settle(call)?.resolve({ value, response }),
      failed: (call, failure) => this.#settle(call)?.reject(fromFailure(failure)),
      heard: (message) => this.#client?.heard(message),
    });
  }

  /**
   * Makes the module's half, which checks addresses and names. Sends nothing.
   *
   * @returns {Promise<Client>}
   */
  async open() {
    if (this.#settings instanceof SlideRuleError) throw this.#settings;
    this.#refuseIfDisposed();
    await ready();
    this.#refuseIfDisposed();
    this.#client ??= guarded(() => new Client(JSON.stringify(this.#settings), this.#host));
    return this.#client;
  }

  /** Ends every call and stream, and refuses new ones. */
  dispose() {
    this.#disposed = true;
    this.#client?.dispose();
    for (const end of this.#streams) end(invalid("the session was disposed of while the stream was read"));
    this.#host.close();
  }

  /** Hears no more of other tabs; what they renewed is then found in the store. */
  quieten() {
    this.#host.close();
  }

  /**
   * Has a stream ended with the session.
   *
   * @param {(reason: SlideRuleError) => void} end
   * @returns {() => void} Ends the watch.
   */
  whileOpen(end) {
    if (this.#disposed) end(disposed());
    this.#streams.add(end);
    return () => this.#streams.delete(end);
  }

  #refuseIfDisposed() {
    if (this.#disposed) throw disposed();
  }

  /**
   * Begins a call and waits for its end.
   *
   * @param {object} request
   * @param {AbortSignal} [signal]
   * @param {(event: any) => void} [onEvent]
   * @param {number} [timeoutMs] Longest time for all of it, where the module does not keep it.
   * @returns {Promise<Answer>}
   */
  async call(request, signal, onEvent, timeoutMs) {
    signal?.throwIfAborted();
    const client = await this.open();
    signal?.throwIfAborted();
    const id = client.nextCall();
    /** @type {() => void} */
    let unwatch = () => {};
    /** @param {unknown} reason */
    const end = (reason) => {
      client.cancel(id);
      this.#settle(id)?.reject(reason);
    };
    const abort = () => end(signal?.reason);
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => end(late(timeoutMs)), timeoutMs);
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, onEvent });
        unwatch = whilePending(reject);
        signal?.addEventListener("abort", abort);
        guarded(() => client.start(id, JSON.stringify(request)));
      });
    } finally {
      this.#pending.delete(id);
      unwatch();
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * The layout of a record type, asked for once for all streams; hence nobody's signal ends it.
   *
   * @param {string} recordType
   * @param {string | null} organization Whose cluster sends it.
   * @returns {Promise<string>} As the server wrote it.
   */
  definition(recordType, organization) {
    const key = JSON.stringify([organization, recordType]);
    const known = this.#definitions.get(key);
    if (known !== undefined) return known;
    const asked = this.call({ definition: { recordType, organization } }).then(({ value }) => value);
    this.#definitions.set(key, asked);
    asked.catch(() => this.#definitions.delete(key));
    return asked;
  }

  /** @param {Warning} warning */
  warn(warning) {
    this.warnings.push(warning);
    notify(this.#onWarning, warning);
  }

  /** @param {number} call */
  #settle(call) {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    return pending;
  }

  /**
   * @param {number | undefined} call
   * @param {any} event
   */
  #heard(call, { type, ...event }) {
    if (call !== undefined) {
      this.#pending.get(call)?.onEvent?.({ type, ...event });
    } else if (type === "warning") {
      this.warn(event);
    } else if (type === "identity") {
      // Layouts are those of one release.
      const { organization, serverVersion } = this.identity;
      if (event.serverVersion !== serverVersion || event.organization !== organization) this.#definitions.clear();
      this.identity = event;
    }
  }
}

/** @param {number} timeoutMs */
function late(timeoutMs) {
  const message = `the call was not done within ${timeoutMs} ms; allow more with timeoutMs`;
  return new SlideRuleError("timed_out", message, { retryable: true });
}

function disposed() {
  return invalid("the session was disposed of; make a new one");
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
