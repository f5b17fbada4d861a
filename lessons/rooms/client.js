// The clients of the rooms, in the page: one for each person, our own Socket.IO client. Their twin is client.py.

import { SocketIO } from "../socket_io/page/socketio.js";

/**
 * Connect everybody, and reconnect until stopped.
 *
 * @param {string} base - the server's address, without a slash at the end
 * @param {(what: {person: object}) => void} report - takes what each person's client has to tell
 * @param {{people: Object<string, string>, upgrade?: boolean}} options - people: each person's namespace, by name;
 *   upgrade: false to stay with long polling
 * @returns {{stop: () => void, ask: (who: string, call: number, event: string, args: string) => void}}
 */
export function connect(base, report, { people, upgrade = true }) {
  const sockets = new Map();

  function tell(who, what) {
    report({ person: { who, transport: sockets.get(who).transport, ...what } });
  }

  function open(who, namespace) {
    const socket = new SocketIO(`${base}/socket.io/`, { namespace, upgrade });
    sockets.set(who, socket);
    socket
      .on("connect", () => greet(who, socket))
      .on("disconnect", (reason) => tell(who, { lost: reason }))
      .on("connect_error", (reason) => tell(who, { lost: reason }))
      .on("gone", (reason) => tell(who, { lost: reason }))
      .on("message", (message) => tell(who, { heard: message }))
      .connect();
  }

  async function greet(who, socket) {
    try {
      tell(who, { connected: (await socket.call("who_am_i")).id });
    } catch {
      // The line is already lost again; the client comes back by itself.
    }
  }

  async function ask(who, call, event, args) {
    const asking = sockets.get(who).call(event, ...JSON.parse(args));
    const answer = await asking.catch(({ message }) => ({ error: message }));
    tell(who, { call, event, answer });
  }

  for (const [who, namespace] of Object.entries(people)) open(who, namespace);
  return {
    ask,
    stop() {
      for (const socket of sockets.values()) socket.disconnect();
    },
  };
}
