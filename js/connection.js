/**
 * A session's way to its mind in the WebAssembly module: calls go in, and what the module tells comes out.
 *
 * Always: a mind whose instance failed is followed by one that knows what it knew: whose organization, who is signed in, and
 * which requests for nodes are the session's.
 *
 * @module
 */

import { notify } from "./callbacks.js";
import { CredentialsDesk, isNeed } from "./credentials.js";
import { within } from "./deadline.js";
import { invalid, SlideRuleError } from "./errors.js";
import { Host } from "./host.js";
import { late, Mind } from "./mind.js";
import { unlessAborted } from "./signals.js";

/**
 * @import { CredentialsCallback, SessionOptions, Warning } from "./index.js"
 * @import { Environment } from "./entry.js"
 * @import { Answer, Listeners, Request } from "./mind.js"
 */

/**
 * @typedef {object} Identity What a session is, as its mind sees it.
 * @property {string | null} organization
 * @property {boolean} authenticated
 * @property {string | null} user
 * @property {string | null} serverVersion
 */

/** The methods of a logger. */
const LEVELS = /** @type {const} */ (["debug", "info", "warn", "error"]);

export class Connection {
  /** @type {Identity} */
  identity;
  /** @type {Warning[]} */
  warnings = [];
  #settings;
  #module;
  #host;
  #onWarning;
  #logger;
  /** @type {CredentialsDesk<Answer>} */
  #desk;
  /** @type {Mind | undefined} */
  #mind;
  /** The requests for nodes that are the session's to release. @type {[string, string][]} */
  #requests = [];
  /** @type {Map<string, Promise<string>>} */
  #definitions = new Map();
  #disposed = false;
  /** @type {Set<(reason: SlideRuleError) => void>} */
  #streams = new Set();
  /** Of what is told of no call. @type {Listeners} */
  #listeners = {
    warning: (warning) => this.warn(warning),
    log: ({ level, message }) => this.#log(level, message),
    requests: ({ requests }) => {
      this.#requests = requests;
    },
    identity: (identity) => {
      // Layouts are those of one release.
      const { organization, serverVersion } = this.identity;
      if (identity.serverVersion !== serverVersion || identity.organization !== organization) this.#definitions.clear();
      this.identity = identity;
    },
  };

  /**
   * @param {{ url: string } | SlideRuleError} settings What the module needs to know, or what every call rejects with.
   * @param {string | null} organization
   * @param {Pick<SessionOptions, "store" | "onWarning" | "logger" | "credentials">} options
   * @param {Environment} environment
   */
  constructor(settings, organization, { store, onWarning, logger, credentials }, environment) {
    this.#settings = settings;
    this.#module = environment.module;
    this.#onWarning = onWarning;
    this.#logger = logger;
    this.#desk = new CredentialsDesk("url" in settings ? settings.url : "", async (name, given, signal) =>
      this.#once({ authenticate: { organization: name, credentials: given } }, signal),
    );
    this.#desk.ask(credentials);
    this.identity = { organization, authenticated: false, user: null, serverVersion: null };
    this.#host = new Host(store, environment, {
      listeners: this.#listeners,
      heard: (message) => this.#mind?.heard(message),
      closed: () => {
        if (this.#disposed) this.#mind?.free();
      },
    });
  }

  /**
   * The module's half, which checks addresses and names when it is made. Making it sends nothing, unless it takes the place
   * of one whose instance has failed: it then signs in with what the store keeps.
   *
   * @returns {Promise<Mind>}
   */
  async #open() {
    if (this.#settings instanceof SlideRuleError) throw this.#settings;
    this.#refuseIfDisposed();
    const instance = await this.#module.ready();
    this.#refuseIfDisposed();
    if (this.#mind?.instance !== instance) {
      const { organization, authenticated, user } = this.identity;
      const settings = { ...this.#settings, organization, requests: this.#requests };
      const isFirst = this.#mind === undefined;
      this.#mind = new Mind(instance, settings, this.#host, this.#listeners);
      if (!isFirst && authenticated && user !== null) this.#mind.resume(user);
    }
    const mind = this.#mind;
    await mind.resumed;
    return mind;
  }

  /** Ends every call and stream, and refuses new ones. */
  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#mind?.dispose();
    this.#desk.close(disposed());
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
   * Whom to ask for credentials from now on.
   *
   * @param {CredentialsCallback} callback
   */
  askForCredentials(callback) {
    this.#desk.ask(callback);
  }

  /**
   * Begins `init`. The caller is asked for credentials before, since without any it ends with a warning.
   *
   * @param {Request} request
   * @param {AbortSignal} [signal]
   * @param {Listeners} [listeners]
   */
  async start(request, signal, listeners) {
    if (this.#desk.isOpen && request.init?.credentials === null) {
      try {
        await this.call({ authenticate: { organization: this.identity.organization, credentials: null } }, signal);
      } catch (failure) {
        if (!isNeed(failure) || failure.cause !== undefined) throw failure;
        // They have none, and are not asked again.
        return await this.#once(request, signal, listeners);
      }
    }
    return await this.call(request, signal, listeners);
  }

  /**
   * Begins a call and waits for its end. Where it needs credentials, the caller is asked for them, and it begins again.
   *
   * @param {Request} request
   * @param {AbortSignal} [signal]
   * @param {Listeners} [listeners]
   * @returns {Promise<Answer>}
   */
  async call(request, signal, listeners) {
    const { credentials, organization } = request.authenticate ?? request.init ?? {};
    const before = this.#desk.before(organization ?? this.identity.organization);
    try {
      return await this.#once(request, signal, listeners);
    } catch (failure) {
      if (!this.#desk.isOpen || credentials || !isNeed(failure)) throw failure;
      const signedIn = await this.#desk.signIn(failure, before, signal);
      return "authenticate" in request ? signedIn : await this.#once(request, signal, listeners);
    }
  }

  /**
   * @param {Request} request
   * @param {AbortSignal} [signal]
   * @param {Listeners} [listeners]
   * @returns {Promise<Answer>}
   */
  async #once(request, signal, listeners) {
    signal?.throwIfAborted();
    const since = performance.now();
    const { timeoutMs, limitMs = timeoutMs } = Object.values(request)[0] ?? {};
    const opened = this.#open();
    const wanted = unlessAborted(opened, signal);
    const mind = await (limitMs === undefined ? wanted : within(limitMs, wanted, () => late(limitMs)));
    this.#refuseIfDisposed();
    return await mind.call(request, { signal, listeners, since });
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
    this.#log("warn", `${warning.code}: ${warning.message}`);
  }

  /**
   * @param {string} level
   * @param {string} message
   */
  #log(level, message) {
    const method = LEVELS.find((each) => each === level);
    if (method !== undefined) notify((/** @type {string} */ line) => this.#logger?.[method]?.(line), message);
  }
}

function disposed() {
  return invalid("the session was disposed of; make a new one");
}
