/**
 * One client's connection to one organization: options in, calls of the WebAssembly module, answers out.
 *
 * @module
 */

import { notify } from "./callbacks.js";
import { Connection } from "./connection.js";
import { foundCredentials, machineOf } from "./environment.js";
import { fromFailure, invalid, SlideRuleError } from "./errors.js";
import { readOptions } from "./options.js";
import { ScaleOperation } from "./scale-operation.js";
import * as shapes from "./shapes.js";
import { either } from "./signals.js";
import { RecordStream } from "./stream/record-stream.js";
import * as surface from "./surface.js";

/**
 * @import {
 *   Authentication, CallOptions, Capacity, CapacityOptions, ClusterStatus, Costs, Credentials, ScaleOptions,
 *   ScaleProgress, Session as SessionType, SessionOptions, SourceOptions, StartOptions, StreamOptions, VersionReport,
 *   Warning
 * } from "./index.js"
 */

const DEFAULT_URL = "slideruleearth.io";
/** The organization whose cluster everybody may use. */
const PUBLIC = "sliderule";
const DEFAULT_MINUTES = 60;
const SCALE_TIMEOUT_MS = 20 * 60_000;
const SOURCE_TIMEOUT_MS = 2 * 60_000;
const STREAM_TIMEOUT_MS = 10 * 60_000;
/** @type {Warning} */
const NO_DNS = {
  code: "unsupported",
  message:
    "bypassDns does nothing here, since fetch cannot bypass DNS; where a name does not resolve yet, pass clusterUrl",
};

/** @implements {SessionType} */
export class Session {
  #connection;
  /** Where credentials for the provisioning system may be found. */
  #machine;

  /**
   * @param {SessionOptions} options As read by `readOptions`.
   * @param {SlideRuleError} [problem] What every call rejects with, where the options could not be read.
   */
  constructor({ url = DEFAULT_URL, organization = PUBLIC, store, onWarning, bypassDns, ...rest }, problem) {
    const settings = problem ?? { url, organization, ...rest };
    this.#connection = new Connection(settings, organization, { store, onWarning });
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
    const { credentials, desiredNodes, timeToLive, timeoutMs, onProgress, signal } = readOptions(
      "init",
      options,
      surface.start,
    );
    const request = {
      init: {
        credentials: await this.#credentials(readOptions("credentials", credentials, surface.credentials)),
        order: order(desiredNodes, timeToLive),
        timeoutMs: timeoutMs ?? SCALE_TIMEOUT_MS,
      },
    };
    await this.#connection.call(request, signal, (event) => {
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
    const { signal, ...given } = readOptions("authenticate", credentials, surface.authenticate);
    const name = organization ?? this.organization;
    if (name !== null && typeof name !== "string") throw invalid("authenticate: the organization must be text");
    const request = { authenticate: { organization: name, credentials: await this.#credentials(given, name) } };
    const { value } = await this.#connection.call(request, signal);
    return shapes.authentication(JSON.parse(value));
  }

  /**
   * @param {CapacityOptions} [options]
   * @returns {Promise<Capacity>}
   */
  async updateAvailableServers(options) {
    const { desiredNodes, timeToLive, signal } = readOptions("updateAvailableServers", options, surface.capacity);
    const request = { updateAvailableServers: { order: order(desiredNodes, timeToLive) } };
    const { value } = await this.#connection.call(request, signal);
    return shapes.capacity(JSON.parse(value));
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
      read = readOptions("scaleout", options, surface.scale);
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
          timeoutMs: read.timeoutMs ?? SCALE_TIMEOUT_MS,
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
    const { timeoutMs, signal } = readOptions("source", options, surface.source);
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
      const read = readOptions("stream", options, surface.stream);
      const timeoutMs = read.timeoutMs ?? STREAM_TIMEOUT_MS;
      const request = { stream: { ...service("stream", api, parameters), timeoutMs } };
      return new RecordStream({
        ...read,
        parameters: parameters ?? {},
        timeoutMs,
        open: async () => {
          const { value, response } = await this.#connection.call(request, read.signal);
          if (response === undefined) throw fromFailure(undefined);
          // The session may belong to another organization before the stream ends.
          const { organization } = JSON.parse(value);
          return {
            response,
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
   * @param {CallOptions} [options]
   * @returns {Promise<VersionReport>}
   */
  async checkVersion(options) {
    const { signal } = readOptions("checkVersion", options, surface.call);
    return JSON.parse((await this.#connection.call({ checkVersion: {} }, signal)).value);
  }

  /**
   * @param {CallOptions} [options]
   * @returns {Promise<ClusterStatus>}
   */
  async status(options) {
    const { signal } = readOptions("status", options, surface.call);
    return shapes.clusterStatus(JSON.parse((await this.#connection.call({ status: {} }, signal)).value));
  }

  /**
   * @param {CallOptions} [options]
   * @returns {Promise<Costs>}
   */
  async costs(options) {
    const { signal } = readOptions("costs", options, surface.call);
    return shapes.costs(JSON.parse((await this.#connection.call({ costs: {} }, signal)).value));
  }

  /** @param {CallOptions & { requestId?: string, request_id?: string }} [options] */
  async release(options) {
    const { requestId, signal } = readOptions("release", options, surface.release);
    return JSON.parse((await this.#connection.call({ release: { requestId: requestId ?? null } }, signal)).value);
  }

  async signOut() {
    await this.#connection.call({ signOut: {} });
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
    return (await foundCredentials(this.#machine)) ?? null;
  }
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
