// The clock with express, on Node: MODE is polling, long-polling or sse.
const express = require("express");

const mode = process.argv[2];
const option = (name) => Number(process.argv[process.argv.indexOf(name) + 1]);
const interval = option("--interval") * 1000;
const application = express();
const parked = new Set();
let sequence = 0;

const time = () => new Date().toTimeString().slice(0, 8);

function park(request, response) {
  parked.add(response);
  response.on("close", () => parked.delete(response));
}

if (mode === "polling") {
  application.get("/clock", (request, response) => response.type("text").send(time()));
} else if (mode === "long-polling") {
  application.get("/clock", park);
  setInterval(() => {
    sequence += 1;
    for (const response of parked) response.json({ cursor: sequence, time: time() });
    parked.clear();
  }, interval);
} else {
  application.get("/clock", (request, response) => {
    response.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.flushHeaders();
    park(request, response);
  });
  setInterval(() => {
    sequence += 1;
    const event = `id: ${sequence}\ndata: ${time()}\n\n`;
    for (const response of parked) response.write(event);
  }, interval);
}

application.listen(option("--port"), "127.0.0.1");
