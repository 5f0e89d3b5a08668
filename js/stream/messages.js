/**
 * What a server says during a stream, kept within bounds: a job can run for hours and say something every second.
 *
 * Always: in the order of arrival; the first ones that are more than news are kept, and the newest of the others.
 *
 * @module
 */

/** @import { ServerMessage } from "../index.js" */

/** How many of either kind are kept at least. */
const KEPT = 1000;

export class Messages {
  /** @type {ServerMessage[]} */
  #all = [];
  #warnings = 0;

  /** @param {ServerMessage} message */
  add(message) {
    if (message.meaning !== "progress") {
      if (this.#warnings === KEPT) return;
      this.#warnings += 1;
    }
    this.#all.push(message);
    // Twice as many before it is gone through, so that each message costs the same however many there are.
    if (this.#all.length - this.#warnings >= 2 * KEPT) this.#all = this.#trimmed();
  }

  get all() {
    return this.#all;
  }

  #trimmed() {
    let tooMany = this.#all.length - this.#warnings - KEPT;
    return this.#all.filter(({ meaning }) => {
      if (meaning !== "progress" || tooMany === 0) return true;
      tooMany -= 1;
      return false;
    });
  }
}
