/**
 * One client's connection to one organization: options in, calls of the WebAssembly module, answers out.
 *
 * @module
 */

import { notify } from "./callbacks.js";
import { Connection } from "./connection.js";
import { LONGEST_TIMEOUT_MS } from "./deadline.js";
import { Disposing } from "./dispose.js";
import { foundCredentials, machineOf } from "./environment.js";
import { fromFailure, invalid, SlideRuleError } from "./errors.js";
import { KeepAlive } from "./keep-alive.js";
import { readOptions } from "./options.js";
import { ScaleOperation } from "./scale-operation.js";
import * as shapes from "./shapes.js";
import { either, onAbort } from "./signals.js";
import { RecordStream } from "./stream/record-stream.js";

/**
 * @import {
 *   Authentication, CallOptions, Capacity, CapacityOptions, ClusterStatus, Costs, Credentials, Estimate,
 *   EstimateOptions, ExtendOptions, Extension, KeepAliveOptions, ReleaseOptions, ScaleOptions, Session as SessionType,
 *   SessionOptions, SourceOptions, StartOptions, StreamOptions, VersionOptions, VersionReport, Warning
 * } from "./index.js"
 * @import { Environment } from "./entry.js"
 * @import { Listeners, Request } from "./mind.js"
 * @import { TAKES } from "./surface.js"
 */

const DEFAULT_URL = "slideruleearth.io";
/** The organization whose cluster everybody may use. */
const PUBLIC = "sliderule";
const DEFAULT_MINUTES = 60;
const MINUTE_MS = 60_000;
/** How long a request lives beyond each extension of `keepAlive`. */
const KEPT_MINUTES = 15;
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
    {
      url = DEFAULT_URL,
      organization = PUBLIC,
      provisioningUrl,
      clusterUrl,
      allowHttp,
      protocolVersion,
      bypassDns,
      ...options
    },
    environment,
    problem,
  ) {
    super("dispose");
    const settings = problem ?? { url, organization, provisioningUrl, clusterUrl, allowHttp, protocolVersion };
    this.#connection = new Connection(settings, organization, options, environment);
    this.#environment = environment;
    this.#machine = machineOf({ url, provisioningUrl });
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
    return this.start(readOptions("init", options));
  }

  /**
   * `init` with options that have been read.
   *
   * @param {StartOptions} options
   * @returns {Promise<SessionType>}
   */
  async start({ credentials, desiredNodes, timeToLive, plugins, timeoutMs, signal, onProgress }) {
    const isCallback = typeof credentials === "function";
    if (isCallback) this.#connection.askForCredentials(credentials);
    const given = await this.#credentials(readOptions("credentials", isCallback ? undefined : credentials));
    const options = { desiredNodes, timeToLive, plugins, timeoutMs: timeoutMs ?? lifetimeMs(timeToLive) };
    await this.#connection.start(request("init", { ...options, credentials: given }), signal, {
      progress: (progress) => notify(onProgress, progress),
    });
    return this;
  }

  /**
   * @param {string | null} [organization]
   * @param {Credentials & CallOptions} [credentials]
   * @returns {Promise<Authentication>}
   */
  async authenticate(organization, credentials) {
    const { signal, timeoutMs: limitMs, ...given } = readOptions("authenticate", credentials);
    const name = organization ?? this.organization;
    if (name !== null && typeof name !== "string") throw invalid("authenticate: the organization must be text");
    const asked = { organization: name, credentials: await this.#credentials(given, name), limitMs };
    return shapes.dated(await this.#call({ authenticate: asked }, signal));
  }

  /**
   * @param {CapacityOptions} [options]
   * @returns {Promise<Capacity>}
   */
  async updateAvailableServers(options) {
    return shapes.dated(await this.#ask("updateAvailableServers", options));
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
    return new ScaleOperation(async (reports, stop) => {
      const { bypassDns, onProgress, signal: theirs, ...read } = readOptions("scaleout", options);
      const order = request("scaleout", { timeoutMs: lifetimeMs(read.timeToLive), ...read });
      if (bypassDns) this.#connection.warn(NO_DNS);
      const { signal, untie } = either(theirs, stop);
      try {
        const capacity = await this.#call(order, signal, {
          progress: (progress) => {
            reports.progress(progress);
            notify(onProgress, progress);
          },
          granted: ({ capacity }) => reports.granted(shapes.dated(capacity)),
        });
        return shapes.dated(capacity);
      } finally {
        untie();
      }
    });
  }

  /**
   * @param {string} api
   * @param {object} [parameters]
   * @param {SourceOptions} [options]
   * @returns {Promise<unknown>}
   */
  async source(api, parameters, options) {
    const { timeoutMs = SOURCE_TIMEOUT_MS, signal } = readOptions("source", options);
    return this.#call({ source: { ...service("source", api, parameters), timeoutMs } }, signal);
  }

  /**
   * @param {string} api
   * @param {object} [parameters]
   * @param {StreamOptions} [options]
   * @returns {RecordStream}
   */
  stream(api, parameters, options) {
    try {
      const { timeoutMs = STREAM_TIMEOUT_MS, ...read } = readOptions("stream", options);
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
    return this.#ask("checkVersion", options);
  }

  /**
   * @param {CallOptions} [options]
   * @returns {Promise<ClusterStatus>}
   */
  async status(options) {
    return shapes.clusterStatus(await this.#ask("status", options));
  }

  /**
   * @param {CallOptions} [options]
   * @returns {Promise<Costs>}
   */
  async costs(options) {
    return shapes.costs(await this.#ask("costs", options));
  }

  /**
   * @param {EstimateOptions} options
   * @returns {Promise<Estimate>}
   */
  async estimate(options) {
    return shapes.estimate(await this.#ask("estimate", options));
  }

  /**
   * @param {ExtendOptions} [options]
   * @returns {Promise<Extension>}
   */
  async extend(options) {
    return shapes.dated(await this.#ask("extend", options));
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
        const untie = onAbort(signal, stop);
        return () => {
          forget();
          untie();
        };
      },
    });
  }

  /** @param {ReleaseOptions} [options] */
  async release(options) {
    return this.#ask("release", options);
  }

  /** @param {CallOptions} [options] */
  async signOut(options) {
    await this.#ask("signOut", options);
  }

  /**
   * A call that takes options and nothing else.
   *
   * @param {keyof typeof TAKES} call
   * @param {object | undefined} given
   */
  async #ask(call, given) {
    const { signal, timeoutMs: limitMs, ...options } = readOptions(call, given);
    return this.#call(request(call, { ...options, limitMs }), signal);
  }

  /**
   * A call whose answer is JSON.
   *
   * @param {Request} request
   * @param {AbortSignal} [signal]
   * @param {Listeners} [listeners]
   */
  async #call(request, signal, listeners) {
    const { value } = await this.#connection.call(request, signal, listeners);
    return JSON.parse(value);
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
 * What the module is asked; it takes what the call needs.
 *
 * @param {string} call
 * @param {Record<string, any>} options
 * @returns {Request}
 */
function request(call, { desiredNodes, timeToLive = DEFAULT_MINUTES, plugins = [], ...options }) {
  const isWanted = desiredNodes !== undefined;
  if (!isWanted && /^(estimate|scaleout)$/.test(call)) throw invalid(`${call}: \`desiredNodes\` must be given`);
  const order = isWanted ? { desiredNodes, timeToLive } : null;
  return { [call]: { order, timeToLive, plugins, ...options } };
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
