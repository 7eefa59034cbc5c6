// Files that the visitor brings along: sent one after the other, then read by the server in the background. They belong to
// this conversation, which is known by a secret that only this tab holds.

const SECRET = "refdesk.secret";
const POLL = 400; // milliseconds between two looks at files that are being read
const PING = 60000; // and between two signs of life while there are files
const GONE = "The files you added are no longer here. Please add them again.";
const offered = props.uploads;
const FEW = 3; // files that are shown also when all are ready
const ORDER = { sending: 0, reading: 0, waiting: 1, failed: 2, ready: 3 };
const list = find(".files");
const all = find(".files-all");
const chooser = find(".chooser");

let conversation = keptSecret() ?? newSecret();
let sending = []; // files on their way: { key, name, file, share, reason, request }
let known = []; // files that the server has, as it told last
let received = 0; // how often it told
let sent = 0;
let looking = null; // the timer of the next look
let unfolded = false; // whether the visitor wants to see the files though all are ready

function keptSecret() {
  try {
    return sessionStorage.getItem(SECRET);
  } catch {
    return null; // no storage: a reload is then another conversation
  }
}

function newSecret() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const secret = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    sessionStorage.setItem(SECRET, secret);
  } catch {
    // as above
  }
  return secret;
}

function inConversation() {
  return { "X-Refdesk-Conversation": conversation };
}

/** What a question that is asked now may miss. */
function filesHint() {
  const unread = sending.filter((file) => !file.reason).length + known.filter(isOnItsWay).length;
  if (unread === 0) return "";
  return unread === 1
    ? "A file is still being read: the answer may miss it."
    : `${unread} files are still being read: the answer may miss them.`;
}

