// The page's client of the chat when answers are late, on a socket that answers when a test says so.

import assert from "node:assert";
import { mock, test } from "node:test";

const { ChatClient } = await import(process.env.CHAT_CLIENT);

class Socket {
  handlers = new Map();
  asked = [];

  on(event, handler) {
    this.handlers.set(event, handler);
    return this;
  }

  connect() {}
  emit() {}

  ask(...event) {
    return new Promise((resolve, reject) => this.asked.push({ event, resolve, reject }));
  }

  hear(event, ...args) {
    return this.handlers.get(event)(...args);
  }
}

async function connected(name) {
  const socket = new Socket();
  const client = new ChatClient(() => socket);
  client.answers = [];
  client.onchange = () => {};
  client.onanswer = (answer, id) => client.answers.push([answer, id]);
  client.connect();
  await socket.hear("welcome", { token: "t", name, rooms: [], people: [], newest: 0 });
  return { socket, client };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("an answer is taken however late it comes", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { socket, client } = await connected("Ann");
  client.say("hello", "c1");
  mock.timers.tick(60_000);
  socket.asked[0].resolve({ id: 1 });
  await settled();
  assert.deepStrictEqual(client.answers, [[{ id: 1 }, "c1"]]);
  assert.strictEqual(client.unanswered, null);
  mock.timers.reset();
});

test("without an answer the same is sent again under its id", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { socket, client } = await connected("Ann");
  client.say("hello", "c1");
  mock.timers.tick(10_000);
  assert.deepStrictEqual(socket.asked.map(({ event }) => event), [["message", "hello", "c1"], ["message", "hello", "c1"]]);
  socket.asked[1].resolve({ id: 1 });
  await settled();
  mock.timers.tick(60_000);
  assert.strictEqual(socket.asked.length, 2);
  mock.timers.reset();
});

test("a name is not sent twice on one line", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { socket, client } = await connected(null);
  client.say("Ann", "c1");
  mock.timers.tick(60_000);
  assert.strictEqual(socket.asked.length, 1);
  mock.timers.reset();
});
