// The list of messages: in the order of their ids, each once. Whatever people say is inserted as text, never as HTML.

import { say, sayAgo, sayNotice, sayRoom } from "./words.js";

const LONGEST = 1000; // messages in the list
const REFRESH = 20_000; // milliseconds between two updates of the times

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  made.dir = "auto"; // each in the direction of its own language
  return made;
}

/** The messages in a list element; `address(name)` is called when somebody's name is chosen. */
export class Messages {
  #list;
  #address;
  #items = new Map();

  constructor(list, address) {
    this.#list = list;
    this.#address = address;
    setInterval(() => this.#refreshTimes(), REFRESH);
  }

  /** Show a person's message or the system's notice; `me` is the reader's own name. */
  add(message, me) {
    if (this.#items.has(message.id)) return;
    const follow = this.#isAtEnd();
    this.#place(message.id, message.notice ? this.#notice(message) : this.#message(message, me));
    if (this.#list.children.length > LONGEST) this.#list.firstElementChild.remove();
    if (follow) this.#list.scrollTop = this.#list.scrollHeight;
  }

  /** Take the id of the server's newest message: if a later one is here, the server has lost its memory. */
  takeNewest(newest) {
    if (Math.max(...this.#items.keys()) <= newest) return;
    for (const item of this.#items.values()) delete item.dataset.id;
    this.#items.clear();
  }

  #place(id, item) {
    if (id === undefined) return this.#list.append(item);
    item.dataset.id = id;
    const later = [...this.#list.children].find((each) => Number(each.dataset.id) > id);
    this.#list.insertBefore(item, later ?? null);
    this.#items.set(id, item);
  }

  #notice(message) {
    const item = element("li", "notice", "");
    item.append(element("span", "content", sayNotice(message)), this.#time(message));
    return item;
  }

  #message(message, me) {
    const item = element("li", message.username === me ? "mine" : "theirs", "");
    const name = element("button", "name", message.username);
    name.type = "button";
    name.onclick = () => this.#address(message.username);
    item.append(name, ...this.#where(message), this.#time(message), element("span", "content", message.content));
    return item;
  }

  #where({ rooms = [], to }) {
    if (to) return [element("span", "where", say("privately", { name: to }))];
    return rooms.map((room) => element("span", "where", sayRoom(room)));
  }

  #time({ createAt }) {
    const time = element("time", "", sayAgo(Date.parse(createAt)));
    time.dateTime = createAt;
    time.title = new Date(createAt).toLocaleString();
    return time;
  }

  #refreshTimes() {
    for (const time of this.#list.querySelectorAll("time")) {
      time.textContent = sayAgo(Date.parse(time.dateTime));
    }
  }

  #isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    return scrollTop + clientHeight > scrollHeight - 40;
  }
}
