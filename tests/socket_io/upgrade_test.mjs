// What our own Engine.IO client says, and when, while it upgrades: with a network that does only what the test lets it do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const { Engine } = await import(pathToFileURL(process.env.OUR_ENGINE));
const SESSION = { sid: "x", upgrades: ["websocket"], pingInterval: 1000, pingTimeout: 1000 };

const tick = () => new Promise((resolve) => setImmediate(resolve));

// Two requests of each kind at most are under way: the parked GET's end is the test's to decide.
function fakeNetwork() {
  const network = { posted: [], gets: 0 };
  globalThis.fetch = async (url, { method, body }) => {
    if (method === "POST") {
      network.posted.push(body);
      return { ok: true, text: async () => "ok" };
    }
    network.gets++;
    if (network.gets === 1) return { ok: true, text: async () => "0" + JSON.stringify(SESSION) };
    const text = await new Promise((resolve) => (network.endPoll = resolve));
    return { ok: true, text: async () => text };
  };
  globalThis.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    sent = [];
    constructor() {
      network.socket = this;
    }
    send(data) {
      this.sent.push(data);
    }
    close() {
      this.isClosed = true;
    }
  };
  return network;
}

async function opened() {
  const network = fakeNetwork();
  const engine = new Engine("http://localhost/socket.io/");
  engine.onmessage = (text) => (network.heard ??= []).push(text);
  engine.onclose = (reason) => (network.closed = reason);
  await engine.open();
  return { network, engine };
}

test("what is said while polling is paused goes by WebSocket, behind the upgrade", async () => {
  const { network, engine } = await opened();
  engine.send("before");
  await tick();
  assert.deepEqual(network.posted, ["4before"]);
  network.socket.onopen();
  assert.deepEqual(network.socket.sent, ["2probe"]);
  network.socket.onmessage({ data: "3probe" });
  await tick();
  engine.send("meanwhile");
  await tick();
  assert.deepEqual(network.posted, ["4before"]);
  assert.deepEqual(network.socket.sent, ["2probe"]);
  network.endPoll("4last polled\x1e6");
  await tick();
  assert.deepEqual(network.heard, ["last polled"]);
  assert.deepEqual(network.socket.sent, ["2probe", "5", "4meanwhile"]);
  assert.equal(network.gets, 2);
  assert.equal(engine.transport, "websocket");
  engine.close();
});

test("a WebSocket that doesn't get through leaves the session on polling", async () => {
  const { network, engine } = await opened();
  network.socket.onclose();
  await tick();
  engine.send("still here");
  await tick();
  assert.deepEqual(network.posted, ["4still here"]);
  assert.equal(engine.transport, "polling");
  assert.equal(network.closed, undefined);
  engine.close();
});

test("a WebSocket that closes before it takes over ends the session", async () => {
  const { network, engine } = await opened();
  network.socket.onmessage({ data: "3probe" });
  network.socket.readyState = 3;
  await tick();
  network.endPoll("6");
  await tick();
  assert.equal(network.closed, "the WebSocket was closed");
  engine.close();
});

test("a ping is answered, and a silent server is given up", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { network, engine } = await opened();
  network.endPoll("2");
  await tick();
  assert.deepEqual(network.posted, ["3"]);
  context.mock.timers.tick(1999);
  assert.equal(network.closed, undefined);
  context.mock.timers.tick(1);
  assert.equal(network.closed, "the server has fallen silent");
  engine.close();
});
