// The chat page: what is typed and pressed goes to the server, what the server says is shown.

import { SocketIO } from "./socket_io/socketio.js";
import { Messages } from "./messages.js";
import { language, say } from "./words.js";

const TOKEN = "chat-token";
const OFFERED_ROOMS = ["red", "green"];

const [state, rooms, people, form, label, text, send] = ["state", "rooms", "people", "form", "label", "text", "send"].map(
  (id) => document.getElementById(id),
);
const messages = new Messages(document.getElementById("messages"), address);
const socket = new SocketIO(new URL("socket.io/", document.baseURI), {
  auth: () => ({ token: sessionStorage.getItem(TOKEN), since: messages.newest }),
});

let me = null;
let joined = [];
let pending = null; // what was sent and not answered yet: its text stays in the box until it is

function address(name) {
  if (pending) return;
  text.value = `@${name} ${text.value}`;
  text.focus();
}

function showMe(name) {
  me = name;
  label.textContent = say(me ? "message" : "yourName");
}

function showPeople(names) {
  people.replaceChildren(
    ...names.map((name) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.onclick = () => address(name);
      item.append(button);
      return item;
    }),
  );
}

function showRooms() {
  for (const room of new Set([...OFFERED_ROOMS, ...joined])) {
    const button = rooms.querySelector(`[data-room="${CSS.escape(room)}"]`) ?? newRoomButton(room);
    const isIn = joined.includes(room);
    button.textContent = say(isIn ? "leave" : "enter", { room: say(room) });
    button.classList.toggle("joined", isIn);
  }
}

function newRoomButton(room) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.room = room;
  button.onclick = () => socket.emit(joined.includes(room) ? "leave" : "join", room);
  rooms.append(button);
  return button;
}

// crypto.randomUUID exists on https and on this machine only; a classmate may come by plain http.
function newId() {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (number) => number.toString(16).padStart(8, "0")).join("");
}

async function deliver(message) {
  pending = message;
  text.readOnly = true;
  form.setAttribute("aria-busy", "true");
  const answer = await socket.call("message", message.text, message.id).catch(() => null);
  if (answer) settled(answer);
}

// Without an answer the message stays pending: it is sent again, under the same id, when the line is back.
function settled(answer) {
  pending = null;
  text.readOnly = false;
  form.removeAttribute("aria-busy");
  if (answer.name) showMe(answer.name);
  if (!answer.error) text.value = "";
}

form.onsubmit = (event) => {
  event.preventDefault();
  if (!pending && socket.isConnected) deliver({ text: text.value, id: newId() });
  text.focus();
};

socket
  .on("welcome", (welcome) => {
    sessionStorage.setItem(TOKEN, welcome.token);
    state.textContent = say("connected");
    document.body.classList.add("connected");
    send.disabled = false;
    joined = welcome.rooms;
    showMe(welcome.name);
    showPeople(welcome.people);
    showRooms();
    if (messages.newest === null) socket.emit("getAllMessages");
    if (pending && me === pending.text) settled({ name: me });
    if (pending) deliver(pending);
  })
  .on("message", (message) => messages.add(message, me))
  .on("missed", (missed) => missed.forEach((message) => messages.add(message, me)))
  .on("allMessages", (all) => all.forEach((message) => messages.add(message, me)))
  .on("people", showPeople)
  .on("joined", (room) => {
    joined = [...joined.filter((each) => each !== room), room];
    showRooms();
  })
  .on("leaved", (room) => {
    joined = joined.filter((each) => each !== room);
    showRooms();
  })
  .on("disconnect", () => {
    state.textContent = say("lost");
    document.body.classList.remove("connected");
    send.disabled = true;
  });

document.documentElement.lang = language;
for (const each of document.querySelectorAll("[data-word]")) each.textContent = say(each.dataset.word);
for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
state.textContent = say("connecting");
send.disabled = true;
showMe(null);
showRooms();
addEventListener("pagehide", () => socket.disconnect());
addEventListener("pageshow", (event) => event.persisted && socket.connect());
addEventListener("online", () => socket.isConnected || socket.connect());
socket.connect();
