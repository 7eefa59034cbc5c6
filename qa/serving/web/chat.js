// The body of a function that Gradio calls once with (element, trigger, props, server, upload, watch).
//
// The conversation lives here, in the page: the server sends one reply at a time as HTML that it has
// escaped, with its evidence inside, so every marker works without another request, also in earlier
// answers. Questions are only ever set as text. A question is one request, whose response is a line for each reply.

const LONGEST = 2000;
const KEEP = 30;
const REMEMBERED = 6;
const STORE = "refdesk.conversation";
const DRAFT = "refdesk.draft";
const LOST = "The connection to Refdesk was lost. Please ask again in a moment.";
const BUSY = "Refdesk could not take the question just now. Please ask again in a moment.";
const SILENCE = 30000; // milliseconds without a line, after which the connection counts as lost: the server beats faster

const find = (selector) => element.querySelector(selector);
const turns = find(".turns");
const panel = find(".panel");
const form = find(".ask");
const box = find(".ask textarea");
const narrow = window.matchMedia("(max-width: 900px)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

let pending = null; // the turn that is being answered
let count = 0;
let cameFrom = null; // the marker that led to the panel
let asking = null; // what ends its request
let gliding = null; // where the page is on its way to

function make(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

function glide(target, block) {
  gliding = [target, block];
  target.scrollIntoView({ block, behavior: calm.matches ? "auto" : "smooth" });
}

function hint(text) {
  find(".ask-hint").textContent = text;
}

// ---- the conversation

function addTurn(question) {
  count += 1;
  const turn = make("article", "turn");
  turn.dataset.turn = String(count);
  const asked = make("p", "question", question);
  asked.dir = "auto";
  turn.append(asked, make("div", "reply"));
  turns.append(turn);
  element.classList.add("talking");
  find(".fresh").hidden = false;
  return turn;
}

function setReply(turn, reply) {
  turn.querySelector(".reply").replaceWith(reply);
}

function say(turn, text) {
  const reply = make("div", "reply notice");
  reply.append(make("p", "notice", text));
  setReply(turn, reply);
}

function setPending(turn) {
  pending = turn;
  element.classList.toggle("busy", turn !== null);
  find(".send").hidden = turn !== null;
  find(".halt").hidden = turn === null;
}

function ask(question) {
  const text = question.trim();
  const length = [...text].length; // code points, as the server counts
  if (!text) {
    hint("Type a question first.");
  } else if (length > LONGEST) {
    hint(`Please shorten the question: ${length.toLocaleString("en")} of at most ${LONGEST.toLocaleString("en")} characters.`);
  } else if (pending) {
    hint("One moment, the previous question is still being answered.");
  } else {
    hint(filesHint());
    const turn = addTurn(text);
    turn.querySelector(".reply").append(make("p", "stage", "Waiting for its turn…"));
    setPending(turn);
    glide(turn, "nearest");
    send(turn, { turn: turn.dataset.turn, question: text, history: saidBefore() });
    return true;
  }
  return false;
}

/** What a question may refer to: the latest questions, as they were understood, and what was said to them. */
function saidBefore() {
  const replies = [...turns.querySelectorAll(".reply[data-asked]")].slice(-REMEMBERED);
  return replies.map(({ dataset }) => [dataset.asked, dataset.said, dataset.short]);
}

/** Asks, and shows each reply as it comes. */
async function send(turn, question) {
  const request = new AbortController();
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => request.abort(), SILENCE);
  };
  asking = request;
  heard();
  try {
    const response = await fetch(address("ask"), {
      method: "POST",
      headers: { "Content-Type": "application/json", ...inConversation() },
      body: JSON.stringify(question),
      signal: request.signal,
      cache: "no-store",
    });
    if (!response.ok) return lose(turn, (await response.json().catch(() => ({}))).reason ?? BUSY);
    for await (const line of linesOf(response.body, heard)) if (line) receive(turn, JSON.parse(line));
    lose(turn, BUSY);
  } catch {
    lose(turn, LOST);
  } finally {
    clearTimeout(silence);
  }
}

async function* linesOf(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let begun = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const lines = (begun + value).split("\n");
    begun = lines.pop();
    yield* lines;
  }
}

function receive(turn, html) {
  if (pending !== turn) return; // it was stopped
  const reply = parse(html);
  setReply(turn, reply);
  if (reply.dataset.state === "working") return;
  setPending(null);
  find(".back").hidden = true;
  show(reply, null);
  glide(turn, "nearest");
  save();
}

function finish(text) {
  if (!pending) return;
  say(pending, text);
  setPending(null);
}

function lose(turn, why) {
  if (pending !== turn) return;
  finish(why);
  box.value ||= turn.querySelector(".question").textContent;
  fit();
}

function halt() {
  setPending(null);
  asking?.abort();
}

function startAfresh() {
  halt();
  turns.replaceChildren();
  element.classList.remove("talking");
  find(".fresh").hidden = true;
  hint("");
  endFiles();
  clearPanel("The exact words behind each sentence will appear here.");
  save();
  box.focus();
}

// ---- the evidence panel

function clearPanel(about) {
  panel.querySelector("h2").textContent = "Evidence";
  panel.querySelector(".panel-about").textContent = about;
  panel.querySelector(".panel-body").replaceChildren();
  panel.classList.remove("filled");
  find(".back").hidden = true;
  delete panel.dataset.turn;
}

