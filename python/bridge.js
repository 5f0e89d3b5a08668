/**
 * What the Python package `sliderule_wasm` calls, inside Pyodide.
 *
 * Python and JavaScript hold each other's objects by proxies, which are costly and have to be let go. So that there are few:
 * options and answers cross as JSON text, rows as whole buffers, and every call resolves with how it ended, also where it
 * failed.
 *
 * @module
 */

import { Entry } from "../js/entry.js";
import { SlideRuleError } from "../js/errors.js";
import { inlined } from "../js/inlined.js";
import { rowsTogether } from "./columns.js";

/** @import { ScaleProgress, Session, StreamResult } from "../js/index.js" */

/**
 * @typedef {object} Outcome How a call ended. To Python a property that is not there is an error, one without a value is none.
 * @property {any} value
 * @property {string | undefined} error What a `SlideRuleError` says, as JSON.
 * @property {object | undefined} partial What did arrive, where a result is not whole.
 */

/**
 * @typedef {{ (progress: string): void, destroy(): void }} Listener A function of Python, held until it is destroyed.
 */

/** @type {((machine: string) => string | null | undefined) | undefined} */
let credentialsFor;
/** @type {((level: string, line: string) => void) | undefined} */
let log;

/** As the default entry of the npm package, but for where it looks for credentials. */
const entry = new Entry({
  wasm: inlined,
  furtherCredentials: async (machine) => {
    const { problem, ...found } = JSON.parse(credentialsFor?.(machine) ?? "{}");
    if (problem !== undefined) throw new SlideRuleError("credentials_missing", problem);
    return Object.keys(found).length > 0 ? found : undefined;
  },
});

/**
 * Says where Python keeps credentials, and where it takes lines for the log.
 *
 * @param {(machine: string) => string | null | undefined} findCredentials
 * @param {(level: string, line: string) => void} takeLine
 */
export function configure(findCredentials, takeLine) {
  credentialsFor = findCredentials;
  log = takeLine;
}

const logger = {
  debug: (/** @type {string} */ line) => log?.("debug", line),
  info: (/** @type {string} */ line) => log?.("info", line),
  warn: (/** @type {string} */ line) => log?.("warning", line),
  error: (/** @type {string} */ line) => log?.("error", line),
};

/**
 * @param {string} url
 * @param {string} options
 * @param {AbortSignal} signal
 * @param {Listener | undefined} listener
 * @returns {Promise<Outcome>} with the session
 */
export function init(url, options, signal, listener) {
  const onProgress = progressTo(listener);
  return outcome(() => entry.init(JSON.parse(url), { logger, ...JSON.parse(options), onProgress, signal })).finally(
    () => listener?.destroy(),
  );
}

/**
 * @param {string} options
 * @returns {Promise<Outcome>} with the session
 */
export function createSession(options) {
  return outcome(async () => entry.createSession({ logger, ...JSON.parse(options) }));
}

/**
 * Any call whose answer is JSON.
 *
 * @param {Session | undefined} session The default one if there is none.
 * @param {string} method
 * @param {string} words Its arguments, the last of which are its options.
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>} with the answer as JSON
 */
export function call(session, method, words, signal) {
  return outcome(async () => {
    const given = JSON.parse(words);
    given.push({ ...given.pop(), signal });
    return textOf(await /** @type {any} */ (session ?? entry.session)[method](...given));
  });
}

/** @param {Session} session */
export function identityOf({ organization, authenticated, user, serverVersion, warnings }) {
  return textOf({ organization, authenticated, user, serverVersion, warnings });
}

/**
 * @param {Session | undefined} session
 * @param {string} options
 * @param {AbortSignal} signal
 * @param {Listener | undefined} listener
 * @returns {Outcome} with the operation
 */
