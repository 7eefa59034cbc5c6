// Files that the visitor brings along: sent one after the other, then read by the server in the background. They belong
// to this conversation, which is known by a secret that only its visitor's browsers hold.

import { say } from "./messages.mjs";
import { inConversation } from "./originals.mjs";
import { address, arrange, find, fromTemplate, hint, props } from "./page.mjs";
import { isGoing, removeLater, removeNow, takeBack } from "./removal.mjs";
import { call } from "./server.mjs";
import { chosen, state, tick } from "./state.mjs";

const POLL = 400; // milliseconds between two looks at files that are being read
const PING = 60000; // and between two signs of life while there are files
const FEW = 3; // files that are shown also when all are ready
const ORDER = { sending: 0, reading: 0, waiting: 1, failed: 2, ready: 3 };

// Each is { name, state, share, reason }, with the `number` and `documents` that the server has for it once it has arrived, the `file`
// while it is to be sent, the `request` that sends it, what tries it `again`, and the `item` that shows it.
let files = [];
const erased = new Set(); // numbers of files that were erased here: a list of a moment ago may still tell of them
let received = 0; // how often the server told which it has
let looking = null; // the timer of the next look
let onChange = () => {}; // told when a file has become ready or is gone

const isComing = ({ state: own }) => own !== "ready" && own !== "failed";
const hasArrived = ({ number }) => number !== undefined;

/** What a question that is asked now may miss. */
export function filesHint() {
  const count = files.filter(isComing).length;
  return count === 0 ? "" : say("files-unread", { count });
}

// ---- sending

function addEntry(name, more) {
  const own = { name, state: "sending", share: 0, reason: "", ...more };
  files.push(own);
  return own;
}

function addFiles(given) {
  for (const file of given) {
    const reason = refusal(file);
    addEntry(file.name, reason ? { state: "failed", reason } : { file, again: () => addFiles([file]) });
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
  const next = files.find((own) => own.file);
  if (!next || next.request) return;
  const mine = state.talk.id;
  const request = (next.request = new XMLHttpRequest());
  request.open("POST", `${address("uploads")}?name=${encodeURIComponent(next.name)}`);
  for (const [name, value] of Object.entries(inConversation())) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => {
    next.share = event.total ? event.loaded / event.total : 0;
    drawFiles();
  });
  request.responseType = "json";
  request.addEventListener("loadend", () => {
    arrived(next, mine, request.response ?? {});
    sendNext();
  });
  request.send(next.file);
}

/** The server has taken what was sent, or not. */
function arrived(own, mine, told) {
  own.file = own.request = own.item = undefined; // its name may be another one now
  if (mine !== state.talk.id) return;
  if (!told.uploads) Object.assign(own, { state: "failed", reason: told.reason ?? say("file-unsent") });
  else if (files.includes(own)) own.number = told.added;
  if (told.uploads) receiveFiles(told.uploads);
  drawFiles();
}

/** Has the server read a page of the web. */
async function addPage(name) {
  const mine = state.talk.id;
  const own = addEntry(name, { request: new AbortController(), again: () => addPage(name) });
  drawFiles();
  const { told } = await call("uploads/web", { method: "POST", body: name, signal: own.request.signal });
  arrived(own, mine, told);
}

/** Takes what is typed as a source, where it is nothing but a web address; whether it is. */
export function addAddress(text) {
  const isAddress = props.uploads && props.web && /^https?:\/\/\S+$/.test(text);
  if (isAddress) addPage(text);
  return isAddress;
}

// ---- what the server has

/** What is no longer on its way is news, also of a file that was just sent and is ready at once. */
function receiveFiles(told) {
  const uploads = told.filter(({ number }) => !erased.has(number));
  const gone = files.filter((own) => hasArrived(own) && !uploads.some(({ number }) => number === own.number));
  if (gone.length > 0 && uploads.length === 0) hint(say("files-gone"));
  let news = gone.length > 0;
  files = files.filter((own) => !gone.includes(own));
  for (const upload of uploads) {
    const known = files.find(({ number }) => number === upload.number);
    if (!known && files.some(({ request }) => request)) continue; // it may be the one that is just being sent
    const own = known ?? addEntry(upload.name, upload);
    const wasComing = isComing(own);
    Object.assign(own, upload);
    if (!wasComing || isComing(own)) continue;
    news = true;
    if (chosen().size > 0) tickAll(own, true); // what one has just brought is meant
    hint(own.state === "ready" ? say("file-news", { name: own.name }) : `${own.name}: ${own.reason}`);
  }
  received += 1;
  drawFiles();
  if (news) onChange();
  clearTimeout(looking);
  const there = files.filter(hasArrived);
  if (there.length > 0) looking = setTimeout(look, there.some(isComing) ? POLL : PING);
}

const tickAll = ({ documents, name }, on) => documents?.forEach((id) => tick(id, name, on));

async function look() {
  const mine = state.talk.id;
  const before = received;
  const { ok, told } = await call("uploads");
  // A list that was asked for before a newer one came may lack a file that was just sent.
  if (ok && mine === state.talk.id && before === received) receiveFiles(told.uploads);
  if (!ok && !told.reason) looking = setTimeout(look, PING / 12); // the server may come back
}

/** The file of which the server has told that number. */
export const fileOf = (number) => files.find((own) => own.number === Number(number));

/** Cancels a file that is on its way; one that is ready goes later. */
export function drop(own) {
  if (own.state !== "ready") return erase(own);
  removeLater(own, () => erase(own));
  return drawFiles();
}

