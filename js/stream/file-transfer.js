/**
 * One file on its way: counted and summed as its bytes come, and handed on no faster than somebody reads them.
 *
 * Always: what is handed on is exactly what came, in order, in memory that is the reader's alone; the stream of a file
 * ends without an error only once all announced bytes have come; and a file that nobody takes is let go rather than
 * kept.
 *
 * @module
 */

import { invalid, SlideRuleError } from "../errors.js";

/** @import { StreamedFile } from "../index.js" */

/**
 * @typedef {object} Budget How many bytes may be gathered in memory.
 * @property {number} limit
 * @property {number} held What was announced of the files that are gathered.
 * @property {boolean} keeps Whether they stay once they are whole.
 */

/** Up to here the announced size is believed, and allocated at once; memory beyond it grows as the bytes come. */
const BELIEVED = 64 * 1024 * 1024;
/** How many words of four bytes can be summed as two pairs in 16 bits each: 128 × 2 × 255 is just below 2^16. */
const PAIRED = 128;
/** As much of a name or an address as messages quote. */
const QUOTED = 200;

export class FileTransfer {
  received = 0;
  /** The plain sum of the bytes so far, as the server makes it: to be taken modulo 2^64. */
  sum = 0n;
  /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} Nothing once no more may be handed on. */
  #controller;
  /** Whether a reader waits for bytes. */
  #wanted = false;
  /** Whether somebody may still come to take the file. */
  #offered = true;
  /** @type {(() => void) | undefined} */
  #wake;

  /**
   * @param {string} name
   * @param {number} size
   * @param {Budget} budget
   */
  constructor(name, size, budget) {
    /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */
    const stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted = true;
          this.#changed();
        },
        cancel: () => {
          this.#controller = undefined;
          this.#changed();
        },
      },
      // Asking for nothing ahead is what makes each pull mean that somebody reads.
      { highWaterMark: 0 },
    );
    /** @type {StreamedFile} */
    this.file = {
      name,
      size,
      stream,
      bytes: () => {
        const whole = gathered(this.file, budget);
        // Whoever awaits it only later must not have the program ended by a failure in between.
        whole.catch(() => {});
        return whole;
      },
    };
  }

  /** @returns {string} The name as messages may show it. */
  get label() {
    return quoted(this.file.name);
  }

  get isFull() {
    return this.received === this.file.size;
  }

  /** @param {Uint8Array} bytes The next ones, whether or not anybody wants them. */
  count(bytes) {
    this.received += bytes.length;
    this.sum += BigInt(sumOf(bytes));
  }

  /**
   * Hands bytes on, or drops them if nobody wants them. False if they have to wait for a reader: then try again after
   * `change`.
   *
   * @param {Uint8Array} bytes
   */
  offer(bytes) {
    if (this.#controller === undefined || bytes.length === 0) return true;
    if (this.#wanted) {
      // A reader that is quick asks for more inside of `enqueue`.
      this.#wanted = false;
      this.#controller.enqueue(owned(bytes));
      return true;
    }
    if (this.#offered || this.file.stream.locked) return false;
    this.fail(late(this.label));
    return true;
  }

  /** Resolves when `offer` may give another answer. */
  change() {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.#wake = resolve;
      })
    );
  }

  /** Says that whoever has not begun to read the file by now never will. */
  withdraw() {
    this.#offered = false;
    this.#changed();
  }

  /** Ends the stream of a full file. */
  close() {
    this.#controller?.close();
    this.#controller = undefined;
  }

  /**
   * Ends the stream of a file that is not full; none of its bytes are wanted any more.
   *
   * @param {unknown} reason
   */
  fail(reason) {
    this.#controller?.error(reason);
    this.#controller = undefined;
    this.#changed();
  }

  #changed() {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/**
 * Text of a server's as messages may show it: on one line, in one direction, and short.
 *
 * @param {string} text
 */
export function quoted(text) {
  const short = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return JSON.stringify(short).replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 */
export function tooLarge(message, cause) {
  return new SlideRuleError("stream_too_large", message, { cause });
}

/**
 * A whole file in memory.
 *
 * @param {StreamedFile} file
 * @param {Budget} budget
 */
async function gathered({ name, size, stream }, budget) {
  if (stream.locked) {
    throw invalid(`the file ${quoted(name)} is being read already; use its stream or bytes(), once, not both`);
  }
  if (size > budget.limit - budget.held) {
    throw tooLarge(
      `the file ${quoted(name)} of ${size} bytes would take more than the ${budget.limit} bytes of memory that files may take; read it through onFile and its stream`,
    );
  }
  budget.held += size;
  const reader = stream.getReader();
  try {
    /** @type {Uint8Array} */
    let whole = new Uint8Array(0);
    let filled = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      // The server sends most files in one piece, which can be handed on as it is.
      if (value.length === size) whole = value;
      else {
        whole = grown(whole, filled + value.length, size);
        whole.set(value, filled);
      }
      filled += value.length;
    }
    if (!budget.keeps) budget.held -= size;
    return whole;
  } catch (error) {
    budget.held -= size;
    // The stream goes on without this file, if whoever wanted it does.
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

/**
 * An array with room for what is needed, and in the end for exactly the whole.
 *
 * @param {Uint8Array} array
 * @param {number} needed
 * @param {number} size
 */
function grown(array, needed, size) {
  if (needed <= array.length) return array;
  try {
    const larger = new Uint8Array(Math.min(size, Math.max(BELIEVED, needed, 2 * array.length)));
    larger.set(array);
    return larger;
  } catch (cause) {
    throw tooLarge(`there is no memory for a file of ${size} bytes; read it through onFile and its stream`, cause);
  }
}

/**
 * The plain sum of bytes. Four at a time take a third of the time that single ones do, and these are whole files.
 *
 * @param {Uint8Array} bytes
 */
function sumOf(bytes) {
  const head = Math.min(-bytes.byteOffset & 3, bytes.length);
  const count = (bytes.length - head) >> 2;
  const words = count > 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset + head, count) : new Uint32Array(0);
  let sum = 0;
  for (let at = 0; at < words.length; at += PAIRED) {
    const end = Math.min(at + PAIRED, words.length);
    let pairs = 0;
    for (let index = at; index < end; index += 1) {
      const word = words[index] ?? 0;
      pairs = (pairs + (word & 0xff00ff) + ((word >>> 8) & 0xff00ff)) | 0;
    }
    sum += (pairs & 0xffff) + (pairs >>> 16);
  }
  for (const rest of [bytes.subarray(0, head), bytes.subarray(head + words.byteLength)]) {
    for (const byte of rest) sum += byte;
  }
  return sum;
}

/**
 * Rows of one batch share their memory; a reader may transfer what it gets to another thread.
 *
 * @param {Uint8Array} bytes
 */
function owned(bytes) {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** @param {string} label */
function late(label) {
  return invalid(
    `nobody read the file ${label} when its data came, so it was let go; begin before onFile returns, or before the promise it returns settles`,
  );
}
