/**
 * One client's connection to one organization: options in, calls of the WebAssembly module, answers out.
 *
 * @module
 */

import { notify } from "./callbacks.js";
import { Connection } from "./connection.js";
import { Disposing } from "./dispose.js";
import { foundCredentials, machineOf } from "./environment.js";
import { fromFailure, invalid, SlideRuleError } from "./errors.js";
import { KeepAlive } from "./keep-alive.js";
import { readOptions } from "./options.js";
import { ScaleOperation } from "./scale-operation.js";
import * as shapes from "./shapes.js";
import { either } from "./signals.js";
import { RecordStream } from "./stream/record-stream.js";

/**
 * @import {
 *   Authentication, CallOptions, Capacity, CapacityOptions, ClusterStatus, Costs, Credentials, Estimate,
 *   EstimateOptions, ExtendOptions, Extension, KeepAliveOptions, ScaleOptions, ScaleProgress, Session as SessionType,
 *   SessionOptions, SourceOptions, StartOptions, StreamOptions, VersionOptions, VersionReport, Warning
 * } from "./index.js"
 * @import { Environment } from "./entry.js"
 */

const DEFAULT_URL = "slideruleearth.io";
/** The organization whose cluster everybody may use. */
const PUBLIC = "sliderule";
const DEFAULT_MINUTES = 60;
const MINUTE_MS = 60_000;
/** How long a request lives beyond each extension of `keepAlive`. */
const KEPT_MINUTES = 15;
/** Timers of browsers reach no further. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;
const SOURCE_TIMEOUT_MS = 2 * 60_000;
const STREAM_TIMEOUT_MS = 10 * 60_000;
/** @type {Warning} */
const NO_DNS = {
  code: "unsupported",
  message:
    "bypassDns does nothing here, since fetch cannot bypass DNS; where a name does not resolve yet, pass clusterUrl",
};

/** @implements {SessionType} */
export class Session extends Disposing {
  #connection;
  #environment;
  /** Where credentials for the provisioning system may be found. */
  #machine;

  /**
   * @param {SessionOptions} options As read by `readOptions`.
   * @param {Environment} environment
   * @param {SlideRuleError} [problem] What every call rejects with, where the options could not be read.
   */
  constructor(
    { url = DEFAULT_URL, organization = PUBLIC, store, credentials, onWarning, logger, bypassDns, ...rest },
    environment,
    problem,
  ) {
    super("dispose");
    const settings = problem ?? { url, organization, ...rest };
    this.#connection = new Connection(settings, organization, { store, credentials, onWarning, logger }, environment);
    this.#environment = environment;
    this.#machine = machineOf({ url, provisioningUrl: rest.provisioningUrl });
    if (bypassDns) this.#connection.warn(NO_DNS);
  }

  get organization() {
    return this.#connection.identity.organization;
  }

  get authenticated() {
    return this.#connection.identity.authenticated;
  }

  get user() {
    return this.#connection.identity.user;
  }

  get serverVersion() {
    return this.#connection.identity.serverVersion;
  }

