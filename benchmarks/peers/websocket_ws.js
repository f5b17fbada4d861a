// An echo and a broadcast with ws, on Node.
const { WebSocketServer } = require("ws");

const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
const server = new WebSocketServer({ host: "127.0.0.1", port, maxPayload: 1 << 24 });
const subscribers = new Set();

server.on("connection", (connection, request) => {
  if (request.url === "/broadcast") {
    subscribers.add(connection);
    connection.on("close", () => subscribers.delete(connection));
    connection.on("message", (data, binary) => {
      for (const subscriber of subscribers) subscriber.send(data, { binary });
    });
  } else {
    connection.on("message", (data, binary) => connection.send(data, { binary }));
  }
  connection.on("error", () => {});
});
