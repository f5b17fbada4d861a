// Runs official Socket.IO clients for the tests: commands come as lines of JSON, what the clients hear goes out so.
"use strict";

const readline = require("node:readline");
const { io } = require("socket.io-client");

const sockets = new Map();

function say(...line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

const commands = {
  connect(id, url, options) {
    const socket = io(url, options);
    sockets.set(id, socket);
    socket.onAny((event, ...args) => say(id, event, ...args));
    socket.on("connect", () => {
      say(id, "#connect", socket.id);
      const { engine } = socket.io;
      if (engine.transport.name === "websocket") say(id, "#upgrade");
      else engine.on("upgrade", () => say(id, "#upgrade"));
    });
    socket.on("connect_error", (error) => say(id, "connect_error", error.message));
    socket.on("disconnect", (reason) => say(id, "disconnect", reason));
  },
  transport(id) {
    say(id, "#transport", sockets.get(id).io.engine.transport.name);
  },
  emit(id, event, ...args) {
    sockets.get(id).emit(event, ...args);
  },
  call(id, call, event, ...args) {
    sockets.get(id).emit(event, ...args, (answer) => say(id, "#answer", [call, answer ?? null]));
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