  get warnings() {
    return [...this.#connection.warnings];
  }

  /** @param {StartOptions} [options] */
  async init(options) {
    const {
      credentials,
      desiredNodes,
      timeToLive,
      plugins = [],
      timeoutMs,
      onProgress,
      signal,
    } = readOptions("init", options);
    const given = typeof credentials === "function" ? undefined : credentials;
    if (typeof credentials === "function") this.#connection.askForCredentials(credentials);
    const request = {
      init: {
        credentials: await this.#credentials(readOptions("credentials", given)),
        order: order(desiredNodes, timeToLive),
        plugins,
        timeoutMs: timeoutMs ?? lifetimeMs(timeToLive),
      },
    };
    await this.#connection.start(request, signal, (event) => {
      if (event.type === "progress") notify(onProgress, progressOf(event));
    });
    return this;
  }

  /**
   * @param {string | null} [organization]
   * @param {Credentials & CallOptions} [credentials]
   * @returns {Promise<Authentication>}
   */
  async authenticate(organization, credentials) {
    const { signal, timeoutMs, ...given } = readOptions("authenticate", credentials);
    const name = organization ?? this.organization;
    if (name !== null && typeof name !== "string") throw invalid("authenticate: the organization must be text");
    const request = { authenticate: { organization: name, credentials: await this.#credentials(given, name) } };
    const { value } = await this.#connection.call(request, signal, undefined, timeoutMs);
    return shapes.authentication(JSON.parse(value));
  }

  /**
   * @param {CapacityOptions} [options]
   * @returns {Promise<Capacity>}
   */
  async updateAvailableServers(options) {
    const { desiredNodes, timeToLive, ...rest } = readOptions("updateAvailableServers", options);
    return shapes.capacity(
      await this.#ask({ updateAvailableServers: { order: order(desiredNodes, timeToLive) } }, rest),
    );
  }

  /** @param {CapacityOptions} [options] */
  update_available_servers(options) {
    return this.updateAvailableServers(options);
  }

  /**
   * @param {ScaleOptions} options
   * @returns {ScaleOperation}
   */
  scaleout(options) {
    /** @type {((progress: ScaleProgress) => void) | undefined} */
    let onProgress;
    /** @type {any} */
    let read;
    /** @type {unknown} */
    let problem;
    try {
      read = readOptions("scaleout", options);
      if (read.desiredNodes === undefined) throw invalid("scaleout: `desiredNodes` must be given");
      onProgress = read.onProgress;
    } catch (error) {
      problem = error;
    }
    return new ScaleOperation(async (reports, stop) => {
      if (problem !== undefined) throw problem;
      if (read.bypassDns) this.#connection.warn(NO_DNS);
      const request = {
        scaleout: {
          order: order(read.desiredNodes, read.timeToLive),
          minReady: read.minReady ?? null,
          timeoutMs: read.timeoutMs ?? lifetimeMs(read.timeToLive),
        },
      };
      const { signal, untie } = either(read.signal, stop);
      try {
        const { value } = await this.#connection.call(request, signal, (event) => {
          if (event.type === "progress") reports.progress(progressOf(event));
          if (event.type === "granted") reports.granted(shapes.capacity(event.capacity));
        });
        return shapes.capacity(JSON.parse(value));
      } finally {
        untie();
      }
    }, onProgress);
  }

  /**
   * @param {string} api
   * @param {object} [parameters]
   * @param {SourceOptions} [options]
   * @returns {Promise<unknown>}
   */
  async source(api, parameters, options) {
    const { timeoutMs, signal } = readOptions("source", options);
    const request = { source: { ...service("source", api, parameters), timeoutMs: timeoutMs ?? SOURCE_TIMEOUT_MS } };
    const { value } = await this.#connection.call(request, signal);
    return JSON.parse(value);
  }

  /**
   * @param {string} api
   * @param {object} [parameters]
   * @param {StreamOptions} [options]
   * @returns {RecordStream}
   */
  stream(api, parameters, options) {
    try {
      const read = readOptions("stream", options);
      const timeoutMs = read.timeoutMs ?? STREAM_TIMEOUT_MS;
      const request = { stream: { ...service("stream", api, parameters), timeoutMs } };
      return new RecordStream({
        ...read,
        parameters: parameters ?? {},
        timeoutMs,
        open: async (signal) => {
          const { value, response, instance } = await this.#connection.call(request, signal);
          if (response === undefined) throw fromFailure(undefined);
          // The session may belong to another organization before the stream ends.
          const { organization } = JSON.parse(value);
          return {
            response,
            instance,
            release: this.serverVersion,
            definition: (recordType) => this.#connection.definition(recordType, organization),
            whileOpen: (end) => this.#connection.whileOpen(end),
          };
        },
      });
    } catch (error) {
      return new RecordStream(fromFailure(error));
    }
  }

  /**
   * @param {VersionOptions} [options]
   * @returns {Promise<VersionReport>}
   */
  async checkVersion(options) {
    const { plugins = [], ...rest } = readOptions("checkVersion", options);
    return this.#ask({ checkVersion: { plugins } }, rest);
  }

  /**
   * @param {CallOptions} [options]
   * @returns {Promise<ClusterStatus>}
   */
  async status(options) {
    return shapes.clusterStatus(await this.#ask({ status: {} }, readOptions("status", options)));
  }

  /**
   * @param {CallOptions} [options]
   * @returns {Promise<Costs>}
   */
  async costs(options) {
    return shapes.costs(await this.#ask({ costs: {} }, readOptions("costs", options)));
  }

  /**
   * @param {EstimateOptions} options
   * @returns {Promise<Estimate>}
   */
  async estimate(options) {
    const { desiredNodes, timeToLive, ...rest } = readOptions("estimate", options);
    const asked = order(desiredNodes, timeToLive);
    if (asked === null) throw invalid("estimate: `desiredNodes` must be given");
    return shapes.estimate(await this.#ask({ estimate: { order: asked } }, rest));
  }

  /**
   * @param {ExtendOptions} [options]
   * @returns {Promise<Extension>}
   */
  async extend(options) {
    const { timeToLive = DEFAULT_MINUTES, requestId, ...rest } = readOptions("extend", options);
    return shapes.extension(await this.#ask({ extend: { requestId: requestId ?? null, timeToLive } }, rest));
  }

  /**
   * @template T
   * @overload
   * @param {PromiseLike<T> | (() => T | PromiseLike<T>)} job
   * @param {KeepAliveOptions} [options]
   * @returns {Promise<T>}
   */
  /**
   * @overload
   * @param {KeepAliveOptions} [options]
   * @returns {KeepAlive}
   */
  /**
   * @param {any} [jobOrOptions]
   * @param {KeepAliveOptions} [options]
   */
  keepAlive(jobOrOptions, options) {
    const isJob = typeof jobOrOptions === "function" || typeof jobOrOptions?.then === "function";
    if (!isJob) return this.#keepAlive(jobOrOptions);
    return (async () => {
      const alive = this.#keepAlive(options);
      try {
        return await (typeof jobOrOptions === "function" ? jobOrOptions() : jobOrOptions);
      } finally {
        alive.stop();
      }
    })();
  }

  /** @param {KeepAliveOptions} [options] */
  #keepAlive(options) {
    const { timeToLive = KEPT_MINUTES, requestId, signal } = readOptions("keepAlive", options);
    return new KeepAlive({
      minutes: timeToLive,
      extend: (letGo) => this.extend({ timeToLive, requestId, signal: letGo }),
      refused: ({ code, message }) =>
        this.#connection.warn({ code, message: `the request for nodes is kept alive no more: ${message}` }),
      until: (stop) => {
        const forget = this.#connection.whileOpen(stop);
        if (signal?.aborted) stop();
        signal?.addEventListener("abort", stop);
        return () => {
          forget();
          signal?.removeEventListener("abort", stop);
        };
      },
    });
  }

  /** @param {CallOptions & { requestId?: string, request_id?: string }} [options] */
  async release(options) {
    const { requestId, ...rest } = readOptions("release", options);
    return this.#ask({ release: { requestId: requestId ?? null } }, rest);
  }

  /** @param {CallOptions} [options] */
  async signOut(options) {
    await this.#ask({ signOut: {} }, readOptions("signOut", options));
  }

  /**
   * A call whose answer is JSON.
   *
   * @param {object} request
   * @param {CallOptions} options
   */
  async #ask(request, { signal, timeoutMs }) {
    const { value } = await this.#connection.call(request, signal, undefined, timeoutMs);
    return value === "null" || value === "" ? undefined : JSON.parse(value);
  }

  dispose() {
    this.#connection.dispose();
  }

  /** For a session that another one replaces, and that somebody may still hold. */
  quieten() {
    this.#connection.quieten();
  }

  /**
   * The credentials given, or those that are found for an organization that needs some.
   *
   * @param {Credentials} given
   * @param {string | null} organization
   */
  async #credentials(given, organization = this.organization) {
    if (Object.keys(given).length > 0) return given;
    if (organization === null || organization === PUBLIC) return null;
    return (await foundCredentials(this.#machine, this.#environment)) ?? null;
  }
}

/** @param {number} [timeToLive] */
function lifetimeMs(timeToLive = DEFAULT_MINUTES) {
  return Math.min(timeToLive * MINUTE_MS, LONGEST_TIMEOUT_MS);
}

/**
 * @param {number | undefined} desiredNodes
 * @param {number} [timeToLive]
 */
function order(desiredNodes, timeToLive = DEFAULT_MINUTES) {
  return desiredNodes === undefined ? null : { desiredNodes, timeToLive };
}

/**
 * @param {string} call
 * @param {unknown} api
 * @param {unknown} parameters
 */
function service(call, api, parameters = {}) {
  if (typeof api !== "string") throw invalid(`${call}: the name of the service must be text`);
  if (typeof parameters !== "object" || parameters === null) throw invalid(`${call}: the parameters must be an object`);
  try {
    return { api, parameters: JSON.stringify(parameters) };
  } catch (cause) {
    throw new SlideRuleError("invalid_argument", `${call}: the parameters cannot be written as JSON`, { cause });
  }
}

/**
 * @param {any} event
 * @returns {ScaleProgress}
 */
function progressOf({ type: _, ...progress }) {
  return progress;
}
