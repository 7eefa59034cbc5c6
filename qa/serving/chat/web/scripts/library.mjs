// The library: the documents that there are, found, sorted and ticked. The server gives a page at a time, and only what
// can be seen of them is drawn, so that ten thousand scroll as smoothly as ten.

import { say } from "./messages.mjs";
import { inConversation } from "./originals.mjs";
import { address, button, element, find, hint, make, props } from "./page.mjs";
import { chosen, state, tick } from "./state.mjs";

const PAGE = 100; // documents that are asked for at a time
const ROW = 76; // pixels of a document's row, as chat.css has it
const BEYOND = 6; // rows that are drawn beyond the edges, so that the keyboard finds the next one
const AHEAD = 40; // rows beyond those that are asked for before they are seen
const GLIMPSE = 60; // milliseconds for which what is only scrolled past is not asked for
const PAUSE = 200; // milliseconds without a key, after which what was typed is searched for

let pages = new Map(); // rows by their page, once they are here; null on their way
let list = { found: 0, total: 0, types: {} };
let typing = null;
let frame = null; // the next time that the browser draws
let missing = null; // the timer that asks for what is in view
let onChange = () => {}; // told when other documents are asked
let onList = () => {}; // told when the list is read

/** The first and the last row that are drawn, of `count` rows scrolled down by `top`. */
export function inView(top, height, count) {
  const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
  return [Math.min(first, count), Math.min(count, Math.ceil((top + height) / ROW) + BEYOND)];
}

async function load(page) {
  pages.set(page, null);
  const mine = pages;
  const { words, type, order } = Object.fromEntries(new FormData(find(".shelf-search")));
  const asked = new URLSearchParams({ words: words ?? "", type: type ?? "", order: order ?? "title", start: page * PAGE, most: PAGE });
  const response = await fetch(`${address("library")}?${asked}`, { headers: inConversation(), cache: "no-store" }).catch(() => null);
  const told = response ? await response.json().catch(() => ({})) : {};
  if (mine !== pages) return; // something else is wanted by now
  if (!response?.ok) {
    find(".shelf-count").textContent = told.reason ?? say("lost");
    pages.delete(page);
    return;
  }
  list = told;
  pages.set(page, list.documents);
  find(".shelf-count").textContent = say(list.found ? "shelf-count" : "shelf-none", { count: list.found });
  find(".shelf ul").style.height = `${list.found * ROW}px`;
  if (page === 0) drawTypes();
  draw();
}

/** Reads the list again: what is wanted, or what there is, has changed. */
export async function refresh() {
  if (!props.library) return;
  pages = new Map();
  find(".shelf").scrollTop = 0;
  await load(0);
  drawScope();
  onList();
}

/** The whole library again, for a new conversation. */
export function startAfresh() {
  find(".shelf-search").reset();
  return refresh();
}

// ---- drawing

function drawTypes() {
  const select = find(".shelf-search [name=type]");
  const kinds = Object.entries(list.types);
  const options = kinds.map(([type, count]) => new Option(`${type || "–"} (${count})`, type));
  const { value } = select;
  select.replaceChildren(new Option(say("shelf-every-type"), ""), ...options);
  select.value = kinds.some(([type]) => type === value) ? value : "";
  select.hidden = kinds.length < 2;
}

function draw() {
  frame = null;
  const shelf = find(".shelf");
  const rows = shelf.firstElementChild;
  const [first, last] = inView(shelf.scrollTop, shelf.clientHeight, list.found);
  const wanted = new Map();
  for (let place = first; place < last; place += 1) {
    const row = pages.get(Math.floor(place / PAGE))?.[place % PAGE];
    wanted.set(`${place} ${row?.document}`, [place, row]);
  }
  missing ??= setTimeout(loadMissing, GLIMPSE);
  for (const item of [...rows.children]) {
    if (wanted.has(item.dataset.key)) wanted.delete(item.dataset.key);
    else if (!item.contains(document.activeElement)) item.remove();
  }
  const drawn = [...wanted].map(([key, [place, row]]) => itemOf(key, place, row));
  // In their order, which is that of the keyboard.
  const kept = [...rows.children];
  for (const item of drawn) {
    rows.insertBefore(item, kept.find((other) => other.ariaPosInSet - item.ariaPosInSet > 0) ?? null);
  }
}

/** Asks for the pages in view, and for those that are next. */
function loadMissing() {
  missing = null;
  if (list.found === 0) return;
  const shelf = find(".shelf");
  const [first, last] = inView(shelf.scrollTop, shelf.clientHeight, list.found);
  const pageOf = (place) => Math.floor(Math.min(Math.max(place, 0), list.found - 1) / PAGE);
  for (let page = pageOf(first - AHEAD); page <= pageOf(last + AHEAD); page += 1) if (!pages.has(page)) load(page);
}

function itemOf(key, place, row) {
  const item = row ? rowOf(row) : make("li", { className: "shelf-row", textContent: "…" });
  Object.assign(item.dataset, { key });
  Object.assign(item, { ariaSetSize: list.found, ariaPosInSet: place + 1 });
  item.style.top = `${place * ROW}px`;
  return item;
}

