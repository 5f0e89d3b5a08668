/**
 * Which options each call takes, and how they are spelled.
 *
 * @module
 */

import { abortSignal, callback, flag, milliseconds, minutes, nodes, object, text, texts } from "./options.js";
import { storeProblem } from "./store/kinds.js";

/** @typedef {Record<string, import("./options.js").Option>} Options */

/** @type {Options} */
const time = { timeToLive: { check: minutes, aliases: ["time_to_live"] } };

/** @type {Options} */
const order = { desiredNodes: { check: nodes, aliases: ["desired_nodes"] }, ...time };

/** @type {Options} */
const request = { requestId: { check: text, aliases: ["request_id"] } };

/** @type {Options} */
const timeout = { timeoutMs: { check: milliseconds, aliases: ["timeout_ms"] } };

/** @type {Options} */
const progress = { onProgress: { check: callback, aliases: ["on_progress"] } };

/** @type {Options} */
const bypass = { bypassDns: { check: flag, aliases: ["bypass_dns"] } };

/** @type {Options} */
export const call = { signal: { check: abortSignal }, ...timeout };

/** @type {Options} */
export const connection = {
  organization: { check: text, nullable: true },
  provisioningUrl: { check: text, aliases: ["provisioning_url"] },
  clusterUrl: { check: text, aliases: ["cluster_url"] },
  allowHttp: { check: flag, aliases: ["allow_http"] },
  protocolVersion: { check: text, aliases: ["protocol_version"] },
  store: { check: storeProblem },
  onWarning: { check: callback, aliases: ["on_warning"] },
  logger: { check: loggerProblem },
  ...bypass,
};

/** @type {Options} */
const plugins = { plugins: { check: texts } };

/** @type {Options} */
export const start = { credentials: { check: credentialsProblem }, ...order, ...plugins, ...progress, ...call };

/** @type {Options} */
export const init = { ...connection, ...start };

/** @type {Options} */
export const session = { url: { check: text }, credentials: { check: askProblem }, ...connection };

/** @type {Options} */
export const credentials = {
  username: { check: text, aliases: ["ps_username"] },
  password: { check: text, aliases: ["ps_password"] },
  githubToken: { check: text, aliases: ["github_token"] },
};

/** @type {Options} */
export const authenticate = { ...credentials, ...call };

/** @type {Options} */
export const capacity = { ...order, ...call };

/** @type {Options} */
export const scale = {
  ...order,
  minReady: { check: nodes, aliases: ["min_ready"] },
  ...progress,
  ...call,
  ...bypass,
};

/** @type {Options} */
export const source = { ...call };

/** @type {Options} */
export const stream = {
  ...call,
  ...progress,
  onMessage: { check: callback, aliases: ["on_message"] },
  onFile: { check: callback, aliases: ["on_file"] },
  callbacks: { check: callbacksProblem },
  allowPartial: { check: flag, aliases: ["allow_partial"] },
};

/** @type {Options} */
export const version = { ...plugins, ...call };

/** @type {Options} */
export const estimate = { ...order, ...call };

/** @type {Options} */
export const extend = { ...time, ...request, ...call };

/** @type {Options} */
export const keepAlive = { ...time, ...request, signal: { check: abortSignal } };

/** @type {Options} */
export const release = { ...request, ...call };

/** @param {unknown} given */
function credentialsProblem(given) {
  return typeof given === "function" ? undefined : object(given);
}

/** @param {unknown} given */
function askProblem(given) {
  return typeof given === "function"
    ? undefined
    : "must be a function; credentials themselves go to authenticate or init";
}

/** @param {unknown} logger */
function loggerProblem(logger) {
  const wrong = "must be an object with functions debug, info, warn and error, or some of them";
  if (typeof logger !== "object" || logger === null) return wrong;
  const methods = ["debug", "info", "warn", "error"].map((name) => /** @type {any} */ (logger)[name]);
  return methods.every((method) => method === undefined || typeof method === "function") ? undefined : wrong;
}

/** @param {unknown} callbacks */
function callbacksProblem(callbacks) {
  const wrong = "must be an object with a function for each record type";
  if (typeof callbacks !== "object" || callbacks === null) return wrong;
  return Object.values(callbacks).every((each) => typeof each === "function") ? undefined : wrong;
}
