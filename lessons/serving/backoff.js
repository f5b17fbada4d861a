// How long a client in the page waits before it tries again. Its twin in Python is protocols/backoff.py.

/**
 * Exponential back-off with full jitter: drawn evenly from 0 up to a ceiling that doubles with each failure.
 *
 * @param {number} failures - how many attempts have failed since the last success, at least 1
 * @returns {number} milliseconds
 */
export function backOff(failures, first = 500, limit = 30000) {
  return Math.random() * Math.min(limit, first * 2 ** (failures - 1));
}

