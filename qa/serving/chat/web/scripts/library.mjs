// The library: the documents that there are, found, sorted and ticked. The server gives a page of rows at a time, each when
// it comes near to what is seen, and the browser draws only what is: ten thousand scroll as smoothly as ten.

import { drop, fileOf, keep } from "./files.mjs";
import { say } from "./messages.mjs";
import { inConversation, showBeside } from "./originals.mjs";
import { address, element, find, hint, make, props } from "./page.mjs";
import { isGoing, removeLater } from "./removal.mjs";
import { call } from "./server.mjs";
import { chosen, state, tick } from "./state.mjs";

const PAGE = 200; // documents that are asked for at a time
const ROW = 76; // pixels of a document's row, as chat.css has it
const AGAIN = 2000; // milliseconds after which rows that did not come are asked for again
const PAUSE = 200; // milliseconds without a key, after which what was typed is searched for

let total = 0; // documents that there are
let nearView = null; // tells when a page of rows comes near to what is seen
let typing = null;
let chosenRow = null; // whose menu is open
let onChange = () => {}; // told when other documents are asked
let onList = () => {}; // told when the list is read

/** The page of rows from `start` on; its `reason` where there is none. */
async function rowsFrom(start) {
  const asked = new URLSearchParams({ ...Object.fromEntries(new FormData(find(".shelf-search"))), start, most: PAGE });
  const { ok, told } = await call(`library?${asked}`);
  return ok ? told : { reason: told.reason ?? say("lost") };
}

async function fillPage(page) {
  nearView.unobserve(page);
  const { html, reason } = await rowsFrom(Number(page.dataset.start));
  if (reason) {
    find(".shelf-count").textContent = reason;
    setTimeout(() => page.isConnected && nearView.observe(page), AGAIN);
    return;
  }
  page.innerHTML = html;
  drawScope();
}

/** Reads the list again: what is wanted, or what there is, has changed. */
export async function refresh() {
  if (!props.library) return;
  const list = find(".shelf > div");
  const wanted = (list.dataset.wanted = String(Math.random()));
  list.ariaBusy = "true";
  const { html, found, types, reason, ...told } = await rowsFrom(0);
  if (list.dataset.wanted !== wanted) return; // something else is wanted by now
  list.ariaBusy = "false";
  find(".shelf-count").textContent = reason ?? say(found ? "shelf-count" : "shelf-none", { count: found });
  if (reason) return;
  total = told.total;
  const shown = [told.state, state.talk.id, new URLSearchParams(new FormData(find(".shelf-search")))].join(" ");
  if (list.dataset.shown !== shown) fillList(list, found, html);
  list.dataset.shown = shown;
  find(".shelf-search [name=type]").innerHTML = types;
  drawScope();
  onList();
}

function fillList(list, found, html) {
  const refocus = focusIn(list);
  list.replaceChildren(...Array.from({ length: Math.ceil(found / PAGE) }, (_, number) => pageOf(number * PAGE, found)));
  if (found) list.firstElementChild.innerHTML = html;
  refocus();
  [...list.children].slice(1).forEach((page) => nearView.observe(page));
}

/** What gives the focus back, in the list drawn anew, to the control of the row that has it now. */
function focusIn(list) {
  const row = list.querySelector(".shelf-row:focus-within");
  const controls = (own) => [...(own?.querySelectorAll("input, button") ?? [])];
  const number = controls(row).indexOf(document.activeElement);
  const again = () => row && [...list.querySelectorAll(".shelf-row")].find((own) => keyOf(own) === keyOf(row));
  return () => row && (controls(again())[number] ?? find(".shelf-search input")).focus();
}

/** What tells a row from others, also when it is drawn anew. */
const keyOf = ({ dataset }) => Object.values(dataset).join(" ");

/** What goes where a row's document is removed: a file of the conversation, or a source of the index. */
const goingOf = (row) => fileOf(row.dataset.upload) ?? keyOf(row);

function search() {
  find(".shelf").scrollTop = 0;
  return refresh();
}

function pageOf(start, found) {
  const page = make("div", { className: "shelf-page", role: "none", "data-start": start });
  page.style.height = `${Math.min(PAGE, found - start) * ROW}px`;
  return page;
}

/** The whole library again, for a new conversation. */
export function startAfresh() {
  find(".shelf-search").reset();
  return search();
}

/** Which documents are asked: above what is asked with, and in the list. */
export function drawScope() {
  const count = state.talk.sources.length;
  find(".scope").hidden = !props.library || total === 0;
  find(".scope").textContent = count ? say("scope-some", { count, total }) : say("scope-all", { count: total });
  find(".scope").title = state.talk.sources.map(([, name]) => name).filter(Boolean).join("\n");
  find(".scope-all").hidden = count === 0;
  for (const row of element.querySelectorAll(".shelf-row")) {
    row.querySelector("input").checked = chosen().has(row.dataset.document);
    row.classList.toggle("going", isGoing(goingOf(row)));
  }
}

