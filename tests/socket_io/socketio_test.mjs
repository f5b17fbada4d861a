// What our own Socket.IO client does before servers that are gone, or speak something else: with a network of the test's.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { pathToFileURL } from "node:url";

const { SocketIO } = await import(pathToFileURL(process.env.OUR_CLIENT));
const SESSION = { sid: "x", upgrades: [], pingInterval: 1e6, pingTimeout: 1e6 };

async function turns(count = 20) {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

// Lets minutes pass, as a client with timers sees them.
async function pass(minutes) {
  for (let second = 0; second < minutes * 60; second++) {
    now += 1000;
    mock.timers.tick(1000);
    await turns(3);
  }
}

let now = 0;
mock.method(performance, "now", () => now);
mock.timers.enable({ apis: ["setTimeout"] });

// A page that can be looked at.
function fakePage() {
  const page = new EventTarget();
  globalThis.document = new EventTarget();
  globalThis.document.visibilityState = "hidden";
  globalThis.addEventListener = page.addEventListener.bind(page);
  return page;
}

// A server that answers polls with these packets, one after the other, and behind them as `rest` says.
function fakeServer(packets, rest = () => new Promise(() => {})) {
  const polls = [`0${JSON.stringify(SESSION)}`, "40{}", ...packets];
  const server = { gets: 0 };
  globalThis.fetch = async (url, { method }) => {
    if (method === "POST") return { ok: true, text: async () => "ok" };
    server.gets++;
    const text = polls.length > 0 ? polls.shift() : await rest();
    return { ok: true, text: async () => text };
  };
  return server;
}

function listening() {
  const heard = [];
  const socket = new SocketIO("http://localhost/socket.io/");
  for (const event of ["connect", "disconnect", "connect_error", "gone", "news"]) {
    socket.on(event, (...args) => heard.push([event, ...args]));
  }
  socket.connect();
  return { socket, heard };
}

test("a server that is gone is given up, and asked again when somebody looks", async () => {
  const page = fakePage();
  let asked = 0;
  globalThis.fetch = async () => {
    asked++;
    throw new Error("nobody is there");
  };
  const { socket, heard } = listening();
  await turns();
  await pass(6);
  assert.equal(heard.at(-1)[0], "gone");
  const before = asked;
  await pass(10);
  assert.equal(asked, before);
  document.dispatchEvent(new Event("visibilitychange"));
  await turns();
  assert.equal(asked, before, "the page is hidden still");
  document.visibilityState = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  await turns();
  assert.equal(asked, before + 1);
  page.dispatchEvent(new Event("online"));
  await turns();
  assert.equal(asked, before + 1, "it tries already");
  socket.disconnect();
});

test("a server's event is not taken for the client's own", async () => {
  fakePage();
  const names = ["connect", "disconnect", "connect_error", "gone", "news"];
  fakeServer(names.map((name) => `42["${name}","of the server"]`));
  const { socket, heard } = listening();
  await turns();
  assert.deepEqual(heard, [["connect"], ["news", "of the server"]]);
  socket.disconnect();
});

for (const packet of ["42", "4", "42{", '42{"a":1}', "42null", "43", "430{}", "4x", "4ü"]) {
  test(`what is no packet ends the session, and the client tries again: ${packet}`, async () => {
    fakePage();
    fakeServer([packet]);
    const { socket, heard } = listening();
    await turns();
    assert.deepEqual(heard.map(([event]) => event), ["connect", "disconnect"]);
    socket.disconnect();
  });
}

for (const answer of ["", "6", "2", `0${JSON.stringify(SESSION)}`]) {
  test(`a server that holds nothing back is asked once a second: ${answer}`, async () => {
      fakePage();
    const server = fakeServer([], async () => answer);
    const { socket } = listening();
    await turns(200);
    assert.ok(server.gets <= 4, `${server.gets} requests`);
    const before = server.gets;
    now += 1000;
    mock.timers.tick(1000);
    await turns();
    assert.equal(server.gets, before + 1);
    socket.disconnect();
    });
}