function isOnItsWay(upload) {
  return upload.state === "waiting" || upload.state === "reading";
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

function refusal(file) {
  const suffix = file.name.includes(".") ? file.name.slice(file.name.lastIndexOf(".")).toLowerCase() : "";
  if (!offered.formats.includes(suffix)) return suffix ? `files of the format ${suffix} cannot be read` : "a file without a suffix cannot be read";
  if (file.size > offered.bytes) return `larger than ${offered.limit}, the limit for files in the chat`;
  if (file.size === 0) return "the file is empty";
  return "";
}

function sendNext() {
  const next = sending.find((entry) => !entry.reason);
  if (!next || next.request) return;
  const request = new XMLHttpRequest();
  const mine = conversation;
  next.request = request;
  request.open("POST", `${address("uploads")}?name=${encodeURIComponent(next.name)}`);
  request.setRequestHeader("X-Refdesk-Conversation", mine);
  request.upload.addEventListener("progress", (event) => {
    next.share = event.total ? event.loaded / event.total : 0;
    drawFiles();
  });
  request.addEventListener("loadend", () => {
    next.request = null;
    const told = tellOf(request);
    if (told.uploads || mine !== conversation) sending = sending.filter((entry) => entry !== next);
    else next.reason = told.reason ?? "it could not be sent; please try again";
    if (told.uploads && mine === conversation) receiveFiles(told.uploads, true);
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
  if (known.length > 0 && uploads.length === 0) hint(GONE);
  for (const upload of uploads) {
    const before = known.find((one) => one.number === upload.number);
    if ((before ? isOnItsWay(before) : justSent) && !isOnItsWay(upload)) hint(newsOf(upload));
  }
  known = uploads;
  received += 1;
  drawFiles();
  clearTimeout(looking);
  if (known.length > 0) looking = setTimeout(look, known.some(isOnItsWay) ? POLL : PING);
}

async function look() {
  const mine = conversation;
  const before = received;
  try {
    const response = await fetch(address("uploads"), { headers: inConversation(), cache: "no-store" });
    const told = await response.json();
    // A list that was asked for before a newer one came may lack a file that was just sent.
    if (mine === conversation && before === received && told.uploads) receiveFiles(told.uploads);
  } catch {
    looking = setTimeout(look, PING / 12); // the server may come back
  }
}

function takeBack(key) {
  const entry = sending.find((one) => one.key === key);
  if (entry) {
    sending = sending.filter((one) => one !== entry);
    entry.request?.abort();
    drawFiles();
    sendNext();
    return;
  }
  known = known.filter((upload) => keyOf(upload) !== key);
  drawFiles();
  const path = address(`uploads/${key.slice(1)}`);
  fetch(path, { method: "DELETE", headers: inConversation() }).then(look, look);
}

function endFiles() {
  for (const entry of sending) entry.request?.abort();
  if (known.length > 0 || sending.length > 0) {
    fetch(address("uploads"), { method: "DELETE", headers: inConversation(), keepalive: true }).catch(() => {});
  }
  clearTimeout(looking);
  sending = [];
  known = [];
  conversation = newSecret();
  originals.clear();
  drawFiles();
}

// ---- the list

function keyOf(upload) {
  return `k${upload.number}`;
}

function drawFiles() {
  const rows = [
    ...known.map((upload) => ({ key: keyOf(upload), ...upload, what: wordsFor(upload) })),
    ...sending.map((entry) => ({ ...entry, state: entry.reason ? "failed" : "sending", what: sendingWords(entry) })),
  ].sort((one, other) => ORDER[one.state] - ORDER[other.state]);
  const drawn = new Map([...list.children].map((item) => [item.dataset.key, item]));
  for (const [place, row] of rows.entries()) {
    const item = drawn.get(row.key) ?? list.appendChild(fileItem(row));
    drawn.delete(row.key);
    putAt(place, item);
    item.dataset.state = row.state;
    item.querySelector(".file-state").textContent = row.what;
    const bar = item.querySelector("progress");
    bar.hidden = !(row.state === "sending" || row.state === "reading" || row.state === "waiting");
    bar.value = row.share;
    const verb = row.state === "ready" || row.state === "failed" ? "Remove" : "Cancel";
    item.querySelector("button").setAttribute("aria-label", `${verb} ${row.name}`);
  }
  for (const item of drawn.values()) {
    if (item.contains(document.activeElement)) box.focus({ preventScroll: true });
    item.remove();
  }
  fold(rows);
  find(".files-about").hidden = rows.length === 0;
  find(".fresh").hidden = rows.length === 0 && turns.childElementCount === 0;
}

/** Moves the item only where it must be, as that takes the focus from it. */
function putAt(place, item) {
  if (list.children[place] === item) return;
  const focused = item.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(item, list.children[place]);
  focused?.focus({ preventScroll: true });
}

/** Many files of which there is nothing to tell become one button that shows them. */
function fold(rows) {
  const told = rows.every((row) => row.state === "ready" && !row.reason);
  const many = rows.length > FEW && told;
  if (!many) unfolded = false;
  all.hidden = !many;
  all.textContent = `${rows.length} files`;
  all.setAttribute("aria-expanded", String(unfolded));
  const hide = rows.length === 0 || (many && !unfolded);
  if (hide && list.contains(document.activeElement)) (many ? all : box).focus({ preventScroll: true });
  list.hidden = hide;
}

function newsOf(upload) {
  return upload.state === "ready" ? `${upload.name} can be asked about now.` : `${upload.name}: ${upload.reason}`;
}

function wordsFor(upload) {
  if (upload.state === "ready") return upload.reason || "Ready";
  if (upload.state === "failed") return upload.reason;
  return upload.state === "waiting" ? "Waiting…" : `Reading… ${Math.round(100 * upload.share)}%`;
}

function sendingWords(entry) {
  return entry.reason || (entry.request ? `Sending… ${Math.round(100 * entry.share)}%` : "Waiting…");
}

function fileItem(row) {
  const item = make("li", "file");
  item.dataset.key = row.key;
  const name = make("span", "file-name", row.name);
  name.dir = "auto";
  const state = make("span", "file-state");
  const bar = make("progress", "");
  bar.max = 1;
  bar.setAttribute("aria-label", row.name);
  const button = make("button", "file-drop", "×");
  button.type = "button";
  button.addEventListener("click", () => takeBack(row.key));
  item.append(name, bar, state, button);
  return item;
}

// ---- wiring

function carriesFiles(event) {
  return Boolean(offered) && [...(event.dataTransfer?.types ?? [])].includes("Files");
}

if (offered) {
  const attach = find(".attach");
  attach.hidden = false;
  chooser.accept = offered.formats.join(",");
  attach.addEventListener("click", () => chooser.click());
  all.addEventListener("click", () => {
    unfolded = !unfolded;
    drawFiles();
  });
  chooser.addEventListener("change", () => {
    addFiles([...chooser.files]);
    chooser.value = "";
  });
  box.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    addFiles([...event.clipboardData.files]);
  });
  look();
}
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
  addFiles([...event.dataTransfer.files]);
});
window.addEventListener("pagehide", () => {
  if (known.length === 0) return;
  fetch(address("uploads/left"), { method: "POST", headers: inConversation(), keepalive: true }).catch(() => {});
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted && offered) look();
});
