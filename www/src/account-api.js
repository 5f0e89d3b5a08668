/**
 * The calls of the page that are about an account and not about a cluster: plain JSON over `fetch`, to this origin.
 *
 * The tokens of an account are kept in memory and nowhere else: a reload asks for them again.
 */

/** @typedef {{ access: string, refresh: string }} Tokens */
/** @typedef {{ organization: string, role: string | null, state: string | null }} Membership */
/** @typedef {{ id: number, username: string, email: string, is_staff: boolean, memberships: Membership[] }} Account */
/** @typedef {{ name: string, role: string | null, state: string | null, requests?: number }} Organization */
/** @typedef {{ username: string, email?: string, role: string, state: string, since?: string }} Member */
/** @typedef {{ contact: string | null, sign_up_open: boolean, organizations: "staff" | "anyone", github: boolean }} Operator */
/** @template T @typedef {{ items: T[], next: string | null }} Page */

/** A refusal of the server. Its message is the server's sentence. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} sentence
   */
  constructor(status, code, sentence) {
    super(sentence);
    this.name = "Refused";
    this.status = status;
    this.code = code;
  }
}

/**
 * Calls the server.
 *
 * @param {string} method
 * @param {string} path below `/api/`
 * @param {{ token?: string, body?: unknown }} [options]
 * @returns {Promise<any>} what it answered; rejects with `Refused`, or with a sentence if nothing answered
 */
async function call(method, path, { token, body } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  /** @type {Response} */
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      headers,
      credentials: "omit",
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error("The server did not answer. Check the connection, and try again.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  const sentence = answer?.detail ?? `The server answered ${response.status} without a reason. Try again later.`;
  throw new Refused(response.status, answer?.code ?? "", sentence);
}

/** @returns {Promise<Operator>} what people may do by themselves here */
export const operator = () => call("GET", "v1/operator");

/**
 * Makes an account.
 *
 * @param {{ username: string, email: string, password: string }} body
 * @returns {Promise<unknown>}
 */
export const signUp = (body) => call("POST", "v1/users", { body });

/**
 * @param {{ username: string, password: string }} body
 * @returns {Promise<AccountSession>}
 */
export const signIn = async (body) => new AccountSession(await call("POST", "v1/session", { body }));

/**
 * @returns {Promise<{ authorize_url: string, flow: string }>} where to go to sign in with GitHub, and what to keep meanwhile
 */
export const beginGitHub = () => call("POST", "v1/github/flows", { body: { purpose: "sign_in" } });

/**
 * @param {{ flow: string, code: string, state: string }} body
 * @returns {Promise<AccountSession>}
 */
export const endGitHub = async (body) => new AccountSession(await call("POST", "v1/github/session", { body }));

/** Somebody who is signed in to their account. */
export class AccountSession {
  /** @type {Tokens} */
  #tokens;

  /** @param {Tokens} tokens */
  constructor(tokens) {
    this.#tokens = tokens;
  }

  /** @returns {Promise<Account>} */
  account() {
    return this.#call("GET", "account");
  }

  /** @returns {Promise<Organization[]>} those with which the account has to do */
  organizations() {
    return this.#all("organizations");
  }

  /**
   * @param {string} organization
   * @returns {Promise<Member[]>} who asks to become a member
   */
  requests(organization) {
    return this.#all(`${below(organization)}/members`, { state: "requested" });
  }

  /**
   * @param {string} organization
   * @returns {Promise<Membership>}
   */
  requestMembership(organization) {
    return this.#call("POST", `${below(organization)}/membership`);
  }

  /**
   * Leaves, or withdraws a request.
   *
   * @param {string} organization
   * @returns {Promise<Membership>}
   */
  leave(organization) {
    return this.#call("DELETE", `${below(organization)}/membership`);
  }

  /**
   * @param {string} organization
   * @param {string} username
   * @param {"approve" | "refuse"} answer
   * @returns {Promise<Member>}
   */
  answer(organization, username, answer) {
    return this.#call("POST", `${below(organization)}/members/${encodeURIComponent(username)}/${answer}`);
  }

  /**
   * @param {string} name
   * @returns {Promise<Organization>}
   */
  found(name) {
    return this.#call("POST", "organizations", { name });
  }

  /** Revokes the tokens. */
  async signOut() {
    await call("POST", "token/blacklist/", { body: { refresh: this.#tokens.refresh } });
  }

  /**
   * All pages of a list.
   *
   * @param {string} path
   * @param {Record<string, string>} query
   * @returns {Promise<any[]>}
   */
  async #all(path, query = {}) {
    const items = [];
    let next = {};
    for (;;) {
      const page = await this.#call("GET", `${path}?${new URLSearchParams({ ...query, ...next, limit: "100" })}`);
      items.push(...page.items);
      if (page.next === null) return items;
      next = { after: page.next };
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async #call(method, path, body) {
    const send = () => call(method, `v1/${path}`, { token: this.#tokens.access, body });
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      this.#tokens = await call("POST", "org_token/refresh/", { body: { refresh: this.#tokens.refresh } });
      return await send();
    }
  }
}

/**
 * Whether a call failed because the tokens no longer serve.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
export const hasEnded = (error) => error instanceof Refused && error.status === 401;

/** @param {string} organization */
const below = (organization) => `organizations/${encodeURIComponent(organization)}`;
