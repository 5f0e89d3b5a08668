/**
 * Waiting, so that nothing else has to.
 *
 * @module
 */

/** How long decoding may hold up everything else in a page, in milliseconds: a part of a frame, since others want theirs. */
const SLICE_MS = 4;
/** Microtasks that it takes until a chunk is there that has arrived already, and a few more. */
const TURNS = 8;

/** Turns of the event loop in which a chunk comes that only has to be fetched from the system. */
const MOMENT = 2;

/** Lets other work in between: a body that has arrived already would otherwise be decoded in one go. */
export class Pace {
  #began = performance.now();

  isOver() {
    return performance.now() - this.#began > SLICE_MS;
  }

  /** Waits for a turn of the event loop. */
  async rest() {
    await turn();
    this.rested();
  }

  /** The event loop has had a turn for another reason. */
  rested() {
    this.#began = performance.now();
  }
}

/** @type {MessageChannel | undefined} Made once: making one costs more than a turn. */
let channel;

/**
 * So many turns of the event loop, which is what a chunk takes that is there for the taking.
 *
 * @returns {Promise<void>}
 */
export async function aMoment() {
  for (let turns = 0; turns < MOMENT; turns += 1) await turn();
}

/**
 * A turn of the event loop, without the delay that timers have in pages.
 *
 * @returns {Promise<void>}
 */
function turn() {
  // In Node, where an open port would keep the program from ending.
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  channel ??= new MessageChannel();
  const { port1, port2 } = channel;
  return new Promise((resolve) => {
    port1.addEventListener("message", () => resolve(), { once: true });
    port1.start();
    port2.postMessage(undefined);
  });
}

/**
 * Whether a promise settles without a turn of the event loop, as that of a chunk does which has arrived already.
 *
 * @param {Promise<unknown>} promise
 * @returns {Promise<boolean>}
 */
export async function atOnce(promise) {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < TURNS && !settled; turn += 1) await undefined;
  return settled;
}

/**
 * Whether a promise settles within so many milliseconds.
 *
 * @param {Promise<unknown>} promise
 * @param {number} withinMs
 * @returns {Promise<boolean>}
 */
export function soon(promise, withinMs) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    const settle = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}
