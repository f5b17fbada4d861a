// How long a client in the page waits before it tries again. Its twin in Python is protocols/backoff.py.

/**
 * Exponential back-off with full jitter: drawn evenly from 0 up to a ceiling that doubles with each failure.
 *
 * @param {number} failures - how many attempts have failed since the last success, at least 1
 * @param {number} first - the ceiling after one failure, in milliseconds
 * @param {number} limit - the highest ceiling, in milliseconds
 * @returns {number} milliseconds
 */
export function backOff(failures, first = 500, limit = 30000) {
  return Math.random() * Math.min(limit, first * 2 ** (failures - 1));
}

const LONGEST_FAILURE = 300000; // milliseconds

/** What a client in the page says when it gives up: a page can't know that the kernel, and the server in it, are gone. */
export const GONE = "nobody has answered for five minutes; start the client again when the server is there";

/** The failures of a client since its last success. */
export class Failures {
  #count = 0;
  #since = 0; // by a clock that nobody sets

  /** Notes a failure. */
  add() {
    this.#count += 1;
    if (this.#count === 1) this.#since = performance.now();
  }

  /** Notes a success. */
  clear() {
    this.#count = 0;
  }

  /** Whether the failures have gone on for so long that the server must be gone. */
  get areHopeless() {
    return this.#count > 1 && performance.now() - this.#since > LONGEST_FAILURE;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  get pause() {
    return backOff(this.#count);
  }
}
