// Socket.IO (protocol 5) in the page: events, acknowledgements and reconnection, in one namespace, without attachments.

import { Engine } from "./engineio.js";

const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = "01234";
const FIRST_PAUSE = 500; // milliseconds, as all here
const LONGEST_PAUSE = 5000;
const ACK_PATIENCE = 10_000;
const LONGEST_FAILURE = 300_000;
const GONE = "nobody has answered for five minutes";
const OWN = ["connect", "disconnect", "connect_error", "gone"]; // a server's event of such a name isn't ours

/**
 * A client that comes back by itself when its line is lost.
 *
 * Beside the server's events, handlers can hear `connect`, `disconnect` (reason), `connect_error` (message) and `gone`
 * (reason): nobody has answered for five minutes. It then tries again when a person looks at the page, or the network is
 * back.
 */
export class SocketIO {
  #url;
  #auth;
  #options;
  #prefix;
  #engine = null;
  #handlers = new Map();
  #calls = new Map();
  #nextId = 0;
  #failures = 0;
  #failingSince = null; // milliseconds, by a clock that nobody sets
  #pause = null;
  #waking = null;
  #isWanted = false;

  /**
   * @param {string|URL} url - where the server's `/socket.io/` is
   * @param {object} options - `namespace`; `auth`, a function that returns what to tell the server on connecting;
   *   `upgrade`, false to stay with polling
   */
  constructor(url, { namespace = "/", auth = () => undefined, upgrade = true } = {}) {
    this.#url = url;
    this.#auth = auth;
    this.#options = { upgrade };
    this.#prefix = namespace === "/" ? "" : `${namespace},`;
  }

  isConnected = false;

  get transport() {
    return this.#engine?.transport;
  }

  /** Call `handler` with the arguments of each event of this name. */
  on(event, handler) {
    this.#handlers.set(event, handler);
    return this;
  }

  /** Connect, and from then on reconnect, until `disconnect()`. */
  connect() {
    this.#isWanted = true;
    this.#endPause();
    this.#open();
  }

  /** Send an event; it is lost if there is no connection. */
  emit(event, ...args) {
    if (this.isConnected) this.#engine.send(EVENT + this.#prefix + JSON.stringify([event, ...args]));
  }

  /** Send an event, and resolve with the server's answer; reject if the line is lost or none comes in time. */
  call(event, ...args) {
    return this.#call(ACK_PATIENCE, event, args);
  }

  /** Do what `call` does, but take the answer however late it comes. */
  ask(event, ...args) {
    return this.#call(null, event, args);
  }

  #call(patience, event, args) {
    if (!this.isConnected) return Promise.reject(new Error("not connected"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = patience && setTimeout(() => this.#giveUp(id, "no answer came"), patience);
      this.#calls.set(id, { resolve, reject, timer });
      this.#engine.send(`${EVENT}${this.#prefix}${id}${JSON.stringify([event, ...args])}`);
    });
  }

  /** Disconnect for good. */
  disconnect() {
    this.#isWanted = false;
    this.#endPause();
    if (this.isConnected) this.#engine.send(DISCONNECT + this.#prefix);
    this.#engine?.close();
  }

  async #open() {
    const engine = new Engine(this.#url);
    this.#engine = engine;
    engine.onmessage = (text) => this.#receive(text);
    engine.onclose = (reason) => this.#lost(reason);
    try {
      await engine.open(this.#options);
      const auth = this.#auth();
      engine.send(CONNECT + this.#prefix + (auth ? JSON.stringify(auth) : ""));
    } catch (error) {
      this.#tell("connect_error", error.message);
      engine.close();
    }
  }

  #receive(text) {
    let type, id, data;
    try {
      [type, id, data] = parse(text);
    } catch {
      return this.#engine.close(); // the server speaks something else
    }
    if (type === CONNECT) this.#connected();
    if (type === EVENT) this.#event(id, data);
    if (type === ACK) this.#answer(Number(id), data);
    if (type === CONNECT_ERROR) this.#refused(data?.message ?? data);
    if (type === DISCONNECT) this.#engine.close();
  }

  #connected() {
    this.isConnected = true;
    this.#failures = 0;
    this.#failingSince = null;
    this.#tell("connect");
  }

  #event(id, [name, ...args]) {
    const answer = OWN.includes(name) ? undefined : this.#tell(name, ...args);
    if (id) this.#engine.send(ACK + this.#prefix + id + JSON.stringify(answer === undefined ? [] : [answer]));
  }

  #answer(id, args) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    call.resolve(args[0]);
  }

  #giveUp(id, reason) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(call.timer);
    call.reject(new Error(reason));
  }

  #refused(message) {
    this.#tell("connect_error", message);
    this.#engine.close();
  }

  #lost(reason) {
    const wasConnected = this.isConnected;
    this.isConnected = false;
    [...this.#calls.keys()].forEach((id) => this.#giveUp(id, reason));
    if (wasConnected) this.#tell("disconnect", reason);
    if (this.#isWanted) this.#comeBack();
  }

  // Wait longer after each failure, and not as long as other clients that lost their lines at the same moment.
  #comeBack() {
    this.#failingSince ??= performance.now();
    if (performance.now() - this.#failingSince > LONGEST_FAILURE) return this.#stopTrying();
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures++);
    this.#pause = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
  }

  // A page can't know whether the kernel, and the server in it, are gone for good: it stops asking until somebody looks.
  #stopTrying() {
    this.#failures = 0;
    this.#failingSince = null;
    this.#waking = new AbortController();
    const comeBack = () => document.visibilityState === "hidden" || this.connect();
    addEventListener("online", comeBack, { signal: this.#waking.signal });
    document.addEventListener("visibilitychange", comeBack, { signal: this.#waking.signal });
    this.#tell("gone", GONE);
  }

  #endPause() {
    clearTimeout(this.#pause);
    this.#waking?.abort();
  }

  #tell(event, ...args) {
    return this.#handlers.get(event)?.(...args);
  }
}

/** Read a packet: its type, its id and its data; throws if it isn't one. */
function parse(text) {
  const [, type, id, json] = /^(\d)(?:\/[^,]*,)?(\d*)(.*)$/s.exec(text);
  const data = json ? JSON.parse(json) : undefined;
  if ([EVENT, ACK].includes(type) && !Array.isArray(data)) throw new Error("there is no list in it");
  return [type, id, data];
}
