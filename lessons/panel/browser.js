// The part of a panel that lives in the page: it shows what Python has drawn, reports what was chosen, and runs the
// lesson's client with the browser's own APIs. Python keeps all state; a page that opens later asks for it.

const KEPT = 1000; // steps in the diagram; older ones fold into a count
const CHUNK = 25; // steps in one SVG
const WIDTH = 470; // of the diagram, in CSS pixels
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
      <div class="scroll" tabindex="0" role="group" aria-label="messages on the line, oldest first">
        <div class="lifelines" aria-hidden="true"><span>client</span><span>server</span></div>
        <p class="empty">Nothing has crossed the line yet.</p>
        <div class="sheet" role="presentation"></div>
      </div>
      <button type="button" class="newer" hidden></button>
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
  const view = `${Date.now()}.${Math.random()}`;
  linkSpans(bytes);

  function receive(message) {
    if (message.view !== undefined && message.view !== view) return; // another view has asked for everything
    if (message.type === "drawn") {
      diagram.take(message);
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
  model.send({ type: "ready", view });
  return () => {
    diagram.end();
    model.off("msg:custom", receive);
    model.off("comm_live_update", end);
  };
}

/**
 * The sequence diagram: takes steps as Python has drawn them, and keeps the newest in view unless the reader holds it still.
 *
 * Twenty-five steps share an SVG of their own. Only the last of these changes when something comes, and the browser lays
 * out and paints only those that are in sight (CSS Containment Level 2, `content-visibility`).
 */
function drawing(side, select) {
  const scroll = side.querySelector(".scroll");
  const sheet = side.querySelector(".sheet");
  const pill = side.querySelector(".newer");
  const steps = new Map(); // by key: { group, chunk }
  const chunks = [];
  let waiting = new Map(); // steps that are not drawn yet, by key
  let bottom = 0;
  let folded = 0;
  let newer = 0;
  let chosen;
  let follows = true;
  let frame;
  let inSight = false;

  function newChunk(top) {
    const box = document.createElement("div");
    box.className = "chunk";
    box.setAttribute("role", "presentation");
    box.innerHTML = `<svg class="sequence" role="presentation" width="${WIDTH}"></svg>`;
    const chunk = { box, svg: box.firstChild, top, bottom: top, size: 0, left: 0 };
    sheet.append(box);
    chunks.push(chunk);
    box.style.top = `${top - chunks[0].top}px`;
    return chunk;
  }

  function stretch(chunk, to) {
    chunk.bottom = Math.max(chunk.bottom, to);
    const height = Math.ceil(chunk.bottom - chunk.top);
    if (height === chunk.height) return;
    chunk.height = height;
    chunk.svg.setAttribute("viewBox", `0 ${chunk.top} ${WIDTH} ${height}`);
    chunk.svg.setAttribute("height", height);
    chunk.box.style.height = `${height}px`;
  }

  function put([key, source, top, end]) {
    const former = steps.get(key);
    let chunk = former?.chunk ?? chunks.at(-1);
    if (!former && (!chunk || chunk.size === CHUNK)) chunk = newChunk(top);
    if (former) former.group.insertAdjacentHTML("afterend", source);
    else chunk.svg.insertAdjacentHTML("beforeend", source);
    const group = former ? former.group.nextElementSibling : chunk.svg.lastElementChild;
    former?.group.remove();
    if (!former) {
      chunk.size += 1;
      chunk.left += 1;
      if (!follows && group.dataset.message) newer += 1;
    }
    if (group.dataset.message) group.setAttribute("role", "option");
    steps.set(key, { group, chunk });
    stretch(chunk, end);
    if (former && former.group === chosen) mark(group);
  }

  /** Let go of the oldest steps; the others stay where the reader sees them. */
  function fold() {
    for (const [key, { group, chunk }] of steps) {
      if (steps.size <= KEPT) break;
      group.remove();
      steps.delete(key);
      chunk.left -= 1;
      folded += 1;
    }
    const top = chunks[0]?.top;
    while (chunks.length > 1 && chunks[0].left === 0) chunks.shift().box.remove();
    if (!chunks.length || chunks[0].top === top) return;
    for (const { box, top } of chunks) box.style.top = `${top - chunks[0].top}px`;
    if (!follows) scroll.scrollTop -= chunks[0].top - top;
  }

  function draw() {
    frame = undefined;
    const coming = waiting;
    waiting = new Map();
    coming.forEach(put);
    fold();
    sheet.style.height = `${bottom - (chunks[0]?.top ?? 0)}px`;
    side.querySelector(".folded").textContent = folded ? `${folded} earlier steps folded away` : "";
    side.querySelector(".empty").hidden = steps.size > 0;
    scroll.setAttribute("role", steps.size ? "listbox" : "group");
    if (!chosen) choose(sheet.querySelector("g.arrow")); // its bytes stay in view, even when it has been folded away
    showNewest();
  }

  /** Draw in the next frame, if anybody can see it; a hidden page has no frames. */
  function drawSoon() {
    if (inSight && waiting.size && frame === undefined) frame = requestAnimationFrame(draw);
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

  /** Choose what a reader points at, and hold still from then on. */
  function read(group) {
    if (!group) return;
    choose(group);
    follow(false);
    group.scrollIntoView({ block: "nearest" });
  }

  function follow(wanted) {
    if (follows === wanted) return;
    follows = wanted;
    newer = 0;
    showNewest();
  }

  function showNewest() {
    pill.hidden = follows || newer === 0;
    pill.textContent = `▼ ${newer} newer`;
    if (follows) scroll.scrollTop = scroll.scrollHeight;
  }

  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  scroll.addEventListener("keydown", (event) => {
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    const arrows = [...sheet.querySelectorAll("g.arrow")];
    const place = arrows.indexOf(chosen) + moves[event.key];
    read(arrows[Math.min(Math.max(place, 0), arrows.length - 1)]);
    if (event.key === "End") follow(true);
  });
  sheet.addEventListener("click", (event) => read(event.target.closest("g.arrow")));
  pill.addEventListener("click", () => follow(true));

  // Scrolling away from the newest holds the view still; a resized window doesn't count as scrolling.
  let offset = 0;
  scroll.addEventListener("scroll", () => {
    const atTheEnd = scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 30;
    if (atTheEnd) follow(true);
    else if (scroll.scrollTop < offset) follow(false);
    offset = scroll.scrollTop;
  });
  const resized = new ResizeObserver(showNewest);
  resized.observe(scroll);
  const sight = new IntersectionObserver((entries) => {
    inSight = entries.at(-1).isIntersecting;
    drawSoon();
  });
  sight.observe(side);

  return {
    take({ steps: coming, height, all }) {
      if (all) {
        sheet.replaceChildren();
        steps.clear();
        chunks.length = 0;
        chosen = undefined;
      }
      bottom = height;
      for (const step of coming) waiting.set(step[0], step);
      drawSoon();
    },
    end() {
      cancelAnimationFrame(frame);
      resized.disconnect();
      sight.disconnect();
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
