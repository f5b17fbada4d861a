// The window of one chatter in the panel. It shows messages with the code of the chat's own page.

import { Messages } from "../page/messages.js";
import { say, sayRoom } from "../page/words.js";

const MARKUP = `
  <section class="chat-window">
    <header>
      <strong class="me"></strong> <span class="state" role="status"></span>
      <button type="button" class="line"></button>
      <div class="rooms" role="group"></div>
    </header>
    <div class="people" role="group"></div>
    <ol class="messages" role="log" tabindex="0"></ol>
    <form autocomplete="off"><input name="text" maxlength="2000" dir="auto"><button></button></form>
  </section>`;

function button(text, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.dir = "auto";
  made.onclick = press;
  return made;
}

function render({ model, el }) {
  el.innerHTML = MARKUP;
  const find = (selector) => el.querySelector(selector);
  const [form, text, line, list] = ["form", "input", ".line", ".messages"].map(find);
  const press = (type, words) => model.send({ type, words });
  const address = (name) => {
    press("address", name);
    text.focus();
  };
  let messages = new Messages(list, address);

  function receive({ type, messages: heard, again, text: draft }) {
    if (type === "draft") text.value = draft;
    if (type !== "messages") return;
    if (again) {
      list.replaceChildren();
      messages = new Messages(list, address);
    }
    heard.forEach((message) => messages.add(message, model.get("name")));
  }

  function showRooms() {
    const joined = model.get("rooms");
    const rooms = new Set([...model.get("offered_rooms"), ...joined]);
    const buttons = [...rooms].map((room) => {
      const isIn = joined.includes(room);
      const made = button(say(isIn ? "leave" : "enter", { room: sayRoom(room) }), () => press(isIn ? "leave" : "join", room));
      made.classList.toggle("joined", isIn);
      return made;
    });
    find(".rooms").replaceChildren(...buttons);
  }

  function showPeople() {
    find(".people").replaceChildren(...model.get("people").map((name) => button(name, () => address(name))));
  }

  function showState() {
    const status = model.get("status");
    const isOff = status === "stopped";
    find(".me").textContent = model.get("name") ?? "…";
    find(".state").textContent = status;
    find(".state").className = `state ${isOff ? "off" : status === "connected" ? "well" : "ill"}`;
    line.textContent = isOff ? "Connect" : "Disconnect";
    line.onclick = () => press(isOff ? "connect" : "disconnect");
    text.placeholder = say(model.get("name") ? "message" : "yourName");
    text.setAttribute("aria-label", text.placeholder);
    text.readOnly = model.get("is_waiting");
    form.setAttribute("aria-busy", model.get("is_waiting"));
    find("form button").disabled = status !== "connected" || model.get("is_waiting");
  }

  text.oninput = () => press("typed", text.value);
  // Otherwise JupyterLab would take keys for its own commands.
  el.dataset.lmSuppressShortcuts = "true";
  form.onsubmit = (event) => {
    event.preventDefault();
    if (!find("form button").disabled) press("send", text.value);
  };
  // In JupyterLab Enter doesn't submit a form by itself. While an input method composes a word, Enter belongs to it.
  text.onkeydown = (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  };
  find("form button").textContent = say("send");
  for (const [selector, word] of [[".rooms", "rooms"], [".people", "people"], [".messages", "messages"]]) {
    find(selector).setAttribute("aria-label", say(word));
  }

  const shown = { status: showState, name: showState, is_waiting: showState, rooms: showRooms, people: showPeople };
  for (const [trait, show] of Object.entries(shown)) model.on(`change:${trait}`, show);
  model.on("msg:custom", receive);
  new Set(Object.values(shown)).forEach((show) => show());
  press("ready");
  return () => {
    for (const [trait, show] of Object.entries(shown)) model.off(`change:${trait}`, show);
    model.off("msg:custom", receive);
  };
}

export default { render };
