/**
 * What a session's mind asks of the outside: requests and waits are carried out here, the rest by the host. The answers go back in.
 *
 * Always: what was asked is answered once, what is listened to until its end, and never within the call that asked. What nobody
 * waits for any more ends at once and is not answered. Nothing here throws into WebAssembly.
 *
 * @module
 */

import { LONGEST_TIMEOUT_MS } from "./deadline.js";
import { pieces, seconds, send, words } from "./send.js";

/**
 * @import { Host } from "./host.js"
 * @import { Bindings } from "./instance.js"
 */

/** How much longer idle pauses are where nobody looks. */
const PATIENCE_OF_HIDDEN_TABS = 3;
/** Who reads the body of a successful answer as it comes: `Reader` in `src/client.rs`. */
const READER = { none: 0, caller: 1, mind: 2 };

/** @typedef {InstanceType<Bindings["Client"]>} Client */

/**
 * @typedef {object} Listener What hears how calls go on and end.
 * @property {(call: number | undefined, event: any) => void} emit
 * @property {(call: number, value: string, response: Response | undefined) => void} succeeded
 * @property {(call: number, failure: string) => void} failed
 */

/** The object that the WebAssembly module knows of this world: see `src/host.rs`. */
export class Ports {
  #host;
  #listener;
  /** @type {Client | undefined} */
  #client;
  /** What is not answered yet, and what ends it early. @type {Map<number, () => void>} */
  #asked = new Map();
  /** What the caller is to read. @type {Map<number, { response: Response, end: () => void }>} */
  #unread = new Map();
  /** Of the next request. @type {Record<string, string>} */
  #headers = {};
  /** @type {(() => void) | undefined} */
  #idle;

  /**
   * @param {Host} host
   * @param {Listener} listener
   */
  constructor(host, listener) {
    this.#host = host;
    this.#listener = listener;
  }

  /**
   * Whom to answer.
   *
   * @param {Client} client
   */
  serve(client) {
    this.#client = client;
  }

  /**
   * Calls the function once nothing is under way, and not within a call of the module's.
   *
   * @param {() => void} idle
   */
  whenIdle(idle) {
    this.#idle = idle;
    this.#rest();
  }

  /** Ends all that is under way: whoever asked is no more. */
  end() {
    for (const end of this.#asked.values()) end();
    this.#asked.clear();
    this.#host.unlockAll();
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  header(name, value) {
    this.#headers[name] = value;
  }

  /**
   * @param {number} port
   * @param {string} method
   * @param {string} url
   * @param {string | undefined} body
   * @param {boolean} keepalive
   * @param {number} reader
   */
  async fetch(port, method, url, body, keepalive, reader) {
    const headers = this.#headers;
    this.#headers = {};
    const controller = new AbortController();
    const end = () => controller.abort();
    this.#asked.set(port, end);
    try {
      const response = await send(url, { method, headers, body, keepalive, signal: controller.signal });
      const isLeft = reader !== READER.none && response.ok;
      const read = isLeft ? "" : await response.text();
      const header = (/** @type {string} */ name) => response.headers.get(name) ?? "";
      const date = Date.parse(header("date"));
      const told = /** @type {const} */ ([header("content-type"), date, seconds(header("retry-after")), read]);
      const isHeard = isLeft && reader === READER.mind;
      if (isLeft && !isHeard && this.#asked.has(port)) this.#unread.set(port, { response, end });
      this.#answer(port, (client) => client.responded(port, response.status, ...told), isHeard);
      if (!isHeard) return;
      for await (const piece of pieces(response)) {
        if (!this.#answer(port, (client) => client.piece(port, piece), true)) return;
      }
      this.#done(port);
    } catch (reason) {
      this.#answer(port, (client) => client.notResponded(port, words(reason)));
    }
  }

  /**
   * @param {number} port
   * @param {number} milliseconds
   * @param {boolean} idly
   */
  sleep(port, milliseconds, idly) {
    const factor = idly && globalThis.document?.hidden ? PATIENCE_OF_HIDDEN_TABS : 1;
    const timer = setTimeout(() => this.#done(port), Math.min(factor * milliseconds, LONGEST_TIMEOUT_MS));
    // A timer that is left behind keeps a program from ending.
    this.#asked.set(port, () => clearTimeout(timer));
  }

  /** @param {number} port */
  abandon(port) {
    const end = this.#asked.get(port) ?? this.#unread.get(port)?.end;
    this.#asked.delete(port);
    this.#unread.delete(port);
    end?.();
    this.#rest();
  }

  /**
   * @param {number} port
   * @param {string} key
   */
  load(port, key) {
    this.#when(port, this.#host.load(key), (client, value) =>
      client.loaded(port, typeof value === "string" ? value : undefined),
    );
  }

  /**
   * @param {number} port
   * @param {string} key
   * @param {string} value
   */
  save(port, key, value) {
    this.#when(port, this.#host.save(key, value));
  }

  /**
   * @param {number} port
   * @param {string} key
   */
  forget(port, key) {
    this.#when(port, this.#host.forget(key));
  }

  /**
   * @param {number} port
   * @param {string} name
   */
  lock(port, name) {
    this.#when(port, this.#host.lock(name, port));
  }

  /** @param {number} port */
  unlock(port) {
    this.#host.unlock(port);
  }

  /**
   * @param {number} port
   * @param {string} message
   */
  ask(port, message) {
    this.#when(port, this.#host.ask(message));
  }

  /** @param {string} message */
  broadcast(message) {
    this.#host.broadcast(message);
  }

  /**
   * @param {number | undefined} call
   * @param {string} event
   */
  emit(call, event) {
    this.#listener.emit(call, JSON.parse(event));
  }

  /**
   * @param {number} call
   * @param {string} value
   * @param {number | undefined} port
   */
  succeeded(call, value, port) {
    const response = this.#unread.get(port ?? -1)?.response;
    this.#unread.delete(port ?? -1);
    this.#listener.succeeded(call, value, response);
  }

  /**
   * @param {number} call
   * @param {string} failure
   */
  failed(call, failure) {
    this.#listener.failed(call, failure);
  }

  /**
   * Answers once the promise settles; a host that fails has nothing and keeps nothing.
   *
   * @template T
   * @param {number} port
   * @param {Promise<T>} promise
   * @param {(client: Client, value: T | undefined) => void} [answer]
   */
  async #when(port, promise, answer = (client) => client.done(port)) {
    this.#asked.set(port, () => {});
    const value = await promise.catch(() => undefined);
    this.#answer(port, (client) => answer(client, value));
  }

  /** @param {number} port */
  #done(port) {
    this.#answer(port, (client) => client.done(port));
  }

  /**
   * @param {number} port
   * @param {(client: Client) => void} answer
   * @param {boolean} [goesOn] Whether more is to come.
   * @returns {boolean} Whether anybody waited for it.
   */
  #answer(port, answer, goesOn = false) {
    if (this.#client === undefined || !this.#asked.has(port)) return false;
    if (!goesOn) this.#asked.delete(port);
    answer(this.#client);
    this.#rest();
    return true;
  }

  /** Looks whether anything is under way once the module has asked for all that it is about to. */
  #rest() {
    if (this.#idle === undefined) return;
    queueMicrotask(() => {
      if (this.#asked.size > 0) return;
      this.#idle?.();
      this.#idle = undefined;
    });
  }
}
