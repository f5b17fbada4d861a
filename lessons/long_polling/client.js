// The client of long polling, in the page: ask, and ask again as soon as an answer has come. Its twin in Python is
// client.py.

import { textOf } from "../serving/answer.js";
import { Failures, GONE } from "../serving/backoff.js";

const PATIENCE = 40000; // milliseconds for an answer: longer than any server here holds a request
const SHORTEST_WAIT = 1000; // milliseconds from a request without news to the next: a server may hold no request

/**
 * Hear a server's news as soon as there is any.
 *
 * Each answer brings a cursor, with which the next request says what has been seen: nothing is lost between the two. An
 * answer without news (204) changes nothing; if it came at once, the next request waits. One that says that news is
 * gone (410) says where to go on.
 *
 * @param {string} base - the server's address, without a slash at the end
 * @param {(what: {news?: string, status?: string, reason?: string}) => void} report - takes what the client sees
 * @returns {{stop: () => void}}
 */
export function connect(base, report) {
  const stopping = new AbortController();
  const failures = new Failures();
  let cursor = "";
  let gap = "";
  let timer;

  /** Ask once; return whether there was news. */
  async function ask() {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(PATIENCE)]);
    const query = cursor && `?since=${encodeURIComponent(cursor)}`;
    const answer = await fetch(`${base}/clock${query}`, { cache: "no-store", signal });
    if (answer.status === 204) return false;
    if (!answer.ok && answer.status !== 410) throw new Error(`${answer.status}: ${await textOf(answer)}`);
    return take(JSON.parse(await textOf(answer)));
  }

  function take({ items = [], cursor: next, resume, reason }) {
    const behind = next || resume;
    const isCursor = behind && typeof behind === "string" && behind.isWellFormed();
    const areTexts = Array.isArray(items) && items.every((news) => typeof news === "string");
    if (!isCursor || !areTexts) throw new Error("there is no cursor in the answer, or no list of texts");
    const isNews = items.length > 0 && behind !== cursor;
    for (const news of items) report({ news });
    cursor = behind;
    if (reason) gap = `some news is lost: ${reason}`;
    return isNews;
  }

  function sleep(milliseconds) {
    return new Promise((resume) => (timer = setTimeout(resume, milliseconds)));
  }

  async function run() {
    while (!stopping.signal.aborted) {
      const asked = performance.now();
      try {
        const isNews = await ask();
        failures.clear();
        report({ status: "connected", reason: gap });
        if (!isNews) await sleep(asked + SHORTEST_WAIT - performance.now());
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures.add();
        if (failures.areHopeless) return report({ status: "stopped", reason: GONE });
        report({ status: "trying again", reason: error.message });
        await sleep(failures.pause);
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
