/**
 * What every entry of the package offers: the functions of the module, which act on one default session.
 *
 * Importing an entry makes one of these and does nothing else: no session, no request, no WebAssembly. Bundlers leave
 * out what a program does not use.
 *
 * @module
 */

import { readOptions } from "./options.js";
import { fromFailure, invalid } from "./errors.js";
import { Session } from "./session.js";
import { TAKES } from "./surface.js";
import { WasmModule } from "./wasm.js";

/**
 * @import {
 *   Credentials, InitOptions, Session as SessionType, SessionOptions, Version
 * } from "./index.js"
 * @import { Source } from "./wasm.js"
 * @import { Store } from "./store/traits.js"
 */

/**
 * What differs between the entries.
 *
 * @typedef {object} Environment
 * @property {WasmModule} module
 * @property {(machine: string) => Promise<Credentials | undefined>} [furtherCredentials] Where to look for credentials
 *   after the environment variables; `machine` is the host of the provisioning system.
 * @property {Record<string, () => Store>} [stores] Token stores that only this entry has, by name.
 */

export class Entry {
  #environment;
  /** @type {Session | undefined} */
  #current;

  /** @param {{ wasm?: () => Promise<Source> } & Omit<Environment, "module">} [environment] `wasm`: where its bytes come from. */
  constructor({ wasm, ...rest } = {}) {
    /** @type {Environment} */
    this.#environment = { module: new WasmModule(wasm), ...rest };
  }

  /**
   * The default session.
   *
   * @returns {SessionType}
   */
  get session() {
    this.#current ??= this.#make({});
    return this.#current;
  }

  /**
   * Makes the default session. However it fails, no later call falls back to the session before it: a password meant
   * for this deployment would go to that one.
   *
   * @param {string} [url]
   * @param {InitOptions} [options]
   * @returns {Promise<SessionType>}
   */
  async init(url, options) {
    this.#current?.quieten();
    const read = this.#read(url, options);
    this.#current = this.#make({ ...read, credentials: undefined });
    return this.#current.start(read);
  }

  /**
   * @param {SessionOptions} [options]
   * @returns {SessionType}
   */
  createSession(options) {
    return this.#make(readOptions("createSession", options, this.#environment));
  }

  /** @param {Source | Promise<Source>} source */
  load(source) {
    return this.#environment.module.load(source);
  }

  /** @returns {Promise<Version>} */
  version() {
    return this.#environment.module.version();
  }

  /**
   * @param {SessionOptions} options
   * @param {import("./errors.js").SlideRuleError} [problem]
   */
  #make(options, problem) {
    return new Session(options, this.#environment, problem);
  }

  /**
   * @param {unknown} url
   * @param {InitOptions | undefined} options
   */
  #read(url, options) {
    try {
      if (url !== undefined && url !== null && typeof url !== "string") throw invalid("init: the url must be text");
      const read = readOptions("init", options, this.#environment, `${TAKES.connection} ${TAKES.init}`);
      return { url: url ?? undefined, ...read };
    } catch (error) {
      this.#current = this.#make({}, fromFailure(error));
      throw error;
    }
  }
}
