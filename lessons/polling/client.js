// The client of polling, in the page: ask, wait, ask again. Its twin in Python is client.py.

import { textOf } from "../serving/answer.js";
import { Failures, GONE } from "../serving/backoff.js";

const ANSWER_SECONDS = 5; // how long an answer may take before the client gives up on it

/**
 * Ask a server for the time again and again.
 *
 * The next request goes out only when the last answer has come or failed: a timer that fires on its own would pile
 * up requests behind a slow answer. With `no-cache` the browser itself asks "has it changed?" (If-None-Match).
 *
 * @param {string} base - the server's address, without a slash at the end
 * @param {(what: {news?: string, status?: string, reason?: string}) => void} report - takes what the client sees
 * @param {{interval: number}} options - seconds from an answer to the next request
 * @returns {{stop: () => void}}
 */
export function connect(base, report, { interval = 1 }) {
  const aborting = new AbortController();
  const failures = new Failures();
  let timer;
  let shown;

  async function ask() {
    try {
      const signal = AbortSignal.any([aborting.signal, AbortSignal.timeout(ANSWER_SECONDS * 1000)]);
      const answer = await fetch(`${base}/clock`, { cache: "no-cache", signal });
      const text = await textOf(answer);
      if (!answer.ok) throw new Error(`the server answered ${answer.status}: ${text}`);
      failures.clear();
      report({ status: "connected" });
      if (text !== shown) report({ news: text });
      shown = text;
    } catch (error) {
      if (aborting.signal.aborted) return;
      failures.add();
      if (failures.areHopeless) return report({ status: "stopped", reason: GONE });
      report({ status: "trying again", reason: error.message });
    }
    if (!aborting.signal.aborted) timer = setTimeout(ask, interval * 1000);
  }

  ask();
  return {
    stop() {
      aborting.abort();
      clearTimeout(timer);
      report({ status: "stopped" });
    },
  };
}
