// The client of server-sent events, in the page: the browser's own EventSource. Its twin in Python is client.py.

import { textOf } from "../serving/answer.js";
import { Failures, GONE } from "../serving/backoff.js";

const NAMES = ["message", "tick"]; // nobody hears an event of another type
const WAIT = 1000; // milliseconds until the page itself tries again, once the browser has given up
const SILENCE = 45000; // milliseconds without an event after which the page itself begins anew
const STREAMS_BESIDE_JUPYTER = 2;

/**
 * Listen to a server's events.
 *
 * After a broken line the browser reconnects by itself and says what it has seen last (`Last-Event-ID`). It gives up for
 * good when an answer is no event stream, such as a proxy's 502. Then this client asks what the matter is. Unless the
 * server has said "no more" (204) or refuses the request (4xx), it begins anew, with the ID in the address. It also
 * begins anew after a long silence, whatever `retry` the server has asked for: a line can be dead without the browser
 * being told, and the page can't see heartbeats. The server keeps what came meanwhile, so nothing is lost.
 *
 * The browser calls the same listeners, by name, for its own `open` and `error` and for the server's events. A server's
 * event is a MessageEvent, and is heard like any other.
 *
 * @param {string} base - the server's address, without a slash at the end
 * @param {(what: {news?: string, status?: string, reason?: string}) => void} report - takes what the client hears
 * @param {{credentials?: boolean}} options - credentials: send cookies to another origin, too
 * @returns {{stop: () => void, openMore: (count: number) => void}}
 */
export function connect(base, report, { credentials = false } = {}) {
  const stopping = new AbortController();
  const failures = new Failures();
  const others = [];
  let source;
  let timer;
  let silence;
  let lastEventId = "";

  function address() {
    return `${base}/clock${lastEventId && `?since=${encodeURIComponent(lastEventId)}`}`;
  }

  function listen() {
    source?.close();
    clearTimeout(timer);
    waitForSilence();
    source = new EventSource(address(), { withCredentials: credentials });
    source.addEventListener("open", (event) => {
      if (event instanceof MessageEvent) return hear(event);
      failures.clear();
      waitForSilence();
      report({ status: "connected" });
    });
    source.addEventListener("error", (event) => (event instanceof MessageEvent ? hear(event) : lost()));
    source.addEventListener("gap", ({ data, lastEventId: id }) => {
      lastEventId = id;
      report({ status: "connected", reason: `some news is lost: ${data}` });
    });
    for (const name of NAMES) source.addEventListener(name, hear);
  }

  function waitForSilence() {
    clearTimeout(silence);
    silence = setTimeout(() => failed("nothing was heard for long") && listen(), SILENCE);
  }

  function hear(event) {
    waitForSilence();
    lastEventId = event.lastEventId;
    report({ news: event.data });
  }

  function lost() {
    if (failed("the line broke") && source.readyState === EventSource.CLOSED) askWhy();
  }

  /** Report a failure; return whether to try again. */
  function failed(reason) {
    failures.add();
    if (failures.areHopeless) giveUp(GONE);
    else report({ status: "trying again", reason });
    return !failures.areHopeless;
  }

  /** Find out why the browser has given up, which it tells nobody, by an ordinary request. */
  async function askWhy() {
    const asking = new AbortController();
    const signal = AbortSignal.any([stopping.signal, asking.signal]);
    const headers = { Accept: "text/event-stream" };
    try {
      const answer = await fetch(address(), { signal, headers, credentials: credentials ? "include" : "same-origin" });
      if (answer.status === 204) return giveUp("the server has no more events (204)");
      if (answer.status >= 400 && answer.status < 500) return giveUp(`${answer.status}: ${await textOf(answer)}`);
    } catch {
      // No answer at all: the line is still broken.
    } finally {
      asking.abort(); // in case the answer is a stream after all
    }
    if (!stopping.signal.aborted) timer = setTimeout(listen, WAIT + failures.pause);
  }

  function giveUp(reason) {
    source.close();
    clearTimeout(silence);
    report({ status: "stopped", reason });
  }

  /** Open more streams, to see how many the browser grants to one host at the same time. */
  function openMore(count) {
    const shared = new URL(base).origin === location.origin; // the way to Jupyter, which needs connections as well
    const granted = shared ? Math.min(count, STREAMS_BESIDE_JUPYTER) : count;
    for (let number = 0; number < granted; number += 1) others.push(new EventSource(`${base}/clock`));
    const tell = () => {
      const open = [source, ...others].filter((each) => each.readyState === EventSource.OPEN).length;
      const limit = granted < count ? "; no more are tried, so that Jupyter, on the same host, isn't held up" : "";
      report({ status: "connected", reason: `${open} of ${others.length + 1} streams are open${limit}` });
    };
    for (const each of others) each.onopen = tell;
    tell();
  }

  listen();
  return {
    openMore,
    stop() {
      stopping.abort();
      clearTimeout(timer);
      clearTimeout(silence);
      for (const each of [source, ...others]) each.close();
      report({ status: "stopped" });
    },
  };
}
