// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/**
 * A small server that stands in for a provisioning system and a cluster, of the older generation or of ours.
 *
 * It answers under one origin, as a URL with a scheme means it, and pages of other origins too. Every request is noted; any
 * route can be replaced for a test, by what it should answer or by a function. Whoever uses it has the client watched for
 * the passwords and tokens that pass through here.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { ORGANIZATION, PASSWORD, USER } from "./people.mjs";
import { note as noteSeen, secret } from "./secrets.mjs";

export { ORGANIZATION, PASSWORD, USER };
secret(PASSWORD);
export const GITHUB_TOKEN = secret("ghp_0123456789abcdef");

const data = (name) => readFileSync(new URL(`data/${name}`, import.meta.url));
export const ATL06 = data("atl06p.body");
export const ATL06_PARTIAL = data("atl06p-partial.body");
export const DEFINITIONS = JSON.parse(data("definitions.json"));

/**
 * Starts one, and ends it with the test.
 *
 * @param {import("node:test").TestContext} t
 */
export async function standIn(t, { generation = "ours", nodes = 2, version = "v4.20.0", routes = {} } = {}) {
  const state = { generation, nodes, version, issued: 0, lifetime: "3600.0", ready: null };
  const requests = [];
  const all = { ...defaultRoutes(state), ...routes };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const note = { method: request.method, path: request.url, headers: request.headers, text };
      if (request.method === "OPTIONS") return (all[`OPTIONS ${request.url}`] ?? preflight)(response);
      requests.push(note);
      noteSeen("url", request.url);
      noteSecrets(text);
      const route = all[`${request.method} ${request.url}`] ?? all[request.url.replace(/.*\/source\//, "source ")];
      if (route === undefined) return answer(response, 404, "");
      const given = typeof route === "function" ? route(note, response) : route;
      if (given !== undefined) answer(response, ...given);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  const asked = (path) => requests.filter((request) => request.path.includes(path));
  return { url, state, requests, asked, routes: all };
}

/** Answers JSON, or text as it is. */
export function answer(response, status, body, headers = {}) {
  const isText = typeof body === "string" || Buffer.isBuffer(body);
  const type = isText ? "text/html" : "application/json";
  response.writeHead(status, { "content-type": type, ...OPEN, ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/** What lets pages of any origin read an answer. */
const OPEN = { "access-control-allow-origin": "*", "access-control-expose-headers": "Date, Retry-After" };

/** Lets a page of another origin send what it asks for. */
export function preflight(response) {
  response.writeHead(204, {
    ...OPEN,
    "access-control-allow-methods": "GET, POST, PATCH, DELETE",
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, x-sliderule-streaming",
  });
  response.end();
}

/** Names the secrets in a request, whatever a test has made up. */
function noteSecrets(text) {
  try {
    for (const name of ["password", "access_token", "refresh"]) secret(JSON.parse(text)?.[name]);
  } catch {
    // Not every body is JSON.
  }
}

/** Answers a record stream, in pieces that fit no record. */
export function records(response, body, { end = true } = {}) {
  response.writeHead(200, { "content-type": "application/octet-stream", ...OPEN });
  for (let at = 0; at < body.length; at += 701) response.write(body.subarray(at, at + 701));
  if (end) response.end();
  else setTimeout(() => response.destroy(), 50);
}

function tokens(state) {
  state.issued += 1;
  const claims = Buffer.from(JSON.stringify({ user_name: USER, org_name: ORGANIZATION })).toString("base64url");
  return {
    exp: "2026-11-23T20:50:26UTC",
    access_lifetime: state.lifetime,
    refresh_lifetime: "86400.0",
    refresh: secret(`refresh-${state.issued}`),
    access: secret(`e30.${claims}.access-${state.issued}`),
    ...(state.generation === "ours" ? { api: "/api/v1/" } : {}),
  };
}

function defaultRoutes(state) {
  const organization = `/api/v1/organizations/${ORGANIZATION}`;
  const cluster = `/clusters/${ORGANIZATION}`;
  return {
    "POST /api/org_token/": ({ text }) => {
      const { username, password, org_name } = JSON.parse(text);
      if (username !== USER || password !== PASSWORD) {
        return [401, { detail: "No active account found with the given credentials" }];
      }
      if (org_name !== ORGANIZATION) return [403, { detail: `${org_name} is NOT a valid organization name` }];
      return [200, tokens(state)];
    },
    "POST /api/org_token_github/": ({ text }) =>
      JSON.parse(text).access_token === GITHUB_TOKEN
        ? [200, tokens(state)]
        : [403, { status: "FAILED", error_msg: "Permission Denied: bad token" }],
    "POST /api/org_token/refresh/": ({ text }) =>
      JSON.parse(text).refresh === `refresh-${state.issued}`
        ? [200, tokens(state)]
        : [401, { detail: "Token is blacklisted", code: "token_not_valid" }],
    "POST /api/token/blacklist/": [200, {}],
    [`GET /api/org_num_nodes/${ORGANIZATION}/`]: () => [
      200,
      { status: "SUCCESS", min_nodes: 0, current_nodes: state.nodes, max_nodes: 3, version: "v4", is_public: false },
    ],
    [`POST /api/desired_org_num_nodes_ttl/${ORGANIZATION}/2/60/`]: [200, { status: "QUEUED", msg: "", error_msg: "" }],
    [`POST /api/desired_org_num_nodes_ttl/${ORGANIZATION}/3/15/`]: [
      200,
      { status: "REDUNDANT", msg: "", error_msg: "" },
    ],
    [`POST ${organization}/requests`]: ({ text }) => {
      const asked = JSON.parse(text).nodes;
      const request = { id: "r-1", user: USER, nodes: Math.min(asked, 3), expires_at: "2026-11-24T10:00:00Z" };
      state.request = request;
      return [201, { request, clamped: asked > 3, cost_micro_usd: 113_000 }];
    },
    [`DELETE ${organization}/requests/r-1`]: () => {
      state.request = undefined;
      return [200, { id: "r-1", target_nodes: 0 }];
    },
    [`PATCH ${organization}/requests/r-1`]: ({ text }) => {
      const minutes = JSON.parse(text).time_to_live_seconds / 60;
      state.request = { ...state.request, expires_at: new Date(Date.now() + minutes * 60_000).toISOString() };
      return [200, { request: state.request, clamped: false, cost_micro_usd: 1_000 }];
    },
    [`GET ${organization}/estimate?nodes=2&time_to_live_seconds=900`]: [
      200,
      {
        nodes: 2,
        clamped: false,
        expires_at: "2026-11-24T10:00:00Z",
        cost_micro_usd: 113_000,
        free_micro_usd: 24_000_000,
        target_nodes: 2,
        explanation: "ada: 2 nodes",
        runway: { nodes: 2, minutes: 600 },
      },
    ],
    [`GET ${organization}/status`]: () => [200, statusOf(state)],
    [`GET ${organization}/costs`]: [
      200,
      {
        organization: ORGANIZATION,
        balance_micro_usd: 24_887_000,
        credited_micro_usd: 25_000_000,
        spent_micro_usd: 113_000,
        node_hour_micro_usd: 226_000,
        entries: [{ at: "2026-11-24T09:00:00Z", kind: "charge", amount_micro_usd: -113_000, note: "a lease" }],
      },
    ],
    [`POST ${cluster}/discovery/status`]: () => [200, { nodes: state.nodes }],
    "source version": () => [200, { server: { version: state.version, packages: ["core"] } }],
    "source definition": ({ text }) => [200, DEFINITIONS[JSON.parse(text).rectype] ?? null],
    "source time": ({ text }) => [200, { time: 1_479_499_444_354, format: "GPS", asked: JSON.parse(text) }],
    "source atl06p": (_, response) => records(response, ATL06),
  };
}

/** Lets the server tell of its status as events: now, and whenever `tell` is called. */
export function withEvents(server) {
  const listeners = new Set();
  const say = (response) =>
    response.write(`: ping\n\nevent: status\ndata: ${JSON.stringify(statusOf(server.state))}\n\n`);
  server.routes[`GET /api/v1/organizations/${ORGANIZATION}/events`] = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    listeners.add(response);
    response.on("close", () => listeners.delete(response));
    say(response);
  };
  return { listeners, tell: () => [...listeners].forEach(say) };
}

/** The status of a cluster of ours; `state.ready` may script how many nodes are ready at each look. */
export function statusOf(state) {
  const ready = state.ready?.shift() ?? state.nodes;
  return {
    organization: ORGANIZATION,
    state: ready > 0 ? "running" : state.request === undefined ? "asleep" : "waking",
    blocked: null,
    message: `${ready} nodes are ready`,
    nodes: { booting: 0, ready, draining: 0, stopping: 0 },
    target_nodes: 2,
    min_nodes: 0,
    max_nodes: 3,
    version: "v4.20.0",
    is_public: false,
    requests: state.request === undefined ? [] : [state.request],
    balance_micro_usd: 24_887_000,
  };
}
