// Shows what a lesson's client reports, on a page of its own.
import { connect } from "./client.js";

const KEPT = 20;
const options = JSON.parse(document.querySelector("script[data-options]").dataset.options);
const latest = document.getElementById("latest");
const log = document.getElementById("log");
const figures = document.getElementById("figures");
const status = document.getElementById("status");

function show({ news, figures: told, status: state, reason }) {
  if (told !== undefined) figures.textContent = told;
  if (state !== undefined) status.textContent = reason ? `${state}: ${reason}` : state;
  if (news === undefined) return;
  latest.textContent = news;
  const item = document.createElement("li");
  item.textContent = news;
  log.prepend(item);
  if (log.childElementCount > KEPT) log.lastElementChild.remove();
}

const base = new URL(".", location.href).href.replace(/\/$/, "");
const client = connect(base, show, options);

// A client that can send gets a field to type in.
const form = document.getElementById("say");
form.hidden = client.send === undefined;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  client.send(form.elements.text.value);
  form.reset();
});
addEventListener("pagehide", () => client.stop());
