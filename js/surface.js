/**
 * Which options each call takes, and what each of them must be.
 *
 * Every option can be written as in Python too: `desiredNodes` is `desired_nodes`.
 *
 * Always: nothing here is computed at import, so that bundlers can leave it out.
 *
 * @module
 */

import * as check from "./checks.js";
import { storeProblem } from "./store/kinds.js";

/** The options of each call. */
export const TAKES = {
  authenticate: "username password githubToken signal timeoutMs",
  checkVersion: "plugins signal timeoutMs",
  connection: "organization provisioningUrl clusterUrl allowHttp protocolVersion store onWarning logger bypassDns",
  costs: "signal timeoutMs",
  createSession:
    "url credentials organization provisioningUrl clusterUrl allowHttp protocolVersion store onWarning logger bypassDns",
  credentials: "username password githubToken",
  estimate: "desiredNodes timeToLive signal timeoutMs",
  extend: "timeToLive requestId signal timeoutMs",
  init: "credentials desiredNodes timeToLive plugins onProgress signal timeoutMs",
  keepAlive: "timeToLive requestId signal",
  release: "requestId signal timeoutMs",
  scaleout: "desiredNodes timeToLive minReady onProgress signal timeoutMs bypassDns",
  signOut: "signal timeoutMs",
  source: "signal timeoutMs",
  status: "signal timeoutMs",
  stream: "signal timeoutMs onProgress onMessage onFile callbacks allowPartial",
  updateAvailableServers: "desiredNodes timeToLive signal timeoutMs",
};

/**
 * What options must be; where a call sees one differently than the others, it is named with the call.
 *
 * @type {Record<string, check.Check>}
 */
export const CHECKS = {
  allowHttp: check.flag,
  allowPartial: check.flag,
  bypassDns: check.flag,
  callbacks: check.callbacks,
  clusterUrl: check.text,
  credentials: check.credentials,
  "createSession.credentials": check.ask,
  desiredNodes: check.nodes,
  githubToken: check.text,
  logger: check.logger,
  minReady: check.nodes,
  onFile: check.callback,
  onMessage: check.callback,
  onProgress: check.callback,
  onWarning: check.callback,
  organization: check.text,
  password: check.text,
  plugins: check.texts,
  protocolVersion: check.text,
  provisioningUrl: check.text,
  requestId: check.text,
  signal: check.abortSignal,
  store: storeProblem,
  timeToLive: check.minutes,
  timeoutMs: check.milliseconds,
  url: check.text,
  username: check.text,
};

/** The option of which null is a value; elsewhere it means that the option is not given. */
export const NULLABLE = "organization";

/**
 * The second spelling of an option, where it is not the first in snake case.
 *
 * @type {Record<string, string>}
 */
export const ALIASES = { username: "ps_username", password: "ps_password" };
