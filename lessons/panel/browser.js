// The part of a panel that lives in the page: it shows what Python has drawn, reports what was chosen, and runs the
// lesson's client with the browser's own APIs. Python keeps all state; a page that opens later asks for it.

const KEPT = 1000; // messages in the diagram; older ones fold into a count
const REPORTS_EVERY = 50; // milliseconds: what the client sees goes to Python in batches

// --- the client in the page: one per model, however many views show it ---------------------------------------------

/** Return the address at which this page reaches a port of the kernel's machine. */
function address({ port, route }) {
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  if (route === "direct" || (route === "auto" && local)) return `http://127.0.0.1:${port}`;
  const config = document.getElementById("jupyter-config-data");
  const baseUrl = config ? JSON.parse(config.textContent).baseUrl : document.body.dataset.baseUrl;
  return new URL(`${baseUrl ?? "/"}proxy/${port}`, location.origin).href;
}

/** Tell Python something; once the kernel has ended, nobody hears it. */
function tell(model, message) {
  try {
    model.send(message);
  } catch (error) {
    console.info("lessons: the kernel has ended", error.message);
  }
}

/** Return a function that collects reports and sends them to Python in batches. */
function reporter(model) {
  let items = [];
  let timer;
  return (item) => {
    items.push(item);
    timer ??= setTimeout(() => {
      tell(model, { type: "report", items });
      items = [];
      timer = undefined;
    }, REPORTS_EVERY);
  };
}

/**
 * Run something in only one of the pages that show the same notebook; when that page goes, the next one takes over.
 *
 * The browser's locks decide whose turn it is (W3C Web Locks, section 2). Only a secure context has them: a page that
 * came over https or from this machine. Elsewhere every page runs it.
 *
 * @param {string} name - what it is, the same in every page
 * @param {() => void} run - called when it is this page's turn
 * @returns {() => void} ends the turn, or the waiting for it
 */
function inOnePage(name, run) {
  if (navigator.locks === undefined) {
    run();
    return () => {};
  }
  const leaving = new AbortController();
  const left = new Promise((resolve) => leaving.signal.addEventListener("abort", resolve));
  const turn = () => {
    run();
    return left;
  };
  navigator.locks.request(name, { signal: leaving.signal }, turn).catch(() => {}); // this page went before its turn came
  return () => leaving.abort();
}

