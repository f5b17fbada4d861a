// Runs our own page's clients in Node for the tests, by the same commands as official_client.cjs.

import readline from "node:readline";
import { pathToFileURL } from "node:url";

const { SocketIO } = await import(pathToFileURL(process.env.OUR_CLIENT));
const EVENTS = ["message", "allMessages", "joined", "leaved", "welcome", "people", "missed", "disconnect", "connect_error"];
const sockets = new Map();

function say(...line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

const commands = {
  connect(id, url, { transports, auth }) {
    const address = new URL(url);
    const namespace = address.pathname;
    const upgrade = transports.includes("websocket");
    const socket = new SocketIO(new URL("/socket.io/", url), { namespace, auth: () => auth, upgrade });
    sockets.set(id, socket);
    for (const event of EVENTS) socket.on(event, (...args) => say(id, event, ...args));
    socket.on("connect", () => {
      say(id, "#connect");
      const watch = setInterval(() => {
        if (socket.transport !== "websocket") return;
        say(id, "#upgrade");
        clearInterval(watch);
      }, 5);
      watch.unref();
    });
    socket.connect();
  },
  transport(id) {
    say(id, "#transport", sockets.get(id).transport);
  },
  emit(id, event, ...args) {
    sockets.get(id).emit(event, ...args);
  },
  async call(id, call, event, ...args) {
    try {
      say(id, "#answer", [call, await sockets.get(id).call(event, ...args)]);
    } catch (error) {
      say(id, "#rejected", error.message);
    }
  },
  async burst(id, name, count) {
    const socket = sockets.get(id);
    socket.emit("message", name);
    for (let n = 0; n < count; n++) {
      socket.emit("message", `said ${n}`);
      if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  },
  close(id) {
    sockets.get(id).disconnect();
  },
};

readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [command, ...args] = JSON.parse(line);
    commands[command](...args);
  })
  .on("close", () => process.exit(0));
