// The client of long polling, in the page: ask, and ask again the moment an answer has come. Its twin in Python is
// client.py.

import { backOff } from "../serving/backoff.js";

const PATIENCE = 40000; // milliseconds; longer than any server here holds a request back

/**
 * Hear a server's news as soon as there is any.
 *
 * Each answer brings a cursor, and the next request says so what has been seen: nothing is lost between the two. An
 * answer without news (204) changes nothing. One that says that news is gone (410) says where to go on.
 *
 * @param {string} base - the server's address, without a slash at the end
 * @param {(what: {news?: string, status?: string, reason?: string}) => void} report - takes what the client sees
 * @returns {{stop: () => void}}
 */
export function connect(base, report) {
  const stopping = new AbortController();
  let cursor;
  let gap = "";
  let failures = 0;
  let timer;

  async function ask() {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(PATIENCE)]);
    const query = cursor === undefined ? "" : `?since=${encodeURIComponent(cursor)}`;
    const answer = await fetch(`${base}/clock${query}`, { cache: "no-store", signal });
    if (answer.status === 204) return;
    if (!answer.ok && answer.status !== 410) throw new Error(`${answer.status}: ${await answer.text()}`);
    take(await answer.json());
  }

  function take({ items = [], cursor: next, resume, reason }) {
    for (const news of items) report({ news });
    cursor = next ?? resume;
    if (reason) gap = `some news is lost: ${reason}`;
  }

  async function run() {
    while (!stopping.signal.aborted) {
      try {
        await ask();
        failures = 0;
        report({ status: "connected", reason: gap });
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        report({ status: "trying again", reason: error.message });
        await new Promise((resume) => (timer = setTimeout(resume, backOff(failures))));
      }
    }
  }

  run();
  return {
    stop() {
      stopping.abort();
      clearTimeout(timer);
      report({ status: "stopped" });
    },
  };
}