async function importSource(source) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await import(/* webpackIgnore: true */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function initialize({ model }) {
  const report = reporter(model);
  let connection;
  let base;
  let turn = 0;

  async function follow() {
    const wanted = model.get("wanted");
    if (connection?.update && address(wanted) === base) return connection.update(wanted.options);
    const mine = ++turn;
    connection?.stop();
    connection = undefined;
    if (wanted.port === undefined) return;
    const lesson = await importSource(model.get("page_client"));
    if (mine !== turn) return; // something else was wanted while the module loaded
    const heard = (item) => mine === turn && report(item);
    base = address(wanted);
    connection = lesson.connect(base, heard, wanted.options);
  }

  function act(message) {
    if (message.type === "act") connection?.[message.action]?.(...message.arguments);
  }

  let leave = () => {};

  function end() {
    leave();
    turn += 1;
    connection?.stop();
    connection = undefined;
  }

  function begin() {
    model.on("change:wanted", follow);
    follow();
  }

  // The server learns which page may use it before the client in that page speaks to it.
  model.send({ type: "origin", origin: location.origin });
  model.on("msg:custom", act);
  model.on("comm_live_update", end); // the kernel has ended, and the servers with it
  leave = inOnePage(`lessons ${model.get("key")}`, begin);
  return () => {
    end();
    model.off("change:wanted", follow);
    model.off("msg:custom", act);
    model.off("comm_live_update", end);
  };
}

// --- the view ------------------------------------------------------------------------------------------------------

const MARKUP = `
  <div class="wire">
    <section class="sequence-side">
      <header><h4>sequence, in true time</h4><span class="folded"></span></header>
      <div class="scroll" tabindex="0" role="listbox" aria-label="messages on the line, oldest first">
        <svg class="sequence" role="presentation"><g class="lifelines"></g><g class="body"></g></svg>
        <p class="empty">Nothing has crossed the line yet.</p>
      </div>
    </section>
    <section class="bytes-side">
      <header><h4>bytes of what is selected</h4><span class="selected"></span></header>
      <div class="scroll" tabindex="0" aria-label="bytes of the selected message"></div>
    </section>
  </div>
  <p class="cost" aria-label="what it costs"></p>`;

let marked = 0; // makes element ids that are unique in the page

function render({ model, el }) {
  el.classList.add("lessons");
  el.innerHTML = MARKUP;
  const find = (selector) => el.querySelector(selector);
  const diagram = drawing(find(".sequence-side"), (number) => tell(model, { type: "select", number }));
  const bytes = find(".bytes-side .scroll");
  linkSpans(bytes);

  function receive(message) {
    if (message.type === "drawn") {
      diagram.draw(message);
      find(".cost").textContent = message.cost + (message.dropped ? ` · ${message.dropped} older records dropped` : "");
    } else if (message.type === "bytes") {
      find(".bytes-side .selected").textContent = message.title;
      bytes.innerHTML = message.html;
      bytes.scrollTop = 0;
    }
  }

  function end() {
    find(".cost").textContent = "The kernel has ended, and this panel with it: run its cell again.";
    const panel = el.closest(".lessons-panel");
    panel?.classList.add("ended");
    for (const state of panel?.querySelectorAll(".state") ?? []) {
      state.textContent = "ended";
      state.className = "state off";
    }
  }

  model.on("msg:custom", receive);
  model.on("comm_live_update", end);
  model.send({ type: "ready" });
  return () => {
    model.off("msg:custom", receive);
    model.off("comm_live_update", end);
  };
}

/** The sequence diagram: it takes fragments of SVG, and keeps the newest in view unless the reader scrolled away. */
function drawing(side, select) {
  const svg = side.querySelector("svg");
  const body = svg.querySelector(".body");
  const scroll = side.querySelector(".scroll");
  const keys = new Map();
  let folded = 0;
  let top = 0;
  let chosen;

  function put([key, source]) {
    const former = keys.get(key);
    if (former) former.insertAdjacentHTML("afterend", source);
    else body.insertAdjacentHTML("beforeend", source);
    const group = former ? former.nextElementSibling : body.lastElementChild;
    former?.remove();
    keys.set(key, group);
    if (group.dataset.message) group.setAttribute("role", "option");
    if (former === chosen && former) mark(group);
  }

  function fold() {
    for (const [key, group] of keys) {
      if (keys.size <= KEPT) break;
      top = group.getBBox().y + group.getBBox().height;
      group.remove();
      keys.delete(key);
      folded += 1;
    }
    side.querySelector(".folded").textContent = folded ? `${folded} earlier steps folded away` : "";
  }

  function fit(height) {
    const width = 470;
    svg.setAttribute("viewBox", `0 ${top} ${width} ${height - top}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height - top);
  }

  function mark(group) {
    chosen?.classList.remove("chosen");
    chosen?.setAttribute("aria-selected", "false");
    chosen = group;
    group.classList.add("chosen");
    group.setAttribute("aria-selected", "true");
    group.id ||= `lessons-message-${(marked += 1)}`;
    scroll.setAttribute("aria-activedescendant", group.id);
  }

  function choose(group) {
    if (!group?.dataset.message) return;
    mark(group);
    select(Number(group.dataset.message));
  }

  function step(direction) {
    const groups = [...body.querySelectorAll("g.arrow")];
    const next = groups[groups.indexOf(chosen) + direction] ?? chosen;
    choose(next);
    next?.scrollIntoView({ block: "nearest" });
  }

  const steps = { ArrowDown: 1, ArrowUp: -1 };
  scroll.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    step(steps[event.key]);
  });
  body.addEventListener("click", (event) => choose(event.target.closest("g.arrow")));

  // Follow the newest until the reader scrolls away; a resized window doesn't count as scrolling.
  let follows = true;
  const showNewest = () => follows && (scroll.scrollTop = scroll.scrollHeight);
  scroll.addEventListener("scroll", () => {
    follows = scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 30;
  });
  new ResizeObserver(showNewest).observe(scroll);

  return {
    draw({ fragments, height, lifelines, all }) {
      const choice = chosen?.dataset.message;
      if (all) {
        body.replaceChildren();
        keys.clear();
      }
      svg.querySelector(".lifelines").innerHTML = lifelines;
      fragments.forEach(put);
      fold();
      fit(height);
      side.querySelector(".empty").hidden = keys.size > 0;
      if (!chosen) choose(body.querySelector("g.arrow"));
      else if (!chosen.isConnected) choose(body.querySelector(`[data-message="${choice}"]`));
      showNewest();
    },
  };
}

/** Highlight a hovered or focused span, or some bits of one, in the bytes, the bits and the list of fields. */
function linkSpans(root) {
  const related = (one, other) => one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);

  function light(event) {
    const span = event.target.closest?.("[data-span]")?.dataset.span;
    for (const each of root.querySelectorAll(".lit")) each.classList.remove("lit");
    if (span === undefined || event.type === "mouseleave") return;
    for (const each of root.querySelectorAll("[data-span]")) each.classList.toggle("lit", related(each.dataset.span, span));
  }
  for (const type of ["mouseover", "mouseleave", "focusin"]) root.addEventListener(type, light);
}

export default { initialize, render };
