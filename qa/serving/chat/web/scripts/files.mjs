// Files that the visitor brings along: sent one after the other, then read by the server in the background. They belong
// to this conversation, which is known by a secret that only its visitor's browsers hold.

import { say } from "./messages.mjs";
import { inConversation } from "./originals.mjs";
import { address, button, find, hint, make, props } from "./page.mjs";
import { state } from "./state.mjs";

const POLL = 400; // milliseconds between two looks at files that are being read
const PING = 60000; // and between two signs of life while there are files
const FEW = 3; // files that are shown also when all are ready
const ORDER = { sending: 0, reading: 0, waiting: 1, failed: 2, ready: 3 };

let sending = []; // files on their way: { key, name, file, share, reason, request }
let known = []; // files that the server has, as it told last
let received = 0; // how often it told
let sent = 0;
let looking = null; // the timer of the next look
let onChange = () => {}; // told when a file has become ready or is gone

const isOnItsWay = ({ state: own }) => own === "waiting" || own === "reading";
const keyOf = ({ number }) => `k${number}`;

/** What a question that is asked now may miss. */
export function filesHint() {
  const count = sending.filter((file) => !file.reason).length + known.filter(isOnItsWay).length;
  return count === 0 ? "" : say("files-unread", { count });
}

// ---- sending

function addFiles(files) {
  for (const file of files) {
    sent += 1;
    sending.push({ key: `s${sent}`, name: file.name, file, share: 0, reason: refusal(file), request: null });
  }
  drawFiles();
  sendNext();
}

/** Why a file is not even sent; "" where it is. */
export function refusal({ name, size }, offered = props.uploads) {
  const suffix = name.includes(".") ? name.slice(name.lastIndexOf(".")).toLowerCase() : "";
  if (!offered.formats.includes(suffix)) return suffix ? say("file-format", { suffix }) : say("file-no-suffix");
  if (size > offered.bytes) return say("file-large", { limit: offered.limit });
  return size === 0 ? say("file-empty") : "";
}

function sendNext() {
  const next = sending.find((entry) => !entry.reason);
  if (!next || next.request) return;
  const request = new XMLHttpRequest();
  const mine = state.talk.id;
  Object.assign(next, { request, wasSent: true, share: 0 });
  request.open("POST", `${address("uploads")}?name=${encodeURIComponent(next.name)}`);
  for (const [name, value] of Object.entries(inConversation())) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => {
    next.share = event.total ? event.loaded / event.total : 0;
    drawFiles();
  });
  request.addEventListener("loadend", () => {
    next.request = null;
    const told = tellOf(request);
    if (told.uploads || mine !== state.talk.id) sending = sending.filter((entry) => entry !== next);
    else next.reason = told.reason ?? say("file-unsent");
    if (told.uploads && mine === state.talk.id) receiveFiles(told.uploads, true);
    drawFiles();
    sendNext();
  });
  request.send(next.file);
}

function tellOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

// ---- what the server has

/** What is no longer on its way is news, also of a file that was just sent and is ready at once. */
function receiveFiles(uploads, justSent = false) {
  if (known.length > 0 && uploads.length === 0) hint(say("files-gone"));
  let news = uploads.length < known.length;
  for (const upload of uploads) {
    const before = known.find((one) => one.number === upload.number);
    if (!(before ? isOnItsWay(before) : justSent) || isOnItsWay(upload)) continue;
    news = true;
    hint(upload.state === "ready" ? say("file-news", { name: upload.name }) : `${upload.name}: ${upload.reason}`);
  }
  known = uploads;
  received += 1;
  drawFiles();
  if (news) onChange();
  clearTimeout(looking);
  if (known.length > 0) looking = setTimeout(look, known.some(isOnItsWay) ? POLL : PING);
}

async function look() {
  const mine = state.talk.id;
  const before = received;
  try {
    const response = await fetch(address("uploads"), { headers: inConversation(), cache: "no-store" });
    const told = await response.json();
    // A list that was asked for before a newer one came may lack a file that was just sent.
    if (mine === state.talk.id && before === received && told.uploads) receiveFiles(told.uploads);
  } catch {
    looking = setTimeout(look, PING / 12); // the server may come back
  }
}

/** Has the server read a page of the web. */
async function addPage(name) {
  sent += 1;
  const entry = { key: `s${sent}`, name, share: 0, reason: "", request: { abort: () => {} } };
  const mine = state.talk.id;
  sending.push(entry);
  drawFiles();
  const response = await fetch(address("uploads/web"), { method: "POST", headers: inConversation(), body: name }).catch(() => null);
  const told = (await response?.json().catch(() => null)) ?? {};
  if (mine !== state.talk.id) return;
  if (told.uploads) sending = sending.filter((one) => one !== entry);
  Object.assign(entry, { request: null, reason: told.reason ?? say("file-unsent") });
  if (told.uploads) receiveFiles(told.uploads, true);
  drawFiles();
}

/** Takes what is typed as a source, where it is nothing but a web address; whether it is. */
export function addAddress(text) {
  const isAddress = props.uploads && props.web && /^https?:\/\/\S+$/.test(text);
  if (isAddress) addPage(text);
  return isAddress;
}

/** Sends a file once more that did not arrive. */
function sendAgain(key) {
  sending.find((one) => one.key === key).reason = "";
  drawFiles();
  sendNext();
}

