// The client of iframe streaming, in the page: a hidden frame whose document never ends. Its twin is client.py.

import { LONGEST_ANSWER, textOf, texts } from "../serving/answer.js";
import { Failures, GONE } from "../serving/backoff.js";

const SILENCE = 6000; // milliseconds without a word until the line counts as dead: three of the server's heartbeats
let clients = 0; // makes function names that are unique in the page

/**
 * Hear a server's news through a hidden frame.
 *
 * The news can leave the frame in three ways. A frame of the page's own origin calls a function of the page. A frame of
 * another origin may not, and posts messages. Where a proxy would hold an HTML document back until its end, the page
 * fetches it as an event stream, which proxies let through, and writes it into an empty frame as it comes.
 *
 * @param {string} base - the server's address, without a slash at the end
 * @param {(what: {news?: string, figures?: string, status?: string, reason?: string}) => void} report - takes what the
 *   client sees
 * @returns {{stop: () => void}}
 */
export function connect(base, report) {
  const { origin, pathname } = new URL(base, location.href);
  const behindProxy = pathname !== "/";
  const foreign = origin !== location.origin;
  const name = `lessonsNews${(clients += 1)}`;
  const address = `${base}/clock?${foreign ? `page=${encodeURIComponent(location.origin)}` : `call=${name}`}`;
  const failures = new Failures();
  let frame;
  let fetching;
  let unheard = 0; // characters since the last news
  let timer;
  let watch;

  function open() {
    keepWatch();
    frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "news";
    if (!behindProxy) {
      frame.src = address;
      frame.addEventListener("load", () => lost("the document has ended")); // a document that still streams isn't loaded
    }
    document.body.append(frame);
    if (behindProxy) writeInto(frame);
  }

  async function writeInto(empty) {
    fetching = new AbortController();
    const { signal } = fetching;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/event-stream" }, signal });
      if (!answer.ok) throw new Error(`${answer.status}: ${await textOf(answer)}`);
      empty.contentDocument.open();
      for await (const text of texts(answer)) {
        unheard += text.length;
        if (unheard > LONGEST_ANSWER) throw new Error("the document has 4 MiB without news");
        empty.contentDocument.write(text);
      }
      lost("the document has ended");
    } catch (error) {
      if (!signal.aborted) lost(error.message);
    }
  }

  // A frame whose line is cut may go on "loading" for ever, and no event tells the page. Silence is the only sign.
  function keepWatch() {
    unheard = 0;
    clearTimeout(watch);
    watch = setTimeout(() => lost(`nothing has come for ${SILENCE / 1000} seconds`), SILENCE);
  }

  function hear(news) {
    if (typeof news !== "string") return; // news is text; other calls are not for us
    keepWatch();
    failures.clear();
    report({ status: "connected" });
    report({ news });
    // It asks the frame itself: a page may not look into a frame of another origin.
    frame.contentWindow.postMessage("how large are you?", foreign ? origin : location.origin);
  }

  // Any window may post messages to this one. Only those of our own frame count, and only from the origin we expect.
  function receive({ source, origin: from, data }) {
    if (source !== frame?.contentWindow || from !== (foreign ? origin : location.origin)) return;
    if (typeof data === "string") hear(data);
    else showSize(data);
  }

  function showSize(size) {
    if (typeof size?.characters !== "number") return; // it is from another server
    const { characters, scripts } = size;
    keepWatch();
    report({ status: "connected" });
    const heap = performance.memory && ` · JavaScript memory: ${(performance.memory.usedJSHeapSize / 1e6).toFixed(1)} MB`;
    report({ figures: `the frame's document: ${scripts} scripts, ${(characters / 1000).toFixed(1)} kB${heap ?? ""}` });
  }

  function lost(reason) {
    close();
    failures.add();
    if (failures.areHopeless) return report({ status: "stopped", reason: GONE });
    report({ status: "trying again", reason });
    timer = setTimeout(open, failures.pause);
  }

  function close() {
    clearTimeout(watch);
    fetching?.abort();
    frame?.remove(); // with it the browser closes the connection
    frame = undefined;
  }

  addEventListener("message", receive);
  if (!foreign) window[name] = hear;
  open();
  return {
    stop() {
      clearTimeout(timer);
      close();
      removeEventListener("message", receive);
      delete window[name];
      report({ status: "stopped" });
    },
  };
}