/** Shows a reply's evidence with one card open; `number` null opens the first. */
function show(reply, number) {
  const evidence = reply.querySelector(".evidence");
  if (!evidence) {
    clearPanel("This reply quotes no document.");
    return null;
  }
  const turn = reply.dataset.turn;
  if (panel.dataset.turn !== turn) {
    panel.dataset.turn = turn;
    panel.classList.add("filled");
    panel.querySelector("h2").textContent = evidence.dataset.heading;
    panel.querySelector(".panel-about").textContent = reply.closest(".turn").querySelector(".question").textContent;
    panel.querySelector(".panel-body").replaceChildren(evidence.firstElementChild.cloneNode(true));
  }
  const cards = [...panel.querySelectorAll(".card")];
  const chosen = cards.find((card) => card.dataset.card === number) ?? cards[0];
  for (const card of cards) {
    card.classList.toggle("selected", card === chosen);
    card.querySelector(".card-head").setAttribute("aria-expanded", String(card === chosen));
  }
  for (const marker of turns.querySelectorAll(".marker")) {
    const current = marker.closest(".reply") === reply && marker.dataset.show === chosen.dataset.card;
    marker.setAttribute("aria-pressed", String(current));
  }
  reveal(chosen);
  showOriginal(chosen);
  return chosen;
}

/** Scrolls inside the panel, so that opening a card never moves the conversation. */
function reveal(card) {
  const quote = card.querySelector(".page-figure") ?? card.querySelector("mark") ?? card;
  const fromTop = (node) => node.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop;
  const height = panel.clientHeight;
  let top = fromTop(card) - panel.querySelector(".panel-head").offsetHeight - 8;
  if (!card.previousElementSibling) top = 0; // the first card: what the panel is about stays in view
  if (fromTop(quote) - top > height * 0.7) top = fromTop(quote) - height / 3;
  panel.scrollTo({ top, behavior: calm.matches ? "auto" : "smooth" });
}

function openEvidence(button) {
  const inPanel = panel.contains(button);
  const reply = inPanel
    ? turns.querySelector(`.reply[data-turn="${CSS.escape(panel.dataset.turn)}"]`)
    : button.closest(".reply");
  const card = reply && show(reply, button.dataset.show);
  if (!card || inPanel) return;
  cameFrom = button;
  find(".back").hidden = !narrow.matches;
  if (narrow.matches) glide(card.querySelector("mark") ?? card, "center");
}

// ---- a reload keeps the conversation: this tab's own storage, nobody else's

function save() {
  const kept = [...turns.querySelectorAll(".turn")]
    .filter((turn) => turn !== pending)
    .map((turn) => [turn.querySelector(".question").textContent, turn.querySelector(".reply").outerHTML])
    .slice(-KEEP);
  try {
    sessionStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    sessionStorage.removeItem(STORE); // full or forbidden: a reload then starts empty
  }
}

function restore() {
  let kept = [];
  try {
    box.value = sessionStorage.getItem(DRAFT) ?? "";
    kept = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
  } catch {
    return;
  }
  for (const [question, html] of kept) {
    const reply = parse(html);
    const turn = addTurn(question);
    reply.dataset.turn = turn.dataset.turn;
    setReply(turn, reply);
  }
  const last = turns.querySelector(".turn:last-child .reply");
  if (last) {
    show(last, null);
    last.scrollIntoView({ block: "nearest" });
  }
}

// ---- wiring

function fit() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
}

/**
 * What is asked with stands before the end of the talk: as it grows, that moves up, and is never scrolled below it.
 * A page on its way is sent on: scrolling it by so much would end its way where it happens to be.
 */
function makeRoom() {
  const height = form.offsetHeight;
  const grown = height - (parseInt(element.style.getPropertyValue("--asking"), 10) || height);
  element.style.setProperty("--asking", `${height}px`);
  if (grown <= 0 || turns.childElementCount === 0) return;
  if (gliding?.[0].isConnected) glide(...gliding);
  else window.scrollBy(0, grown);
}

function submit() {
  if (ask(box.value)) {
    box.value = "";
    fit();
  }
}

find(".holdings").textContent = props.summary;
find(".leave").hidden = !props.login;
find(".leave").href = address("logout");
for (const example of props.examples) {
  const chip = make("button", "chip", example);
  chip.type = "button";
  chip.dir = "auto";
  chip.addEventListener("click", () => ask(example));
  const item = make("li", "");
  item.append(chip);
  find(".examples").append(item);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
box.addEventListener("input", () => {
  hint("");
  fit();
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
find(".halt").addEventListener("click", () => {
  finish("Stopped.");
  halt();
  box.focus();
});
find(".fresh").addEventListener("click", startAfresh);
find(".back").addEventListener("click", () => {
  find(".back").hidden = true;
  if (!cameFrom?.isConnected) return;
  glide(cameFrom, "center");
  cameFrom.focus({ preventScroll: true });
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show]");
  if (button) openEvidence(button);
});
// The reasons of the latest answer open behind what is asked with: they are brought into view. Those of a restored
// answer, which nobody has opened, are not.
element.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.open && target.contains(document.activeElement)) glide(target, "nearest");
  },
  true,
);
// Gradio reloads the page when a lost server is back: what was being asked is then in the box again.
window.addEventListener("pagehide", () => {
  try {
    sessionStorage.setItem(DRAFT, box.value || (pending?.querySelector(".question").textContent ?? ""));
  } catch {
    // no storage: nothing to keep it in
  }
});
new ResizeObserver(makeRoom).observe(form);
document.addEventListener("scrollend", () => {
  gliding = null;
});
