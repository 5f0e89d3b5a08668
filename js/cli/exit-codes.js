/**
 * What the program ends with, for scripts. Documented in docs/CLI.md; codes never change their meaning.
 *
 * @module
 */

import { constants } from "node:os";

import { SlideRuleError } from "../errors.js";

/** @import { ErrorCode } from "../index.js" */

const FAILED = 1;
const USAGE = 2;
const CREDENTIALS = 3;
const REFUSED = 4;
const LATE = 5;
const UNREACHABLE = 6;
/** What a shell adds to the number of the signal that ended a program. */
const BY_SIGNAL = 128;

/** @type {Record<ErrorCode, number>} */
export const EXIT_CODES = {
  invalid_argument: USAGE,
  credentials_missing: CREDENTIALS,
  wrong_credentials: CREDENTIALS,
  unknown_organization: CREDENTIALS,
  not_a_member: CREDENTIALS,
  membership_inactive: CREDENTIALS,
  not_allowed: CREDENTIALS,
  throttled: UNREACHABLE,
  unreachable: UNREACHABLE,
  bad_response: FAILED,
  reauthentication_required: CREDENTIALS,
  cluster_asleep: REFUSED,
  cluster_waking: REFUSED,
  cluster_suspended: REFUSED,
  cluster_paused: REFUSED,
  cluster_protected: REFUSED,
  out_of_funds: REFUSED,
  insufficient_funds: REFUSED,
  scale_refused: REFUSED,
  scale_timeout: LATE,
  version_incompatible: FAILED,
  stream_truncated: FAILED,
  stream_malformed: FAILED,
  stream_too_large: FAILED,
  incomplete_result: FAILED,
  timed_out: LATE,
  unsupported: FAILED,
  storage_degraded: FAILED,
  wasm_blocked: FAILED,
  wasm_not_loaded: FAILED,
  internal_error: FAILED,
};

/** Somebody pressed Ctrl-C, or ended the program. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(signal === "SIGINT" ? "interrupted" : `ended by ${signal}`);
    this.signal = signal;
  }
}

/** Whoever read the output has left, as `head` does. */
export class OutputClosed extends Error {}

/** @param {unknown} error */
export function exitCodeOf(error) {
  if (error instanceof Interrupted) return exitCodeOfSignal(error.signal);
  if (error instanceof OutputClosed) return exitCodeOfSignal("SIGPIPE");
  return error instanceof SlideRuleError ? EXIT_CODES[error.code] : FAILED;
}

/** @param {NodeJS.Signals} signal */
export function exitCodeOfSignal(signal) {
  return BY_SIGNAL + constants.signals[signal];
}
