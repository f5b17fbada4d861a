// A client of the chat, without any display: the chat's page and the panel's page both show what it reports.

// crypto.randomUUID exists only in secure contexts (https, or this machine); a classmate may come over plain http.
function newId() {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (number) => number.toString(16).padStart(8, "0")).join("");
}

const PATIENCE = 10_000; // milliseconds until what has no answer is sent again

/**
 * One person in the chat. It comes back after a lost line, under its name, and gets what it missed.
 *
 * Give it `onchange(fields)`, called with those of its fields that have changed, `onmessages(messages)`, called with
 * what was heard, and `onanswer(answer, id)`, called when what was said has its answer.
 */
export class ChatClient {
  status = "stopped";
  reason = "";
  name = null;
  rooms = [];
  people = [];
  newest = 0; // the id of the server's newest message, when it said welcome
  unanswered = null; // what was said and has no answer yet
  #socket;
  #doubtful = null; // what may have been stored or not, because the store couldn't be reached
  #line = 0; // counts how often the line was made or lost

  /**
   * @param {(auth: () => object) => SocketIO} makeSocket - makes a client that tells the server `auth()` on connecting
   * @param {object} options - `token`, by which the server knows a person again; `since`, the id of the last message seen
   */
  constructor(makeSocket, { token = null, since = null } = {}) {
    this.token = token;
    this.since = since;
    this.#socket = makeSocket(() => ({ token: this.token, since: this.since }))
      .on("welcome", (welcome) => this.#welcomed(welcome))
      .on("message", (message) => this.#hear([message]))
      .on("missed", (messages) => this.#hear(messages))
      .on("allMessages", (messages) => this.#hear(messages))
      .on("people", (people) => this.#change({ people }))
      .on("joined", (room) => this.#change({ rooms: [...this.#roomsWithout(room), room] }))
      .on("leaved", (room) => this.#change({ rooms: this.#roomsWithout(room) }))
      .on("disconnect", (reason) => this.#lost(reason))
      .on("connect_error", (reason) => this.#lost(reason))
      .on("gone", (reason) => this.#change({ status: "stopped", reason }));
  }

  /**
   * Connect, and from then on reconnect, until `disconnect()`. If nobody answers for a long time, it waits until
   * somebody looks at the page.
   */
  connect() {
    this.#change({ status: "connecting", reason: "" });
    this.#socket.connect();
  }

  /** Disconnect for good. */
  disconnect() {
    this.#socket.disconnect();
    this.#line++;
    this.#change({ status: "stopped", reason: "" });
  }

  /**
   * Say something. Without a line, or an answer, it is sent when the line is back, under the same id. Words that may
   * have been stored already keep their id.
   */
  say(text, id = this.#doubtful?.text === text ? this.#doubtful.id : newId()) {
    this.#change({ unanswered: { text, id } });
    if (this.status === "connected") this.#deliver(this.unanswered);
  }

  /** Send `join` or `leave` with a room, and resolve with the server's answer; reject if none comes. */
  call(event, room) {
    return this.#socket.call(event, room);
  }

  // Take the answer however late it comes. If there is still none on a good line, the same is sent again under its id,
  // by which the server knows it. A name isn't: names have no id, and a second one would be a message.
  #deliver({ text, id }) {
    const line = this.#line;
    this.#socket.ask("message", text, id).then((answer) => this.#settle(answer, id), () => null);
    setTimeout(() => {
      if (line === this.#line && this.unanswered?.id === id && this.name !== null) this.#deliver({ text, id });
    }, PATIENCE);
  }

  #settle(answer, id) {
    if (this.unanswered?.id !== id) return;
    this.#doubtful = answer.error === "store-down" ? this.unanswered : null;
    this.#change({ unanswered: null, name: answer.name ?? this.name });
    this.onanswer(answer, id);
  }

  async #welcomed({ token, name, rooms, people, newest }) {
    const former = { name: this.name, rooms: this.rooms };
    const line = ++this.#line;
    if (this.since > newest) this.since = null; // the server has lost its memory, and counts from 1
    this.#change({ token, name, rooms, people, newest });
    if (this.since === null) this.#socket.emit("getAllMessages");
    if (name === null && former.name !== null) await this.#introduce(former);
    if (line !== this.#line) return; // the line was lost meanwhile
    this.#change({ status: "connected", reason: "" });
    if (this.unanswered?.text === this.name) this.#settle({ name: this.name }, this.unanswered.id);
    if (this.unanswered) this.#deliver(this.unanswered);
  }

  // Tell a server that has lost its memory who this is. If the name is taken, what is unanswered fails with it.
  async #introduce({ name, rooms }) {
    const answer = await this.#socket.call("message", name, newId()).catch(() => null);
    if (answer?.error && this.unanswered) this.#settle(answer, this.unanswered.id);
    if (!answer?.name) return;
    this.#change({ name: answer.name });
    for (const room of rooms) await this.#socket.call("join", room).catch(() => null);
  }

  #lost(reason) {
    this.#line++;
    this.#change({ status: "trying again", reason });
  }

  #hear(messages) {
    const ids = messages.flatMap(({ id }) => id ?? []);
    if (ids.length > 0) this.since = Math.max(this.since, ...ids);
    this.onmessages(messages);
  }

  #roomsWithout(room) {
    return this.rooms.filter((each) => each !== room);
  }

  #change(fields) {
    Object.assign(this, fields);
    this.onchange(fields);
  }
}
