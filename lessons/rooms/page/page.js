// The rooms page: four clients side by side, each with its own connection and its own window.

import { SocketIO } from "./socket_io/socketio.js";

const PLACES = { Ann: "/", Bob: "/", Eve: "/", Dan: "/news" };
const SHOWN = 50; // lines in a window
const people = [];

// One client: its connection, and its window on the page.
class Person {
  id = null;
  #rooms = [];

  constructor(name, namespace) {
    this.name = name;
    this.namespace = namespace;
    const section = document.getElementById("client").content.cloneNode(true).firstElementChild;
    [this.state, this.form, this.heard] = [".state", "form", ".heard"].map((each) => section.querySelector(each));
    section.querySelector("h2").textContent = `${name} in ${namespace}`;
    this.heard.setAttribute("aria-label", `What ${name} heard`);
    document.getElementById("clients").append(section);
    this.#listen();
    this.#connect();
  }

  // What each way of addressing needs to be told besides the text.
  #arguments(way) {
    const { room, other } = this.form.elements;
    const elsewhere = this.namespace === "/" ? "/news" : "/";
    const needed = {
      to_one: [other.value],
      to_room: [room.value],
      to_room_but_me: [room.value],
      to_rooms: [["red", "green"]],
      to_namespace: [elsewhere, room.value],
    };
    return needed[way] ?? [];
  }

  #listen() {
    const { room, way, text } = this.form.elements;
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.#ask(way.value, ...this.#arguments(way.value), text.value);
    };
    for (const button of this.form.querySelectorAll("[data-do]")) {
      button.onclick = () => this.#ask(button.dataset.do, room.value);
    }
  }

  #connect() {
    this.socket = new SocketIO(new URL("socket.io/", document.baseURI), { namespace: this.namespace })
      .on("connect", () => this.#connected())
      .on("disconnect", () => (this.state.textContent = "connection lost, trying again…"))
      .on("gone", (reason) => (this.state.textContent = reason))
      .on("message", ({ from, text }) => this.#show(`${nameOf(from)}: ${text}`));
    this.socket.connect();
  }

  async #connected() {
    this.id = (await this.socket.call("who_am_i")).id;
    this.#rooms = [];
    this.#showState();
    people.forEach((each) => each.showOthers());
  }

  async #ask(event, ...args) {
    const answer = await this.socket.call(event, ...args).catch((error) => ({ error: error.message }));
    if (answer.error) this.#show(answer.error);
    if (answer.rooms) this.#rooms = answer.rooms;
    this.#showState();
  }

  #showState() {
    this.state.textContent = `by ${this.socket.transport}, in ${this.#rooms.join(", ") || "no room"}`;
  }

  showOthers() {
    const others = people.filter((each) => each.namespace === this.namespace && each !== this && each.id);
    this.form.elements.other.replaceChildren(...others.map((each) => new Option(each.name, each.id)));
  }

  #show(text) {
    const item = document.createElement("li");
    item.textContent = text;
    item.dir = "auto";
    this.heard.append(item);
    if (this.heard.children.length > SHOWN) this.heard.firstElementChild.remove();
    item.scrollIntoView({ block: "nearest" });
  }
}

function nameOf(id) {
  return people.find((each) => each.id === id)?.name ?? id;
}

for (const [name, namespace] of Object.entries(PLACES)) people.push(new Person(name, namespace));
addEventListener("pagehide", () => people.forEach((each) => each.socket.disconnect()));
