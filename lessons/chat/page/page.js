// The chat page: what is typed and pressed goes to the server, what the server says is shown.

import { ChatClient } from "./chat_client.js";
import { Messages } from "./messages.js";
import { SocketIO } from "./socket_io/socketio.js";
import { language, say, sayRoom } from "./words.js";

const TOKEN = "chat-token";
const OFFERED_ROOMS = ["red", "green"];
const STATES = { stopped: "gone", connecting: "connecting", connected: "connected", "trying again": "lost" };

const [state, rooms, people, form, label, text, send] = ["state", "rooms", "people", "form", "label", "text", "send"].map(
  (id) => document.getElementById(id),
);
const messages = new Messages(document.getElementById("messages"), address);
const client = new ChatClient((auth) => new SocketIO(new URL("socket.io/", document.baseURI), { auth }), {
  token: sessionStorage.getItem(TOKEN),
});

function address(name) {
  if (client.unanswered) return;
  text.value = `@${name} ${text.value}`;
  text.focus();
}

function showState() {
  const isConnected = client.status === "connected";
  state.textContent = say(STATES[client.status]);
  document.body.classList.toggle("connected", isConnected);
  send.disabled = !isConnected;
}

function showName() {
  label.textContent = say(client.name ? "message" : "yourName");
}

// What was said stays in the box until it has its answer.
function showWaiting() {
  text.readOnly = client.unanswered !== null;
  form.setAttribute("aria-busy", text.readOnly);
}

function showPeople() {
  people.replaceChildren(
    ...client.people.map((name) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.dir = "auto";
      button.onclick = () => address(name);
      item.append(button);
      return item;
    }),
  );
}

function showRooms() {
  for (const room of new Set([...OFFERED_ROOMS, ...client.rooms])) {
    const button = rooms.querySelector(`[data-room="${CSS.escape(room)}"]`) ?? newRoomButton(room);
    const isIn = client.rooms.includes(room);
    button.textContent = say(isIn ? "leave" : "enter", { room: sayRoom(room) });
    button.classList.toggle("joined", isIn);
  }
}

function newRoomButton(room) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.room = room;
  button.onclick = () => client.call(client.rooms.includes(room) ? "leave" : "join", room).catch(() => null);
  rooms.append(button);
  return button;
}

form.onsubmit = (event) => {
  event.preventDefault();
  if (!client.unanswered && client.status === "connected") client.say(text.value);
  text.focus();
};

const shown = {
  status: showState,
  name: showName,
  unanswered: showWaiting,
  people: showPeople,
  rooms: showRooms,
  newest: () => messages.takeNewest(client.newest),
};
client.onchange = (fields) => {
  if (fields.token) sessionStorage.setItem(TOKEN, fields.token);
  for (const field of Object.keys(fields)) shown[field]?.();
};
client.onmessages = (heard) => heard.forEach((message) => messages.add(message, client.name));
client.onanswer = (answer) => {
  if (!answer.error) text.value = "";
};

document.documentElement.lang = language;
for (const each of document.querySelectorAll("[data-word]")) each.textContent = say(each.dataset.word);
for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
for (const show of Object.values(shown)) show();
addEventListener("pagehide", () => client.disconnect());
addEventListener("pageshow", (event) => event.persisted && client.connect());
client.connect();