function takeBack(key) {
  const entry = sending.find((one) => one.key === key);
  entry?.request?.abort();
  sending = sending.filter((one) => one !== entry);
  known = known.filter((upload) => keyOf(upload) !== key);
  drawFiles();
  if (entry) return sendNext();
  const path = address(`uploads/${key.slice(1)}`);
  return fetch(path, { method: "DELETE", headers: inConversation() }).then(look, look).then(() => onChange());
}

/** Forgets the conversation's files here; the server keeps them for some minutes, or deletes them now. */
function forgetFiles(path, method) {
  for (const entry of sending) entry.request?.abort();
  if (known.length + sending.length > 0) {
    fetch(address(path), { method, headers: inConversation(), keepalive: true }).catch(() => {});
  }
  clearTimeout(looking);
  sending = [];
  known = [];
  drawFiles();
}

export const endFiles = () => forgetFiles("uploads", "DELETE");
export const leaveFiles = () => forgetFiles("uploads/left", "POST");
export const findFiles = () => props.uploads && look();

// ---- the list

function drawFiles() {
  const list = find(".files");
  const rows = [
    ...known.map((upload) => ({ key: keyOf(upload), ...upload, what: wordsFor(upload) })),
    ...sending.map((entry) => ({ ...entry, again: entry.wasSent && entry.reason, state: entry.reason ? "failed" : "sending", what: sendingWords(entry) })),
  ].sort((one, other) => ORDER[one.state] - ORDER[other.state]);
  const drawn = new Map([...list.children].map((item) => [item.dataset.key, item]));
  for (const [place, row] of rows.entries()) {
    const item = drawn.get(row.key) ?? list.appendChild(fileItem(row));
    drawn.delete(row.key);
    putAt(place, item);
    item.dataset.state = row.state;
    item.querySelector(".file-state").textContent = row.what;
    const bar = item.querySelector("progress");
    bar.hidden = !["sending", "reading", "waiting"].includes(row.state);
    bar.value = row.share;
    item.querySelector(".file-again").hidden = !row.again;
    const verb = bar.hidden ? "file-remove" : "file-cancel";
    item.querySelector(".file-drop").setAttribute("aria-label", say(verb, { name: row.name }));
  }
  for (const item of drawn.values()) {
    if (item.contains(document.activeElement)) find(".ask textarea").focus({ preventScroll: true });
    item.remove();
  }
  fold(rows);
  find(".files-about").hidden = rows.length === 0;
  find(".fresh").hidden = rows.length === 0 && state.talk.turns.length === 0;
}

/** Moves the item only where it must be, as that takes the focus from it. */
function putAt(place, item) {
  const list = find(".files");
  if (list.children[place] === item) return;
  const focused = item.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(item, list.children[place]);
  focused?.focus({ preventScroll: true });
}

/** Many files of which there is nothing to tell are folded away, until the visitor wants to see them. */
function fold(rows) {
  const [folder, summary] = [find(".files-fold"), find(".files-all")];
  const many = rows.length > FEW && rows.every((row) => row.state === "ready" && !row.reason);
  if (many === summary.hidden) {
    if (many && folder.contains(document.activeElement)) find(".ask textarea").focus({ preventScroll: true });
    folder.open = !many;
  }
  folder.hidden = rows.length === 0;
  summary.hidden = !many;
  summary.textContent = say("files-count", { count: rows.length });
}

function wordsFor({ state: own, reason, share }) {
  if (own === "ready") return reason || say("file-ready");
  if (own === "failed") return reason;
  return own === "waiting" ? say("file-waiting") : say("file-reading", { percent: Math.round(100 * share) });
}

const sendingWords = ({ reason, request, share }) =>
  reason || (request ? say("file-sending", { percent: Math.round(100 * share) }) : say("file-waiting"));

function fileItem({ key, name }) {
  return make(
    "li",
    { className: "file", "data-key": key },
    make("span", { className: "file-name", textContent: name, dir: "auto" }),
    make("progress", { max: 1, "aria-label": name }),
    make("span", { className: "file-state" }),
    button("file-again", say("file-again"), () => sendAgain(key), { "aria-label": say("file-again-label", { name }) }),
    button("file-drop", "×", () => takeBack(key)),
  );
}

// ---- wiring

/** The files of a dropped file or folder, and of the folders in it, without those of formats that cannot be read. */
async function filesIn(entry) {
  if (entry.isFile) return new Promise((resolve, reject) => entry.file((file) => resolve(refusal(file) ? [] : [file]), reject));
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.filter(({ name }) => !name.startsWith(".")).map(filesIn))).flat());
  }
}

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

export function listen(changed) {
  if (!props.uploads) return;
  onChange = changed;
  const chooser = find(".chooser");
  find(".attach").hidden = false;
  if (props.web) find(".ask textarea").placeholder = say("ask-or-add");
  chooser.accept = props.uploads.formats.join(",");
  find(".attach").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    addFiles([...chooser.files]);
    chooser.value = "";
  });
  find(".ask textarea").addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    addFiles([...event.clipboardData.files]);
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    find(".drop").hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) find(".drop").hidden = true;
  });
  document.addEventListener("drop", async (event) => {
    find(".drop").hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry());
    addFiles(entries.some((entry) => entry?.isDirectory) ? (await Promise.all(entries.map(filesIn))).flat() : [...event.dataTransfer.files]);
  });
  window.addEventListener("pagehide", () => {
    if (known.length === 0) return;
    fetch(address("uploads/left"), { method: "POST", headers: inConversation(), keepalive: true }).catch(() => {});
  });
  window.addEventListener("pageshow", (event) => event.persisted && look());
}