export function keep(own) {
  takeBack(own);
  drawFiles();
}

async function erase(own) {
  own.request?.abort();
  files = files.filter((other) => other !== own);
  tickAll(own, false);
  drawFiles();
  if (!hasArrived(own)) return sendNext();
  erased.add(own.number);
  const { ok } = await call(`uploads/${own.number}`, { method: "DELETE", keepalive: true });
  if (!ok) erased.delete(own.number);
  await look();
  onChange();
}

/** Forgets the conversation's files here; the server keeps them for some minutes, or deletes them now. */
function forgetFiles(path, method) {
  removeNow();
  const before = files;
  files = [];
  for (const own of before) own.request?.abort();
  if (before.length > 0) call(path, { method, keepalive: true });
  clearTimeout(looking);
  drawFiles();
}

export const endFiles = () => forgetFiles("uploads", "DELETE");
export const leaveFiles = () => forgetFiles("uploads/left", "POST");
export const findFiles = () => props.uploads && look();

// ---- the list

function drawFiles() {
  const inOrder = [...files].sort((one, other) => ORDER[one.state] - ORDER[other.state]);
  arrange(find(".files"), inOrder.map(drawn));
  fold();
  find(".files-about").hidden = files.length === 0;
  find(".fresh").hidden = files.length === 0 && state.talk.turns.length === 0;
}

/** The item of a file, as it is now. */
function drawn(own) {
  own.item ??= itemOf(own);
  own.item.dataset.state = isGoing(own) ? "going" : own.state;
  own.item.querySelector(".file-state").textContent = wordsFor(own);
  own.item.querySelector("progress").value = own.share;
  own.item.querySelector(".file-again").hidden = own.state !== "failed" || !own.again;
  const verb = isComing(own) ? "file-cancel" : "file-remove";
  own.item.querySelector(".file-drop").setAttribute("aria-label", say(verb, { name: own.name }));
  return own.item;
}

function wordsFor(own) {
  if (isGoing(own)) return say("file-going");
  if (!isComing(own)) return own.reason || say("file-ready");
  if (own.state === "waiting" || (own.file && !own.request)) return say("file-waiting");
  return say(own.state === "reading" ? "file-reading" : "file-sending", { percent: Math.round(100 * own.share) });
}

function itemOf(own) {
  const item = fromTemplate("file-row", { name: own.name });
  item.firstElementChild.textContent = own.name;
  const act = (selector, run) => item.querySelector(selector).addEventListener("click", run);
  act(".file-again", () => { erase(own); own.again(); });
  act(".file-undo", () => {
    keep(own);
    item.querySelector(".file-drop").focus();
  });
  act(".file-drop", () => {
    drop(own);
    if (isGoing(own)) item.querySelector(".file-undo").focus();
  });
  return item;
}

/** Many files of which there is nothing to tell are folded away, until the visitor wants to see them. */
function fold() {
  const [folder, summary] = [find(".files-fold"), find(".files-all")];
  const many = files.length > FEW && files.every((own) => own.state === "ready" && !own.reason);
  if (many === summary.hidden) {
    if (many && folder.contains(document.activeElement)) find(".ask textarea").focus({ preventScroll: true });
    folder.open = !many;
  }
  folder.hidden = files.length === 0;
  summary.hidden = !many;
  summary.textContent = say("files-count", { count: files.length });
}

// ---- wiring

/** The files of a dropped file or folder, and of the folders in it. */
async function filesIn(entry) {
  if (entry.isFile) return new Promise((resolve, reject) => entry.file((file) => resolve([file]), reject));
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.filter(({ name }) => !name.startsWith(".")).map(filesIn))).flat());
  }
}

/** Of a folder, what is hidden or of a format that cannot be read is left out. */
function addFolder(given) {
  const isHidden = ({ webkitRelativePath: path }) => path.split("/").some((part) => part.startsWith("."));
  const readable = given.filter((file) => !isHidden(file) && !refusal(file));
  hint(readable.length === 0 ? say("folder-nothing") : "");
  addFiles(readable);
}

async function addDropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) addFiles(transfer.files);
  else addFolder((await Promise.all(entries.map(filesIn))).flat());
}

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

function listenToChooser(chooser, opener, add) {
  opener.addEventListener("click", () => {
    find(".library").close();
    chooser.click();
  });
  chooser.addEventListener("change", () => {
    add([...chooser.files]);
    chooser.value = "";
  });
}

export function listen(changed) {
  if (!props.uploads) return;
  onChange = changed;
  find(".attach").hidden = find(".shelf-add").hidden = false;
  if (props.web) find(".ask textarea").placeholder = say("ask-or-add");
  find(".chooser").accept = props.uploads.formats.join(",");
  listenToChooser(find(".chooser"), find(".attach"), addFiles);
  listenToChooser(find(".folder-chooser"), find(".add-folder"), addFolder);
  find(".add-files").addEventListener("click", () => find(".attach").click());
  find(".ask textarea").addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    addFiles(event.clipboardData.files);
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    find(".drop").hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) find(".drop").hidden = true;
  });
  document.addEventListener("drop", (event) => {
    find(".drop").hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    addDropped(event.dataTransfer);
  });
  window.addEventListener("pagehide", () => {
    removeNow();
    if (files.some(hasArrived)) call("uploads/left", { method: "POST", keepalive: true });
  });
  window.addEventListener("pageshow", (event) => event.persisted && look());
}