export function scaleout(session, options, signal, listener) {
  return begun(listener, () => {
    const onProgress = progressTo(listener);
    const operation = (session ?? entry.session).scaleout({ ...JSON.parse(options), onProgress, signal });
    const ended = outcome(async () => textOf(await operation)).finally(() => listener?.destroy());
    const reports = operation[Symbol.asyncIterator]();
    return {
      ended,
      stopWaiting: () => operation.stopWaiting(),
      next: () =>
        outcome(async () => {
          const { value, done } = await reports.next();
          return done ? undefined : textOf(value);
        }),
    };
  });
}

/**
 * @param {Session | undefined} session
 * @param {string} words The service, its parameters and the options.
 * @param {AbortSignal} signal
 * @param {Listener | undefined} listener Whoever reads the stream destroys it.
 * @returns {Outcome} with the stream
 */
export function stream(session, words, signal, listener) {
  return begun(listener, () => {
    const [api, parameters, options] = JSON.parse(words);
    const rows = (session ?? entry.session).stream(api, parameters, {
      ...options,
      onMessage: ({ level, text }) => log?.(level, text),
      onProgress: listener && ((progress) => listener(textOf(progress))),
      signal,
    });
    /** @type {AsyncIterator<import("../js/index.js").Batch, void> | undefined} */
    let batches;
    return {
      next: () =>
        outcome(async () => {
          batches ??= rows[Symbol.asyncIterator]();
          const { value, done } = await batches.next();
          return done ? undefined : rowsTogether(value);
        }),
      /** Whoever leaves a loop reads on no more, and only a reader hears of the signal. */
      leave: () => void batches?.return?.().catch(() => {}),
      collect: () => outcome(async () => together(await rows.collect())),
      saidSoFar: () => textOf(rows.messages),
      filesSoFar: () => rows.files,
    };
  });
}

/**
 * @param {Session} session
 * @param {string} options
 */
export function keepAlive(session, options) {
  return outcome(async () => session.keepAlive(JSON.parse(options)));
}

/**
 * Tells how far a cluster has come: the log once for each change, the listener each time.
 *
 * @param {Listener | undefined} listener
 */
function progressTo(listener) {
  let last = "";
  return (/** @type {ScaleProgress} */ progress) => {
    const { phase, nodes, wanted } = progress;
    const line = `${phase}: ${nodes} of ${wanted} nodes`;
    if (line !== last) log?.("info", line);
    last = line;
    listener?.(textOf(progress));
  };
}

/**
 * @param {StreamResult} result
 */
function together({ tables, messages, warnings, files, remoteFiles, bytes }) {
  return {
    tables: Object.fromEntries(Object.entries(tables).map(([recordType, table]) => [recordType, rowsTogether(table)])),
    files: files.map(({ name, bytes }) => ({ name, bytes })),
    rest: textOf({ messages, warnings, remoteFiles, bytes }),
  };
}

/**
 * @param {() => Promise<any>} act
 * @returns {Promise<Outcome>}
 */
async function outcome(act) {
  try {
    return { value: await act(), error: undefined, partial: undefined };
  } catch (error) {
    return failed(error);
  }
}

/**
 * What begins at once, and ends later. Where it does not begin, the listener is let go.
 *
 * @param {Listener | undefined} listener
 * @param {() => any} begin
 * @returns {Outcome}
 */
function begun(listener, begin) {
  try {
    return { value: begin(), error: undefined, partial: undefined };
  } catch (error) {
    listener?.destroy();
    return failed(error);
  }
}

/**
 * @param {any} error
 * @returns {Outcome}
 */
function failed(error) {
  const {
    code = "internal_error",
    message = String(error),
    endpoint,
    status,
    retryable,
    progress,
    partial,
  } = error ?? {};
  const known = error instanceof SlideRuleError;
  const said = { code: known ? code : "internal_error", message, endpoint, status, retryable, progress };
  return { value: undefined, error: textOf(said), partial: partial && together(partial) };
}

/**
 * JSON in which an instant is `{ "instant": milliseconds }`.
 *
 * @param {unknown} value
 */
function textOf(value) {
  return (
    JSON.stringify(value, function (key, text) {
      const given = this[key];
      return given instanceof Date ? { instant: given.getTime() } : text;
    }) ?? "null"
  );
}
