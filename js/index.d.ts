/**
 * Types of `sliderule-wasm`: private SlideRule clusters, from one import to a running cluster.
 *
 * The functions of the module act on one default session, which `init` makes before its first request and
 * which stays configured however `init` ends. JavaScript names are camelCase; every name of SlideRule's
 * Python documentation (`desired_nodes`, `ps_username`, `update_available_servers`, …) is an exact alias.
 * Giving an unknown option, or both spellings with different values, rejects `invalid_argument`.
 *
 * Units: minutes for `timeToLive`, milliseconds for `…Ms`, `Date` for instants, integer millionths of a
 * US dollar for `…MicroUsd`.
 *
 * No library of types is needed besides that of the language: `platform.d.ts`.
 */

import type { ByteStream, Signal } from "./platform.js";

declare global {
  // As libraries of TypeScript from 5.2 on declare it, for those who compile without them.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** What went wrong, for programs. The same on the wire and here; codes are never renamed. */
export type ErrorCode =
  | "invalid_argument"
  | "credentials_missing"
  | "wrong_credentials"
  | "unknown_organization"
  | "not_a_member"
  | "membership_inactive"
  | "not_allowed"
  | "throttled"
  | "unreachable"
  | "bad_response"
  | "reauthentication_required"
  | "cluster_asleep"
  | "cluster_waking"
  | "cluster_suspended"
  | "cluster_paused"
  | "cluster_protected"
  | "out_of_funds"
  | "insufficient_funds"
  | "scale_refused"
  | "scale_timeout"
  | "version_incompatible"
  | "stream_truncated"
  | "stream_malformed"
  | "stream_too_large"
  | "incomplete_result"
  | "timed_out"
  | "unsupported"
  | "storage_degraded"
  | "wasm_blocked"
  | "wasm_not_loaded"
  | "internal_error";

/**
 * Every call that is refused or fails rejects with this. A call ended by the caller's own `signal` rejects
 * with the signal's reason instead (an `AbortError` unless the caller chose another).
 */
export class SlideRuleError extends Error {
  constructor(
    code: ErrorCode,
    message: string,
    details?: { endpoint?: string | null; status?: number | null; retryable?: boolean; cause?: unknown },
  );
  /** Its class, for logs. */
  readonly name: "SlideRuleError";
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** The URL that was asked, without secrets; null where no request was involved. */
  readonly endpoint: string | null;
  /** The HTTP status of the answer; null where there was none. */
  readonly status: number | null;
  /** Whether the same call may work later without any change. */
  readonly retryable: boolean;
  /** With code `incomplete_result`: what did arrive. */
  readonly partial?: StreamResult;
  /** With code `scale_timeout`: the last state seen. */
  readonly progress?: ScaleProgress;
}

/** How to sign in: a GitHub token, or a user name and password. The GitHub token wins where both are given. */
export interface Credentials {
  /**
   * User name at the provisioning system.
   * @default `PS_USERNAME`, in Node
   * @example { username: "ada", password }
   */
  username?: string;
  /**
   * Password; used once, never stored.
   * @default `PS_PASSWORD`, in Node
   * @example { username: "ada", password: await ask("Password") }
   */
  password?: string;
  /**
   * GitHub access token; used once, never stored.
   * @default `PS_GITHUB_TOKEN`, in Node
   * @example { githubToken: process.env.GITHUB_TOKEN }
   */
  githubToken?: string;
  /** Alias of `username`. */
  ps_username?: string;
  /** Alias of `password`. */
  ps_password?: string;
  /** Alias of `githubToken`. */
  github_token?: string;
}

/** What a caller is asked for credentials with. */
export interface CredentialsRequest {
  /** Whose member has to sign in. */
  organization: string | null;
  /** The deployment, as `init` or `createSession` was told. */
  url: string;
  /**
   * `missing`: none were given, cached or found. `ended`: the sign-in there was has ended for good. `wrong`: what was
   * answered last time was refused.
   */
  reason: "missing" | "ended" | "wrong";
  /** Aborts when no call waits for the answer any more: take the form away. */
  signal: Signal;
}

/**
 * Asked for credentials when a call needs some and there are none; the call waits for the answer, signs in and goes on. Calls
 * that need them at the same time wait for one answer. `null` or `undefined` says that there are none: the calls reject
 * `credentials_missing` or `reauthentication_required` as they would without a callback. So they do, with what was thrown
 * as their `cause`, where the callback fails. Wrong credentials reject `wrong_credentials`; the next call asks again. The
 * time that the answer takes does not count towards a `timeoutMs`; a `signal` ends it.
 *
 * ```js
 * const credentials = async ({ organization, reason, signal }) => await showForm({ organization, reason, signal });
 * const session = createSession({ organization: "acme", credentials });
 * ```
 */
export type CredentialsCallback = (
  request: CredentialsRequest,
) => Credentials | null | undefined | Promise<Credentials | null | undefined>;

/**
 * Where tokens are kept between calls: your own place for them. A `Map` is one. Keys and values are text; the values contain
 * secrets, and are for this package to understand. Each method may answer at once or by a promise. One that throws, rejects, or
 * does not answer within 2 seconds is the store's last: memory takes its place, with one warning `storage_degraded`.
 *
 * What each store protects against: `docs/SECURITY.md`.
 *
 * ```js
 * const store = { get: (key) => keychain.read(key), set: (key, value) => keychain.write(key, value), delete: (key) => keychain.remove(key) };
 * ```
 */
export interface TokenStore {
  /** The text kept under the key; null or undefined if there is none. */
  get(key: string): Promise<string | null | undefined> | string | null | undefined;
  /** Keeps the text under the key, in place of what was there. Done when the returned promise settles, if one is returned. */
  set(key: string, value: string): unknown;
  /** Removes what is kept under the key; nothing happens if there is nothing. */
  delete(key: string): unknown;
  /**
   * Names the place where the records are, where tabs and workers share it: sessions over stores of the same name tell
   * each other of new tokens and of a sign-out, and ask each other before a server. Default: sessions over the same object do.
   */
  readonly channel?: string;
}

/** Where lines for the log go. `console` is one. Lines hold no passwords and no tokens. */
export interface Logger {
  /** What the client does, for whoever looks for a fault. */
  debug?(line: string): void;
  /** What happened that is worth knowing. */
  info?(line: string): void;
  /** What went wrong and was made up for, such as `Connection error to endpoint … retrying request`, and each warning. */
  warn?(line: string): void;
  /** What went wrong and was not. */
  error?(line: string): void;
}

/** Something worth knowing that does not fail the call. */
export interface Warning {
  /**
   * `credentials_missing`, `reauthentication_required` (the cached sign-in has ended), `storage_degraded` (once for each
   * session, in place of the store memory is used, or a record that could not be read was removed), `version_incompatible` (server is newer), `unsupported`.
   */
  code: ErrorCode;
  /** What it means and what to do. */
  message: string;
}

/** Which deployment and organization a session talks to, and how. */
export interface ConnectionOptions {
  /**
   * Organization whose cluster is used; `null` is a single node at `url`, without provisioning.
   * @default "sliderule", the public one
   * @example { organization: "acme" }
   */
  organization?: string | null;
  /**
   * Origin of the provisioning system of all organizations, in place of what `url` says.
   * @default `https://ps.<domain>`
   * @example { provisioningUrl: "https://ps.example.org" }
   */
  provisioningUrl?: string;
  /**
   * Address under which the `/source/` of this organization's cluster is found, in place of what `url` says.
   * Signing in to another organization is then refused, since its token must not go there.
   * @default `https://<organization>.<domain>`
   * @example { organization: "acme", clusterUrl: "https://10.1.2.3:8443" }
   */
  clusterUrl?: string;
  /**
   * Allows plain http to hosts other than this machine.
   * @default false
   * @example { allowHttp: true }
   */
  allowHttp?: boolean;
  /**
   * SlideRule release the client says it speaks, for the version rule.
   * @default "4.20.0"
   * @example { protocolVersion: "3.7.0" }
   */
  protocolVersion?: string;
  /**
   * Where tokens are kept. Passwords and GitHub tokens are kept nowhere.
   *
   * - `"memory"`: gone with the page or program.
   * - `"session"`: the tab's `sessionStorage`; survives a reload, ends with the tab. Tabs of the origin that are open at the same
   *   time tell each other of new tokens.
   * - `"local"`: the origin's `localStorage`; shared by all tabs, and stays.
   * - `"indexedDB"`: shared by all tabs and workers, and stays; encrypted under a key that scripts can use and not read.
   * - `"file"`: the user's cache folder, readable by the user alone (entry `sliderule-wasm/node`; `fileStore` chooses another folder).
   * - your own: an object with `get`, `set` and `delete`.
   *
   * Where it does not work, memory takes its place, with one warning `storage_degraded` that says what happened.
   *
   * @default "session" in pages, "memory" elsewhere (workers, Node)
   * @example { store: "local" }
   */
  store?: "memory" | "session" | "local" | "indexedDB" | "file" | TokenStore;
  /**
   * Called with each warning as it arises. Warnings are also listed in `session.warnings`.
   * @default nobody is called
   * @example { onWarning: ({ code, message }) => console.warn(code, message) }
   */
  onWarning?: (warning: Warning) => void;
  /**
   * Where lines for the log go, such as `console`.
   * @default nowhere
   * @example { logger: console }
   */
  logger?: Logger | null;
  /**
   * Accepted because Python scripts pass it; `fetch` cannot bypass DNS, so `true` earns a warning that names `clusterUrl`.
   * @default false
   * @example { bypassDns: false }
   */
  bypassDns?: boolean;
  /** Alias of `provisioningUrl`. */
  provisioning_url?: string;
  /** Alias of `clusterUrl`. */
  cluster_url?: string;
  /** Alias of `allowHttp`. */
  allow_http?: boolean;
  /** Alias of `protocolVersion`. */
  protocol_version?: string;
  /** Alias of `onWarning`. */
  on_warning?: (warning: Warning) => void;
  /** Alias of `bypassDns`. */
  bypass_dns?: boolean;
}

/** What `session.init` does besides connecting. */
export interface StartOptions {
  /**
   * How to sign in. A function is asked after all that is found, also by later calls of the session that need a sign-in.
   * @default in Node `PS_GITHUB_TOKEN`, or `PS_USERNAME` and `PS_PASSWORD`, then (with the entry `sliderule-wasm/node`) the
   * machine `ps.<domain>` of `.netrc`; where none of these is found, cached tokens
   * @example { organization: "acme", credentials: { username: "ada", password } }
   */
  credentials?: Credentials | CredentialsCallback;
  /**
   * Nodes to ask for, and wait for, before the promise resolves; from 0 on.
   * @default none are asked for
   * @example { organization: "acme", desiredNodes: 4 }
   */
  desiredNodes?: number;
  /**
   * Minutes the nodes are wanted for, from 1 to a year.
   * @default 60
   * @example { desiredNodes: 4, timeToLive: 15 }
   */
  timeToLive?: number;
  /**
   * Packages of the server for which the version rule holds too.
   * @default []
   * @example { plugins: ["icesat2"] }
   */
  plugins?: string[];
  /**
   * Longest wait for the nodes, in milliseconds.
   * @default the time to live
   * @example { desiredNodes: 4, timeoutMs: 10 * 60_000 }
   */
  timeoutMs?: number;
  /**
   * Called as the cluster grows.
   * @default nobody is called
   * @example { desiredNodes: 4, onProgress: ({ nodes, wanted }) => console.log(nodes, "of", wanted) }
   */
  onProgress?: (progress: ScaleProgress) => void;
  /**
   * Ends the call. What was already asked of the cluster stays asked.
   * @default never
   * @example { desiredNodes: 4, signal: controller.signal }
   */
  signal?: Signal;
  /** Alias of `desiredNodes`. */
  desired_nodes?: number;
  /** Alias of `timeToLive`. */
  time_to_live?: number;
  /** Alias of `timeoutMs`. */
  timeout_ms?: number;
  /** Alias of `onProgress`. */
  on_progress?: (progress: ScaleProgress) => void;
}

/** Options of `init`. */
export interface InitOptions extends ConnectionOptions, StartOptions {}

/** Options of `createSession`. */
export interface SessionOptions extends ConnectionOptions {
  /**
   * As the first argument of `init`.
   * @default "slideruleearth.io"
   * @example { url: "http://127.0.0.1:8080" }
   */
  url?: string;
  /**
   * Asked for credentials when a call needs some and there are none.
   * @default such calls reject
   * @example { credentials: async ({ organization, reason }) => await showForm(organization, reason) }
   */
  credentials?: CredentialsCallback;
}

/** Who is signed in. */
export interface Authentication {
  /** User name; null where no token is needed. */
  user: string | null;
  /** Organization the token is good for; null for a single node. */
  organization: string | null;
  /** When the access token ends (it is renewed before that); null where no token is needed. */
  expiresAt: Date | null;
  /** Where the sign-in came from. */
  source: "password" | "github" | "cache" | "none";
}

/** Options of `updateAvailableServers`. */
export interface CapacityOptions {
  /**
   * Nodes to ask for; 0 releases one's own.
   * @default nothing is asked for, the present state is returned
   * @example { desiredNodes: 0 }
   */
  desiredNodes?: number;
  /**
   * Minutes the nodes are wanted for, from 1 to a year.
   * @default 60
   * @example { desiredNodes: 4, timeToLive: 15 }
   */
  timeToLive?: number;
  /**
   * Longest time for the call, in milliseconds.
   * @default a minute for each request
   * @example { desiredNodes: 4, timeoutMs: 10_000 }
   */
  timeoutMs?: number;
  /**
   * Ends the call: it rejects with the signal's reason, whatever that is.
   * @default never
   * @example { signal: AbortSignal.timeout(5_000) }
   */
  signal?: Signal;
  /** Alias of `desiredNodes`. */
  desired_nodes?: number;
  /** Alias of `timeToLive`. */
  time_to_live?: number;
  /** Alias of `timeoutMs`. */
  timeout_ms?: number;
}

/** What a cluster has, and what was granted. */
export interface Capacity {
  /** Nodes ready now. */
  availableNodes: number;
  /** Nodes granted, after clamping to the organization's limits; 0 if none were asked for. */
  requestedNodes: number;
  /** Whether fewer or more nodes were granted than asked for. */
  clamped: boolean;
  /** Whether as many nodes are ready as were waited for; false after `stopWaiting()` if they were not. */
  ready: boolean;
  /** Names the request, for `release`; null where nothing was asked for, or the server is an older one. */
  requestId: string | null;
  /** When the request ends; null where unknown. */
  expiresAt: Date | null;
  /** What the grant may cost at most at list price; null where the server does not say. */
  costMicroUsd: number | null;
}

/** Options of `scaleout`. */
export interface ScaleOptions {
  /**
   * Nodes to ask for, 0 or more.
   * @default none: it must be given
   * @example { desiredNodes: 4 }
   */
  desiredNodes?: number;
  /**
   * Minutes the nodes are wanted for, from 1 to a year.
   * @default 60
   * @example { desiredNodes: 4, timeToLive: 15 }
   */
  timeToLive?: number;
  /**
   * Nodes that must be ready before the wait ends.
   * @default all that are granted
   * @example { desiredNodes: 10, minReady: 1 }
   */
  minReady?: number;
  /**
   * Longest wait in milliseconds; then the call rejects `scale_timeout`, and the request stands until
   * `session.release()` or `scaleout({ desiredNodes: 0 })`. The error's `progress` is the last state seen.
   * @default the time to live
   * @example { desiredNodes: 4, timeoutMs: 5 * 60_000 }
   */
  timeoutMs?: number;
  /**
   * Called as the cluster grows.
   * @default nobody is called
   * @example { desiredNodes: 4, onProgress: ({ phase }) => console.log(phase) }
   */
  onProgress?: (progress: ScaleProgress) => void;
  /**
   * Ends the wait. The request stands; `session.release()` takes it back.
   * @default never
   * @example { desiredNodes: 4, signal: controller.signal }
   */
  signal?: Signal;
  /**
   * Accepted because Python scripts pass it; see `ConnectionOptions.bypassDns`.
   * @default false
   * @example { desiredNodes: 4, bypassDns: false }
   */
  bypassDns?: boolean;
  /** Alias of `desiredNodes`. */
  desired_nodes?: number;
  /** Alias of `timeToLive`. */
  time_to_live?: number;
  /** Alias of `minReady`. */
  min_ready?: number;
  /** Alias of `timeoutMs`. */
  timeout_ms?: number;
  /** Alias of `onProgress`. */
  on_progress?: (progress: ScaleProgress) => void;
  /** Alias of `bypassDns`. */
  bypass_dns?: boolean;
}

/** How far a cluster has come. */
export interface ScaleProgress {
  /** `requesting` until the order is placed, `waking` until a first node is ready, then `growing`, then `ready`. */
  phase: "requesting" | "waking" | "growing" | "ready";
  /** Nodes ready now. */
  nodes: number;
  /** Nodes waited for. */
  wanted: number;
  /** Milliseconds since the call. */
  elapsedMs: number;
  /** In how many milliseconds the nodes are expected; null where the server does not know. */
  expectedMs: number | null;
  /** What the provisioning system says about it; null where it says nothing. */
  message: string | null;
}

/**
 * A cluster on its way to a size: await it, iterate over it, or leave it. A refusal reaches whoever awaits or
 * iterates, and is not reported where nobody does: whoever leaves an operation alone does not hear of its failure.
 *
 * ```js
 * for await (const { phase, nodes, wanted } of scaleout({ desiredNodes: 5 })) console.log(phase, nodes, wanted);
 * ```
 */
export interface ScaleOperation extends Promise<Capacity>, AsyncIterable<ScaleProgress> {
  /**
   * Ends the wait without an error: the promise resolves with the capacity seen last and `ready: false`. The request
   * stands. May be called at any time, and more than once.
   */
  stopWaiting(): void;
  /** `stopWaiting()`, at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/** Options of `source`. */
export interface SourceOptions {
  /**
   * Longest time for the whole call, in milliseconds.
   * @default 120_000
   * @example { timeoutMs: 5_000 }
   */
  timeoutMs?: number;
  /**
   * Ends the call: it rejects with the signal's reason, whatever that is.
   * @default never
   * @example { signal: AbortSignal.timeout(5_000) }
   */
  signal?: Signal;
  /** Alias of `timeoutMs`. */
  timeout_ms?: number;
}

/** Options of `stream`. */
export interface StreamOptions {
  /**
   * Longest silence of the server, in milliseconds; then the stream fails with `timed_out`.
   * @default 600_000
   * @example { timeoutMs: 60_000 }
   */
  timeoutMs?: number;
  /**
   * Ends the stream, and the work on the cluster.
   * @default never
   * @example { signal: controller.signal }
   */
  signal?: Signal;
  /**
   * Called after each piece of the stream.
   * @default nobody is called
   * @example { onProgress: ({ bytes, rows }) => console.log(bytes, rows) }
   */
  onProgress?: (progress: StreamProgress) => void;
  /**
   * Called with what the server says while it works.
   * @default nobody is called
   * @example { onMessage: ({ level, text }) => console.log(level, text) }
   */
  onMessage?: (message: ServerMessage) => void;
  /**
   * Called with each file as soon as the server announces it. Begin to read it (its `stream`, or `bytes()`) before
   * `onFile` returns, or before the promise it returns settles: the data waits for that long, and a file that nobody
   * reads is let go. Files share the stream, so a slow reader slows all of it. What it throws or rejects with fails the
   * stream, whose end waits for all the promises returned (after a failure for two seconds at most).
   *
   * @default files are gathered in the stream's `files`, together at most 2 GiB (`stream_too_large`)
   * @example
   * ```js
   * const onFile = (file) => file.name.endsWith(".parquet") && saveFile(file, "heights.parquet"); // from sliderule-wasm/node
   * ```
   */
  onFile?: (file: StreamedFile) => unknown;
  /**
   * Functions by record type, called with each record of that type, one after the other, in the stream's order and
   * awaited; what is called back is no part of the result. The record is an object as the existing clients give it:
   * `__rectype`, then its fields; 64-bit integers as BigInt, arrays as plain arrays, nested records as objects or arrays
   * of objects. `eventrec` and `exceptrec` are messages as well.
   *
   * @default {}, so that everything comes as columns, which is quicker
   * @example
   * ```js
   * const callbacks = { atl06rec: ({ elevation }) => console.log(elevation.length) };
   * await stream("atl06p", parameters, { callbacks }).collect();
   * ```
   */
  // biome-ignore lint/suspicious/noExplicitAny: whoever names a record type knows its fields.
  callbacks?: Record<string, (record: Record<string, any>) => unknown>;
  /**
   * Takes a result of which the server reports missing parts, in place of failing with `incomplete_result`.
   * @default false
   * @example { allowPartial: true }
   */
  allowPartial?: boolean;
  /** Alias of `timeoutMs`. */
  timeout_ms?: number;
  /** Alias of `onProgress`. */
  on_progress?: (progress: StreamProgress) => void;
  /** Alias of `onFile`. */
  on_file?: (file: StreamedFile) => unknown;
  /** Alias of `onMessage`. */
  on_message?: (message: ServerMessage) => void;
  /** Alias of `allowPartial`. */
  allow_partial?: boolean;
}

/** How much of a stream has arrived. */
export interface StreamProgress {
  /** Bytes received. */
  bytes: number;
  /** Rows handed over in batches, over all record types. */
  rows: number;
}

/** An `eventrec` or `exceptrec` record: what the server says while it works. Not a row of the result. */
export interface ServerMessage {
  /** The record type it came in. */
  recordType: string;
  /** How grave it is. */
  level: "debug" | "info" | "warning" | "error" | "critical";
  /** The exception code of the release the server runs; null for events. */
  code: number | null;
  /** What the code means in that release; null for events. */
  kind: ExceptionKind | null;
  /**
   * Whether it is news (`progress`, also where a region has no data), worth knowing (`warning`), or says that the result
   * lacks data (`missing`), which makes it `incomplete_result`.
   */
  meaning: "progress" | "warning" | "missing";
  /** What it says. */
  text: string;
}

/** What an exception is about, whatever its code in a release. `timeout` at level `info` says that work goes on. */
export type ExceptionKind =
  | "status"
  | "error"
  | "timeout"
  | "resource"
  | "empty"
  | "simplify"
  | "memory"
  | "script"
  | "unauthorized"
  | "unfinished"
  | "too_many_resources"
  | "unknown";

/**
 * A file inside a stream, while it arrives. One of `stream` and `bytes` can be used, once. Do not await it inside of a
 * loop over the same stream, which reads on only when the loop does.
 */
export interface StreamedFile {
  /** What the server calls it. Never use it as a path: a server can call a file anything. */
  name: string;
  /** Its size in bytes, as announced. */
  size: number;
  /** Its bytes as they arrive; each chunk is the reader's own. Ends without an error only if the whole file came. */
  stream: ByteStream;
  /**
   * All of its bytes, once they have arrived and the checksum, where the server sends one, was verified. A checksum that
   * comes only after a reader of another file held up the stream for five seconds still fails the stream.
   */
  bytes(): Promise<Uint8Array>;
}

/** A whole file that came in a stream. */
export interface FileResult {
  /** What the server calls it. Never use it as a path. */
  name: string;
  /** Its size in bytes. */
  size: number;
  /** Its bytes. */
  bytes: Uint8Array;
}

/** A file that the server wrote elsewhere, such as to S3. */
export interface RemoteFile {
  /** Where. */
  url: string;
  /** Its size in bytes. */
  size: number;
}

/** One column: numbers of the record's own width, 64-bit integers and times (ns since 1970) as BigInt, text as strings. */
export type Column =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | string[]
  | Column[];

/** Decoded rows of one record type as columns of equal length. The arrays are the caller's own. */
export interface Batch {
  /** The record type, such as `atl06rec`. */
  recordType: string;
  /** How many rows: the length of each column. */
  length: number;
  /** The columns by field name, in the order of the record's layout. */
  columns: Record<string, Column>;
}

/** A row of a batch as a plain object; lists are parts of the batch's arrays. */
export type Row = Record<string, number | bigint | string | Column>;

/** The rows of a batch, each made when it is asked for. */
export interface Rows extends Iterable<Row> {
  /** How many there are. */
  readonly length: number;
  /** The row at an index; negative ones count from the end. */
  at(index: number): Row | undefined;
}

/** The module `apache-arrow`, 14 or newer. */
export interface ArrowModule {
  /** Its tables. */
  Table: new (
    ...given: never[]
  ) => unknown;
  /** What makes its columns. */
  makeData: unknown;
}

/** How columns become Arrow's. */
export interface ArrowOptions {
  /**
   * Columns of nanoseconds since 1970, which become UTC timestamps.
   * @default they stay 64-bit integers
   * @example { times: ["time"] }
   */
  times?: readonly string[];
  /**
   * Columns of lists that become `List` even where all rows are equally long, so that all batches of a stream get one
   * schema.
   * @default equally long ones become `FixedSizeList`
   * @example { lists: ["waveform"] }
   */
  lists?: readonly string[];
}

/** A whole stream, joined. */
export interface StreamResult {
  /** The rows of each record type, joined in the order of arrival. Empty if there were none. */
  tables: Record<string, Batch>;
  /** What the server said, in the order of arrival: the newest of the news, and what is more, a thousand of each at least. */
  messages: ServerMessage[];
  /** Those of the messages that are more than news. */
  warnings: ServerMessage[];
  /** The files that came with it, unless `onFile` took them. */
  files: FileResult[];
  /** The files that the server wrote elsewhere. */
  remoteFiles: RemoteFile[];
  /** Bytes received. */
  bytes: number;
}

/**
 * The records of a processing request. Nothing is sent before it is iterated over or collected, and no more is read
 * than is asked for. It can be read once. A stream that ends early fails with `stream_truncated`, whatever it
 * delivered before; leaving the loop ends the work on the cluster.
 */
export interface RecordStream extends AsyncIterable<Batch> {
  /**
   * Reads to the end and joins the batches. Ancillary fields, raster samples and waveforms that were asked for become
   * columns of the table they belong to, joined by `extent_id` (`shot_number`): fields by their name in the request
   * (`parms.atl03_ph_fields`, `atl03_geo_fields`, `atl06_fields`, `atl08_fields`, `anc_fields`), or as
   * `<record type>[<place>]` where the request does not name them, samples as `<key>.<field>`. A name that the table has
   * already is prefixed with the ancillary record type. Rows without a value have NaN, which makes a column of integers
   * one of doubles; several values for one row are a list. The ancillary tables stay in `tables`.
   */
  collect(): Promise<StreamResult>;
  /**
   * Ends the stream, and the work on the cluster: whoever reads it gets an `invalid_argument`. May be called at any time, and
   * more than once; a stream that was read to its end stays as it is.
   */
  dispose(): void;
  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** What the server said so far. */
  readonly messages: readonly ServerMessage[];
  /** The whole files that came so far, unless `onFile` took them. */
  readonly files: readonly FileResult[];
  /** The files that the server said it wrote elsewhere. */
  readonly remoteFiles: readonly RemoteFile[];
}

/** What a cluster is doing, as its provisioning system tells. */
export interface ClusterStatus {
  /** Whose cluster. */
  organization: string;
  /** What it is doing. */
  state: "asleep" | "waking" | "running" | "stopping" | "failed";
  /** What keeps it from running; null if nothing does. */
  blocked: "suspended" | "paused" | "out_of_funds" | "protected" | null;
  /** One sentence: what happens now, and what to do. */
  message: string;
  /** Nodes by state. */
  nodes: { booting: number; ready: number; draining: number; stopping: number };
  /** Nodes wanted now. */
  targetNodes: number;
  /** Nodes kept without any request. */
  minNodes: number;
  /** Nodes allowed at most. */
  maxNodes: number;
  /** The release its nodes run. */
  version: string;
  /** Whether everybody may use it. */
  isPublic: boolean;
  /** The live requests, soonest to expire first. */
  requests: { id: string; user: string; nodes: number; expiresAt: Date }[];
  /** Money left. */
  balanceMicroUsd: number;
  /** Who asked for what until when, in one line; empty where the server does not say. */
  explanation: string;
  /**
   * For how many minutes the money lasts at that many nodes; `minutes` is null if they cost nothing. Null where the
   * server does not say.
   */
  runway: { nodes: number; minutes: number | null } | null;
  /** In how many seconds all wanted nodes are expected to be ready; null where nothing is known. */
  readyInSeconds: number | null;
}

/** What a cluster cost. */
export interface Costs {
  /** Whose money. */
  organization: string;
  /** What is left: credits less what was spent. */
  balanceMicroUsd: number;
  /** All that was ever credited. */
  creditedMicroUsd: number;
  /** All that was ever spent, up to this moment. */
  spentMicroUsd: number;
  /** List price of one node for an hour. */
  nodeHourMicroUsd: number;
  /** List price of a running cluster for an hour, besides its nodes; 0 where the server has no such price. */
  fixedHourMicroUsd: number;
  /** The newest entries of the ledger, newest first. */
  entries: {
    /** When it was written. */
    at: Date;
    /** Why. `refund` comes from older servers only; `reserve` and `settle` leave the balance as it is. */
    kind: "credit" | "reserve" | "charge" | "settle" | "overrun" | "adjustment" | "refund";
    /** What it adds to the balance, with its sign. */
    amountMicroUsd: number;
    /** Who pays a charge; null for the organization itself, and where nobody is named. */
    payer: string | null;
    /** For people. */
    note: string;
  }[];
}

/** What a server says about its release. */
export interface VersionReport {
  /** The server's release, such as `4.20.0`. */
  server: string;
  /** The release this client speaks. */
  client: string;
  /** Whether the server is newer than the client within the same major release. */
  outOfDate: boolean;
  /** What that means, in words; null where it is not. */
  warning: string | null;
}

/** Options of calls that only wait for an answer. */
export interface CallOptions {
  /**
   * Ends the call: it rejects with the signal's reason, whatever that is.
   * @default never
   * @example { signal: AbortSignal.timeout(5_000) }
   */
  signal?: Signal;
  /**
   * Longest time for the call, in milliseconds; then it rejects `timed_out`.
   * @default a minute for each request
   * @example { timeoutMs: 5_000 }
   */
  timeoutMs?: number;
  /** Alias of `timeoutMs`. */
  timeout_ms?: number;
}

/** Options of `checkVersion`. */
export interface VersionOptions extends CallOptions {
  /**
   * Packages of the server for which the rule holds too.
   * @default []
   * @example { plugins: ["icesat2"] }
   */
  plugins?: string[];
}

/** Options of `estimate`. */
export interface EstimateOptions extends CallOptions {
  /**
   * Nodes to ask for.
   * @default none: it must be given
   * @example { desiredNodes: 4 }
   */
  desiredNodes?: number;
  /**
   * Minutes the nodes are wanted for, from 1 to a year.
   * @default 60
   * @example { desiredNodes: 4, timeToLive: 15 }
   */
  timeToLive?: number;
  /** Alias of `desiredNodes`. */
  desired_nodes?: number;
  /** Alias of `timeToLive`. */
  time_to_live?: number;
}

/** What an order would be granted now. */
export interface Estimate {
  /** Nodes that would be granted. */
  nodes: number;
  /** Whether that is fewer or more than what was asked for. */
  clamped: boolean;
  /** When the request would end. */
  expiresAt: Date;
  /** What it may cost at most, at list price, beyond what is promised already. */
  costMicroUsd: number;
  /** What is free for it now. */
  freeMicroUsd: number;
  /** Nodes that would be wanted with it, of everybody together. */
  targetNodes: number;
  /** Who would have asked for what until when, in one line. */
  explanation: string;
  /** How long the money would last at the size with it. */
  runway: { nodes: number; minutes: number | null } | null;
}

/** Options of `extend`. */
export interface ExtendOptions extends CallOptions {
  /**
   * Minutes from now. A request that ends later stays as it is.
   * @default 60
   * @example { timeToLive: 30 }
   */
  timeToLive?: number;
  /**
   * Which request.
   * @default the last that this session made
   * @example { requestId: capacity.requestId }
   */
  requestId?: string;
  /** Alias of `timeToLive`. */
  time_to_live?: number;
  /** Alias of `requestId`. */
  request_id?: string;
}

/** A request for nodes that lives on. */
export interface Extension {
  /** Which. */
  requestId: string;
  /** Its nodes. */
  nodes: number;
  /** When it ends now. */
  expiresAt: Date;
  /** What it may cost at most beyond what was promised before. */
  costMicroUsd: number;
}

/** Options of `release`. */
export interface ReleaseOptions extends CallOptions {
  /**
   * Which request.
   * @default all that this session made
   * @example { requestId: capacity.requestId }
   */
  requestId?: string;
  /** Alias of `requestId`. */
  request_id?: string;
}

/** Options of `keepAlive`. */
export interface KeepAliveOptions {
  /**
   * Minutes that the nodes outlive the job at most. The request is extended by that much, over and over. The server
   * says how few it allows.
   * @default 15
   * @example { timeToLive: 5 }
   */
  timeToLive?: number;
  /**
   * Which request.
   * @default the last that this session made
   * @example { requestId: capacity.requestId }
   */
  requestId?: string;
  /**
   * Lets go.
   * @default never
   * @example { signal: controller.signal }
   */
  signal?: Signal;
  /** Alias of `timeToLive`. */
  time_to_live?: number;
  /** Alias of `requestId`. */
  request_id?: string;
}

/**
 * A request for nodes that is kept alive until it is let go: by `stop()`, at the end of a `using` block, with the session,
 * or when the page closes. The nodes then end by themselves. A page that the browser brings back by its back button extends the
 * request at once. A refusal, for want of money say, is a warning.
 */
export interface KeepAlive {
  /** When the request ends if nothing extends it; null before the first extension. */
  readonly expiresAt: Date | null;
  /** Whether it is kept alive no more. */
  readonly stopped: boolean;
  /** Lets go. May be called more than once. */
  stop(): void;
  /** `stop()`, at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/** One client's connection to one organization. */
export interface Session {
  /** The organization; null for a single node. `authenticate` may change it. */
  readonly organization: string | null;
  /** Whether a token is held. */
  readonly authenticated: boolean;
  /** Who is signed in; null if nobody is. */
  readonly user: string | null;
  /** The cluster's release once it was checked, such as `4.20.0`; null before. */
  readonly serverVersion: string | null;
  /** All warnings so far. */
  readonly warnings: readonly Warning[];

  /** Authenticates, asks for nodes and waits if `desiredNodes` is set, then checks the version. */
  init(options?: StartOptions): Promise<Session>;
  /** Signs in. See the module's `authenticate`. */
  authenticate(organization?: string | null, credentials?: Credentials & CallOptions): Promise<Authentication>;
  /** Asks for nodes without waiting for them. See the module's `updateAvailableServers`. */
  updateAvailableServers(options?: CapacityOptions): Promise<Capacity>;
  /** Asks for nodes and waits for them. See the module's `scaleout`. */
  scaleout(options: ScaleOptions): ScaleOperation;
  /** Calls a plain service. See the module's `source`. */
  source(api: string, parameters?: object, options?: SourceOptions): Promise<unknown>;
  /** Calls a processing service. See the module's `stream`. */
  stream(api: string, parameters?: object, options?: StreamOptions): RecordStream;
  /** Asks the cluster for its release and applies the version rule. Rejects `version_incompatible`. */
  checkVersion(options?: VersionOptions): Promise<VersionReport>;
  /**
   * What an order for nodes would be granted now, and what it would cost. Asks for nothing. Rejects as the order would,
   * and `unsupported` on an older provisioning system.
   */
  estimate(options: EstimateOptions): Promise<Estimate>;
  /** Lets a request for nodes live longer. Rejects `unsupported` on an older provisioning system. */
  extend(options?: ExtendOptions): Promise<Extension>;
  /**
   * Keeps the nodes for as long as a job runs, and gives its result. Rejects as the job does.
   *
   * ```js
   * const heights = await session.keepAlive(() => session.stream("atl06p", parameters).collect());
   * ```
   */
  keepAlive<T>(job: PromiseLike<T> | (() => T | PromiseLike<T>), options?: KeepAliveOptions): Promise<T>;
  /** Keeps the nodes until it is told to stop. */
  keepAlive(options?: KeepAliveOptions): KeepAlive;
  /** What the cluster is doing. Rejects `unsupported` on an older provisioning system. */
  status(options?: CallOptions): Promise<ClusterStatus>;
  /** What the cluster cost. Rejects `unsupported` on an older provisioning system. */
  costs(options?: CallOptions): Promise<Costs>;
  /**
   * Takes back a request for nodes. Without `requestId`: all requests that this session made.
   * Rejects `unsupported` on an older provisioning system. Resolves with the nodes wanted now.
   */
  release(options?: ReleaseOptions): Promise<{ targetNodes: number }>;
  /**
   * Forgets the tokens of the organization, here, in the store and in other tabs, also those that an earlier session left
   * there, and has the server revoke them. A server that cannot be told is not waited for longer than five seconds.
   */
  signOut(options?: CallOptions): Promise<void>;
  /**
   * Ends every call and stream that still runs, and refuses new ones: both reject `invalid_argument`. Tokens stay in the
   * store: a refresh under way is finished and saved. What the session has in WebAssembly is given back at once; a program
   * that makes many sessions should dispose of each. May be called at any time, and more than once.
   *
   * ```js
   * using session = createSession({ organization: "acme" });
   * ```
   */
  dispose(): void;
  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Alias of `updateAvailableServers`. */
  update_available_servers(options?: CapacityOptions): Promise<Capacity>;
}

/**
 * Makes the default session and starts it: signs in, scales if `desiredNodes` is set and waits, then checks the
 * version.
 *
 * `url`: a bare domain such as `slideruleearth.io` means `https://ps.<domain>` and `https://<organization>.<domain>`
 * (a `:port` is kept); a URL with a scheme means a single origin: provisioning at `<url>/api/`, cluster at
 * `<url>/clusters/<organization>/`.
 *
 * Without credentials for a private organization it resolves with `authenticated: false` and a warning, unless
 * `desiredNodes` is set; so it does where the cached sign-in has ended. Wrong credentials always reject.
 *
 * However `init` fails, the module's functions act on the session it made, never on an earlier one: after an `init`
 * with options or an address that cannot be used, each of them rejects as `init` did.
 *
 * @param url Default `"slideruleearth.io"`.
 */
export function init(url?: string, options?: InitOptions): Promise<Session>;

/**
 * Signs in to an organization with the default session, which then belongs to that organization.
 *
 * @param organization Default: the session's organization.
 * @param credentials Default: in Node the environment, then `.netrc` with the entry for Node; else cached tokens.
 */
export function authenticate(
  organization?: string | null,
  credentials?: Credentials & CallOptions,
): Promise<Authentication>;

/** Asks for nodes without waiting for them; without `desiredNodes` it only looks. */
export function updateAvailableServers(options?: CapacityOptions): Promise<Capacity>;

/** Asks for nodes and waits until they are ready. A refusal ends the wait at once. */
export function scaleout(options: ScaleOptions): ScaleOperation;

/**
 * Calls a plain service of the cluster, such as `version` or `time`, and returns its JSON answer.
 *
 * @param api Name of the service, without `/source/`.
 * @param parameters Sent as JSON. Default `{}`.
 */
export function source(api: string, parameters?: object, options?: SourceOptions): Promise<unknown>;

/**
 * Calls a processing service of the cluster, such as `atl06p`, and returns its records as columns.
 *
 * @param api Name of the service, without `/source/`.
 * @param parameters Sent as JSON. Default `{}`.
 */
export function stream(api: string, parameters?: object, options?: StreamOptions): RecordStream;

/** Which releases are at work. */
export interface Version {
  /** Of the package. */
  package: string;
  /** Of its WebAssembly module; the same, since another one is refused. */
  wasm: string;
  /** The SlideRule release whose wire formats the client speaks, such as `4.20.0`. */
  protocol: string;
}

/** Which releases are at work. Loads the WebAssembly module. */
export function version(): Promise<Version>;

/** A session of one's own, beside the default one. Nothing is sent before its first call. */
export function createSession(options?: SessionOptions): Session;

/** The rows of a batch as plain objects. They can be gone through more than once. */
export function rowsOf(batch: Batch): Rows;

/** Nanoseconds since 1970 as a `Date`: the millisecond that the instant lies in, before 1970 too. */
export function toDate(nanoseconds: bigint): Date;

/** A column of nanoseconds since 1970 as dates. */
export function toDates(column: BigInt64Array): Date[];

/**
 * The batch as an Arrow table. It shares the memory of the columns; only text is copied, and lists that lie apart, as
 * after `collect()`. Pass in your own `apache-arrow`:
 *
 * ```js
 * import * as arrow from "apache-arrow";
 * const table = toArrow(batch, arrow, { times: ["time"] });
 * ```
 */
export function toArrow<Arrow extends ArrowModule>(
  batch: Batch,
  arrow: Arrow,
  options?: ArrowOptions,
): InstanceType<Arrow["Table"]>;

/** Alias of `updateAvailableServers`. */
export function update_available_servers(options?: CapacityOptions): Promise<Capacity>;
