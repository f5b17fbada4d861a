// The clients of the chat, in the page: one for each person, on our own Socket.IO client. Their twin is client.py.

import { ChatClient } from "./page/chat_client.js";
import { SocketIO } from "../socket_io/page/socketio.js";

const TOLD = ["status", "reason", "token", "name", "rooms", "people", "newest"];

/**
 * Run the clients of all who are to be in the chat, and report the address at which this page reaches it.
 *
 * Each person has a key. What a person says stays in the options until it has its answer, so that a reloaded page says
 * it again, under the same id.
 *
 * @param {string} base - the server's address, without a slash at the end
 * @param {(what: object) => void} report - takes what each person's client reports
 * @param {{people: Object<string, {token: ?string, since: ?number, unanswered: ?{text: string, id: string}}>}} options
 * @returns {{update: (options: object) => void, call: (key: string, number: number, event: string, room: string) => void,
 *   stop: () => void}}
 */
export function connect(base, report, options) {
  const clients = new Map();
  const said = new Map(); // by key, the id of what was said last: it isn't said twice on the same line

  function open(key, returning) {
    const client = new ChatClient((auth) => new SocketIO(`${base}/socket.io/`, { auth }), returning);
    const tell = (what) => clients.get(key) === client && report({ key, ...what });
    clients.set(key, client);
    client.onchange = (fields) => {
      const changed = Object.entries(fields).filter(([field]) => TOLD.includes(field));
      if (changed.length > 0) tell({ changed: Object.fromEntries(changed) });
    };
    client.onmessages = (messages) => tell({ messages });
    client.onanswer = (answer, id) => {
      if (answer.error === "store-down") said.delete(key); // so that it may be said again, under the same id
      tell({ answer, id });
    };
    client.connect();
    return client;
  }

  function close(key) {
    const client = clients.get(key);
    clients.delete(key);
    said.delete(key);
    client.disconnect();
  }

  function say(key, { text, id }) {
    if (said.get(key) === id) return;
    said.set(key, id);
    clients.get(key).say(text, id);
  }

  function update({ people }) {
    for (const key of clients.keys()) if (!Object.hasOwn(people, key)) close(key);
    for (const [key, { unanswered, ...returning }] of Object.entries(people)) {
      if (!clients.has(key)) open(key, returning);
      if (unanswered) say(key, unanswered);
    }
  }

  async function call(key, number, event, room) {
    const calling = clients.get(key)?.call(event, room) ?? Promise.reject(new Error("not connected"));
    report({ key, call: number, ...(await calling.then((result) => ({ result }), ({ message }) => ({ failed: message }))) });
  }

  report({ address: `${base}/` });
  update(options);
  return { update, call, stop: () => [...clients.keys()].forEach(close) };
}
