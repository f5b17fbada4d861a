// Engine.IO (protocol 4) in the page: long polling first, WebSocket as soon as one gets through, text packets only.

const SEPARATOR = "\x1e";
const [OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE] = "012345";
const PROBE = "probe";
const SHORTEST_WAIT = 1000; // milliseconds from a poll without a message to the next: a server may hold no poll

// Asks for packets again and again, and posts what there is to say, one request of each kind at a time.
class Polling {
  #url;
  #receive;
  #fail;
  #cancel = new AbortController();
  #waiting = [];
  #asking = null;
  #posting = null;
  #isPaused = false;
  #endRest = null;

  constructor(url, receive, fail) {
    this.#url = url;
    this.#receive = receive;
    this.#fail = fail;
  }

  // Begin a session, and return what the server says about it.
  async open() {
    const [first] = await this.#get();
    if (first[0] !== OPEN) throw new Error("the server didn't open a session");
    const session = JSON.parse(first.slice(1));
    this.#url.searchParams.set("sid", session.sid);
    this.#asking = this.#ask();
    return session;
  }

  send(packet) {
    this.#waiting.push(packet);
    this.#posting ??= this.#post();
  }

  // Let the requests under way end, and make no more.
  async pause() {
    this.#isPaused = true;
    this.#endRest?.();
    await Promise.all([this.#asking, this.#posting]);
  }

  // Tell the server, even while the page closes, that nobody will ask again.
  leave() {
    const body = [...this.#waiting.splice(0), CLOSE].join(SEPARATOR);
    if (this.#url.searchParams.has("sid")) fetch(this.#url, { method: "POST", body, keepalive: true }).catch(() => {});
  }

  close() {
    this.#isPaused = true;
    this.#endRest?.();
    this.#cancel.abort();
  }

  async #ask() {
    try {
      while (!this.#isPaused) {
        const asked = performance.now();
        const packets = await this.#get();
        packets.forEach(this.#receive);
        if (!packets.some((packet) => packet[0] === MESSAGE)) await this.#rest(asked + SHORTEST_WAIT - performance.now());
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  async #rest(milliseconds) {
    if (this.#isPaused || milliseconds <= 0) return;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endRest = () => (clearTimeout(timer), resolve());
    });
  }

  async #post() {
    try {
      while (this.#waiting.length > 0) {
        const body = this.#waiting.splice(0).join(SEPARATOR);
        await this.#request({ method: "POST", body });
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#posting = null;
    }
  }

  async #get() {
    const body = await this.#request({});
    return body ? body.split(SEPARATOR) : [];
  }

  async #request(options) {
    const response = await fetch(this.#url, { signal: this.#cancel.signal, ...options });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return response.text();
  }

  #failed(error) {
    if (!this.#cancel.signal.aborted) this.#fail(error.message);
  }
}

// A WebSocket that joins a session, once it has been shown to work.
class Socket {
  #socket;

  constructor(url, sid) {
    const address = new URL(url);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("transport", "websocket");
    address.searchParams.set("sid", sid);
    this.#socket = new WebSocket(address);
  }

  // Send a packet there and back: resolves when it has come, rejects if it can't get through.
  probe() {
    return new Promise((resolve, reject) => {
      this.#socket.onopen = () => this.send(PING + PROBE);
      this.#socket.onmessage = ({ data }) => (data === PONG + PROBE ? resolve() : reject(new Error(data)));
      this.#socket.onclose = () => reject(new Error("WebSocket doesn't get through"));
    });
  }

  // Take the session over from polling.
  start(receive, fail) {
    this.#socket.onmessage = ({ data }) => receive(data);
    this.#socket.onclose = () => fail("the WebSocket was closed");
    if (this.#socket.readyState === WebSocket.OPEN) this.send(UPGRADE);
    else fail("the WebSocket was closed");
  }

  send(packet) {
    this.#socket.send(packet);
  }

  leave() {
    this.send(CLOSE);
  }

  close() {
    this.#socket.onclose = null;
    this.#socket.close();
  }
}

/**
 * A session with an Engine.IO server.
 *
 * Give it `onmessage(text)`, called with what the server says, and `onclose(reason)`, called once, when the session has
 * ended, for whatever reason.
 */
export class Engine {
  #url;
  #transport = null;
  #patience = 0; // milliseconds
  #watchdog = null;
  #held = null;
  #isClosed = false;

  constructor(url) {
    this.#url = new URL(url);
    this.#url.searchParams.set("EIO", "4");
    this.#url.searchParams.set("transport", "polling");
  }

  get transport() {
    return this.#transport instanceof Socket ? "websocket" : "polling";
  }

  /** Open the session, and upgrade to WebSocket behind the scenes; rejects if the server can't be reached. */
  async open({ upgrade = true } = {}) {
    const polling = new Polling(new URL(this.#url), (packet) => this.#receive(packet), (why) => this.#end(why));
    this.#transport = polling;
    const session = await polling.open();
    this.#patience = session.pingInterval + session.pingTimeout;
    this.#watch();
    if (upgrade && session.upgrades.includes("websocket")) this.#upgrade(polling, session.sid);
  }

  /** Send a text to the server. */
  send(text) {
    this.#send(MESSAGE + text);
  }

  /** End the session. */
  close() {
    if (this.#isClosed) return;
    this.#transport.leave();
    this.#end("closed by the page");
  }

  async #upgrade(polling, sid) {
    const socket = new Socket(this.#url, sid);
    try {
      await socket.probe();
      this.#held = [];
      await polling.pause();
    } catch {
      socket.close();
      return;
    }
    if (this.#isClosed) return socket.close();
    this.#transport = socket;
    socket.start((packet) => this.#receive(packet), (why) => this.#end(why));
    this.#held.splice(0).forEach((packet) => socket.send(packet));
    this.#held = null;
  }

  #send(packet) {
    if (this.#held) this.#held.push(packet);
    else this.#transport.send(packet);
  }

  #receive(packet) {
    if (this.#isClosed) return;
    this.#watch();
    const data = packet.slice(1);
    if (packet[0] === PING) this.#send(PONG + data);
    if (packet[0] === MESSAGE) this.onmessage(data);
    if (packet[0] === CLOSE) this.#end("closed by the server");
  }

  // The server pings; if it is silent for longer than it announced, it is gone.
  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#end("the server has fallen silent"), this.#patience);
  }

  #end(reason) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#watchdog);
    this.#transport.close();
    this.onclose(reason);
  }
}