function choose(box) {
  const { document: id, name } = box.closest(".shelf-row").dataset;
  const isTaken = tick(id, name, box.checked);
  drawScope();
  if (isTaken) onChange();
  else find(".shelf-count").textContent = say("shelf-full");
}

function askOnly(sources) {
  state.talk.sources = sources;
  drawScope();
  onChange();
}

function askAbout(id, name) {
  askOnly([[id, name]]);
  find(".library").close();
  find(".document-view").close();
  find(".ask textarea").focus();
  hint(say("scope-hint", { name }));
}

// ---- changes of the index, by those who have the right to, and of the conversation's own files

function drawMenu(row) {
  const isFile = "upload" in row.dataset;
  chosenRow = row;
  find(".reread").hidden = isFile;
  find(".remove").textContent = isFile ? say("file-remove", { name: row.dataset.name }) : say("remove");
}

/** Has the server do something with the one source that a row is of, and says what came of it. */
async function change(row, method, path, saying) {
  const { document: id, source, collection, name } = row.dataset;
  const which = new URLSearchParams({ source, collection });
  const { ok, told } = await call(`api/v1/documents/${id}${path}?${which}`, { method, keepalive: true });
  if (ok && method === "DELETE" && tick(id, name, false)) onChange();
  await refresh();
  find(".shelf-count").textContent = ok ? saying(told, name) : (told.detail ?? say("lost"));
}

function saidOfReading({ changed, added, failed }, name) {
  const [reason] = Object.values(failed);
  return reason ?? say(changed.length + added.length > 0 ? "reread-changed" : "reread-same", { name });
}

function removeRow(row) {
  const file = fileOf(row.dataset.upload);
  if (file) drop(file);
  else removeLater(keyOf(row), () => change(row, "DELETE", "", (_, name) => say("removed", { name })));
  drawScope();
  find(".shelf-count").textContent = file ? say("file-going") : say("going", { name: row.dataset.name });
  row.querySelector(".shelf-undo").focus();
}

function keepRow(row) {
  keep(goingOf(row));
  drawScope();
  find(".shelf-count").textContent = "";
  row.querySelector(".shelf-more").focus();
}

// ---- a whole document

/** Opens a document with the quotations marked that the conversation has of it, at the one that begins at `start`. */
async function openDocument({ document: id, name, start = 0, end = 0 }) {
  const quotes = [...element.querySelectorAll(`.turns .original[data-document="${CSS.escape(id)}"]`)];
  const asked = new URLSearchParams({ start, end });
  for (const { dataset } of quotes) asked.append("also", `${dataset.start}-${dataset.end}`);
  find(".document-beside").replaceChildren();
  await showPage(id, name, `?${asked}`);
  if (props.evidence) await showBeside({ document: id, source: name, start, end });
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
  view.querySelector(".document-name").textContent = name;
  view.querySelector(".document-ask").onclick = () => askAbout(id, name);
  if (!view.open) view.showModal();
  view.scrollTop = 0;
  (body.querySelector("#quote") ?? body.querySelector("mark"))?.scrollIntoView({ block: "center" });
}

// ---- wiring

/** What is clicked of a document: its name, "Ask", or a button that opens it whole. */
function clicked({ target }) {
  const row = target.closest(".shelf-row");
  if (target.matches(".shelf-more")) drawMenu(row);
  else if (target.matches(".reread")) change(chosenRow, "POST", "/reindex", saidOfReading);
  else if (target.matches(".remove")) removeRow(chosenRow);
  else if (target.matches(".shelf-undo")) keepRow(row);
  else if (target.matches(".shelf-ask")) askAbout(row.dataset.document, row.dataset.name);
  else if (target.matches(".shelf-name")) openDocument(row.dataset);
  else if (target.matches(".open-whole, .open-document")) openDocument(target.dataset);
}

export function listen(changed, listed) {
  element.classList.toggle("shelfless", !props.library);
  if (!props.library) return;
  onChange = changed;
  onList = listed;
  const form = find(".shelf-search");
  const near = (entries) => entries.filter((own) => own.isIntersecting).forEach(({ target }) => fillPage(target));
  nearView = new IntersectionObserver(near, { root: find(".shelf"), rootMargin: "1500px" });
  const opened = () => {
    find(".library").showModal();
    refresh(); // what there is may have changed elsewhere
  };
  find(".open-library").hidden = false;
  find(".open-library").addEventListener("click", opened);
  find(".scope").addEventListener("click", opened);
  find(".scope-all").addEventListener("click", () => askOnly([]));
  find(".shelf").addEventListener("change", ({ target }) => choose(target));
  form.addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(search, event.target.name === "words" ? PAUSE : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  element.addEventListener("click", clicked);
}