function rowOf(row) {
  const box = make("input", { type: "checkbox", checked: chosen().has(row.document), "aria-label": say("shelf-tick", row) });
  box.addEventListener("change", () => choose(row, box));
  return make(
    "li",
    { className: "shelf-row" },
    box,
    make(
      "div",
      { className: "shelf-what" },
      button("shelf-name", row.name, () => openDocument(row.document, row.name), { dir: "auto", title: row.name }),
      factsOf(row),
    ),
    button("shelf-ask", say("shelf-ask"), () => askAbout(row), { "aria-label": say("shelf-ask-label", row) }),
  );
}

/** What a document is: its type, pages, date, version and file. */
export function factsOf(row) {
  const facts = [
    row.type.toUpperCase(),
    row.pages ? say("shelf-pages", { count: row.pages }) : "",
    row.date,
    row.version,
    row.family ? say("shelf-family") : "",
    row.is_own ? say("shelf-own") : "",
    row.file === row.name ? "" : row.file,
  ];
  return make("p", { className: "facts" }, ...facts.filter(Boolean).map((fact) => make("span", { textContent: fact, dir: "auto" })));
}

/** Which documents are asked, above what is asked with. */
export function drawScope() {
  const count = state.talk.sources.length;
  find(".scope").hidden = !props.library || list.total === 0;
  find(".scope").textContent = count ? say("scope-some", { count, total: list.total }) : say("scope-all", { count: list.total });
  find(".scope").title = state.talk.sources.map(([, name]) => name).filter(Boolean).join("\n");
  find(".scope-all").hidden = count === 0;
  for (const box of element.querySelectorAll(".shelf-row input")) {
    box.checked = chosen().has(box.closest(".shelf-row").dataset.key.split(" ")[1]);
  }
}

function choose(row, box) {
  if (!tick(row.document, row.name, box.checked)) {
    box.checked = false;
    find(".shelf-count").textContent = say("shelf-full");
    return;
  }
  drawScope();
  onChange();
}

function askAll() {
  state.talk.sources = [];
  drawScope();
  onChange();
}

function askAbout({ document: id, name }) {
  state.talk.sources = [[id, name]];
  drawScope();
  onChange();
  find(".library").close();
  find(".document-view").close();
  find(".ask textarea").focus();
  hint(say("scope-hint", { name }));
}

// ---- a whole document

/** Opens a document with the quotations marked that the conversation has of it, at the one that begins at `start`. */
export async function openDocument(id, name, start = 0, end = 0) {
  const quotes = [...element.querySelectorAll(`.turns .original[data-document="${CSS.escape(id)}"]`)];
  const asked = new URLSearchParams({ start, end });
  for (const { dataset } of quotes) asked.append("also", `${dataset.start}-${dataset.end}`);
  await showPage(id, name, `?${asked}`);
}

async function showPage(id, name, query) {
  const view = find(".document-view");
  const body = view.querySelector(".document-body");
  const url = address(`d/${id}`) + query;
  const response = await fetch(url, { headers: inConversation(), cache: "no-store" }).catch(() => null);
  const page = new DOMParser().parseFromString(response ? await response.text() : "", "text/html");
  body.replaceChildren(...(response ? page.body.childNodes : [make("p", { textContent: say("lost") })]));
  for (const link of body.querySelectorAll('a[href^="?"]')) {
    link.onclick = (event) => {
      event.preventDefault();
      showPage(id, name, link.getAttribute("href"));
    };
  }
  view.setAttribute("aria-label", name);
  view.querySelector(".document-ask").onclick = () => askAbout({ document: id, name });
  if (!view.open) view.showModal();
  view.scrollTop = 0;
  (body.querySelector("#quote") ?? body.querySelector("mark"))?.scrollIntoView({ block: "center" });
}

// ---- wiring

export function listen(changed, listed) {
  element.classList.toggle("shelfless", !props.library);
  if (!props.library) return;
  onChange = changed;
  onList = listed;
  const search = find(".shelf-search");
  const opened = () => {
    find(".library").showModal();
    draw();
  };
  find(".open-library").hidden = false;
  find(".open-library").addEventListener("click", opened);
  find(".scope").addEventListener("click", opened);
  find(".scope-all").addEventListener("click", askAll);
  find(".shelf").addEventListener("scroll", () => (frame ??= requestAnimationFrame(draw)), { passive: true });
  search.addEventListener("change", (event) => event.target.name !== "words" && refresh());
  search.addEventListener("input", (event) => {
    if (event.target.name !== "words") return;
    clearTimeout(typing);
    typing = setTimeout(refresh, PAUSE);
  });
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    refresh();
  });
  element.addEventListener("click", (event) => {
    const opener = event.target.closest(".open-document");
    if (!opener) return;
    const card = opener.closest(".card");
    const { document: id, start, end } = card.querySelector(".original").dataset;
    openDocument(id, card.querySelector(".source").textContent, start, end);
  });
}
