// The conversation: what is typed becomes a turn, turns are asked one after the other, and each is drawn from its state.
// Questions are only ever set as text. Replies are HTML that the server has escaped, with their evidence inside.

import { clearPanel, show } from "./evidence.mjs";
import { copy, copyCode } from "./export.mjs";
import { addAddress, endFiles, filesHint } from "./files.mjs";
import { language, say } from "./messages.mjs";
import { inConversation } from "./originals.mjs";
import { thumbsOf } from "./opinions.mjs";
import { fold } from "./overviews.mjs";
import { address, button, element, find, glide, glideOn, hint, isGliding, make, parse, props, tab } from "./page.mjs";
import { removeNow } from "./removal.mjs";
import * as states from "./state.mjs";
import { LONGEST, state } from "./state.mjs";
import { asked } from "./stream.mjs";

let onChange = () => {}; // told when a turn is over

/** Brings a turn into view or, where it is taller than that, its reply. */
function reveal(node) {
  const isTall = node.offsetHeight > window.innerHeight - find(".ask").offsetHeight - find(".masthead").offsetHeight;
  glide(isTall ? node.querySelector(".reply") : node, "nearest");
}

// ---- drawing

const nodeOf = (turn) => find(`.turn[data-turn="${turn.key}"]`);

/** Draws the turn in its place; the element stays the same, as the page may be on its way to it. */
function drawTurn(turn) {
  const node = nodeOf(turn) ?? find(".turns").appendChild(make("article", { className: "turn", "data-turn": turn.key }));
  const asked = make("p", { className: "question", textContent: turn.question, dir: "auto" });
  node.replaceChildren(asked, replyOf(turn), ...(turn.status === "pending" ? [] : [actsOf(turn)]));
  drawFrame();
  return node;
}

function replyOf(turn) {
  if (turn.html) {
    const reply = parse(turn.html);
    reply.dataset.turn = turn.key;
    return reply;
  }
  const text = say(turn.status === "queued" && states.pending() ? "queued" : "waiting");
  return make("div", { className: "reply", "data-turn": turn.key }, make("p", { className: "stage", textContent: text }));
}

/** What can be done with a turn that waits or is over. */
function actsOf(turn) {
  const act = (key, run) => button("turn-act", say(key), run, { "aria-label": say(`${key}-label`, { question: turn.question }) });
  const copied = (text, told = "copied") => copy(text).then(() => hint(say(told)), () => hint(say("not-copied")));
  const acts = make("p", { className: "turn-acts" });
  if (turn.status === "queued") acts.append(act("unqueue", () => withdraw(turn)));
  if (turn.answer) {
    acts.append(act("copy", () => copied(turn.text ?? turn.answer.text)));
    acts.append(act("copy-markdown", () => copied(turn.markdown ?? turn.answer.text)));
    acts.append(act("link", () => copied(`${location.href.split("#")[0]}#${states.linkOf(turn)}`, "linked")));
  }
  if (turn.status === "done") acts.append(act("edit", () => put(turn.question)), act("again", () => askAgain(turn)));
  if (states.isRewritten(turn)) acts.append(act("as-typed", () => askAgain(turn, true)));
  if (turn.answer && props.feedback) acts.append(...thumbsOf(turn, act, () => keepTurn(turn)));
  return acts;
}

function keepTurn(turn) {
  drawTurn(turn);
  onChange();
}

/** What depends on the conversation as a whole. */
function drawFrame() {
  const busy = states.pending() !== null;
  element.classList.toggle("talking", state.talk.turns.length > 0);
  element.classList.toggle("busy", busy);
  find(".halt").hidden = !busy;
  find(".fresh").hidden = state.talk.turns.length === 0 && find(".files-fold").hidden;
}

/** Shows another conversation: all its turns are over. */
function drawTalk() {
  find(".turns").replaceChildren();
  clearPanel(say("evidence-about"));
  for (const turn of state.talk.turns) drawTurn(turn);
  drawFrame();
  const last = find(".turn:last-child");
  if (!last) return;
  show(last.querySelector(".reply"), null);
  last.scrollIntoView({ block: "end" });
}

// ---- asking

/** Takes a question, unless it is empty or too long, which the hint then says; `asTyped` it is no follow-up. */
export function ask(question, asTyped = false) {
  const text = question.trim();
  if (addAddress(text)) return true;
  const flaw = states.flaw(text);
  hint(flaw ? say(flaw, { length: states.lengthOf(text), most: LONGEST }) : filesHint());
  if (flaw) return false;
  fold();
  reveal(drawTurn(states.addTurn(text, { asTyped })));
  askNext();
  return true;
}

/** Asks a question again in its place, of the documents that are ticked now; `asTyped`, with no word understood otherwise. */
function askAgain(turn, asTyped = false) {
  Object.assign(turn, { status: "queued", html: "", answer: null, markdown: null, verdict: null, asTyped });
  drawTurn(turn);
  askNext();
  if (turn.status === "queued") drawTurn(turn);
  find(".ask textarea").focus({ preventScroll: true });
}

function withdraw(turn) {
  nodeOf(turn).remove();
  states.removeTurn(turn);
  drawFrame();
  put(turn.question);
}

function askNext() {
  const [next] = states.queued();
  if (!next || states.pending()) return;
  next.status = "pending";
  reveal(drawTurn(next));
  send(next);
}

/** Asks, and shows each reply as it comes. */
async function send(turn) {
  const request = new AbortController();
  state.request = request;
  turn.sources = state.talk.sources;
  const isOurs = () => turn.status === "pending" && state.request === request;
  const question = {
    turn: turn.key,
    question: turn.question,
    history: states.historyOf(state.talk.turns, turn),
    as_typed: turn.asTyped,
    documents: [...states.chosen()],
    language,
  };
  await removeNow();
  try {
    for await (const reply of asked(address("ask"), inConversation(), question, request)) {
      if (!isOurs()) return; // it was stopped
      Object.assign(turn, reply);
      if (parse(turn.html).dataset.state !== "working") return finish(turn);
      drawTurn(turn);
    }
    if (isOurs()) lose(turn, say("busy"));
  } catch (error) {
    if (isOurs()) lose(turn, error.reason === undefined ? say("lost") : error.reason || say("busy"));
  }
}

function finish(turn) {
  turn.status = "done";
  const node = drawTurn(turn);
  find(".back").hidden = true;
  show(node.querySelector(".reply"), null);
  reveal(node);
  onChange();
  askNext();
}

/** Ends a turn without an answer: its reply is a line of the page's own. */
function tell(turn, text) {
  const reply = make("div", { className: "reply notice", "data-state": "notice" });
  reply.append(make("p", { className: "notice", textContent: text }));
  Object.assign(turn, { status: "done", html: reply.outerHTML, answer: null, markdown: null });
  reveal(drawTurn(turn));
  onChange();
}

/** What waits behind a question that was lost would be lost, too. */
function lose(turn, why) {
  for (const lost of [turn, ...states.queued()]) tell(lost, why);
  find(".ask textarea").value ||= turn.question;
}

function halt() {
  const turn = states.pending();
  state.request?.abort();
  state.request = null;
  if (!turn) return;
  tell(turn, say("stopped"));
  askNext();
}

/** Leaves the conversation for another one, whatever is being asked. */
export function leave() {
  state.request?.abort();
  state.request = null;
  hint("");
}

/** Goes on with another conversation, kept or new. */
export function enter(talk) {
  state.talk = { ...talk, turns: [] };
  for (const { question, ...turn } of talk.turns) states.addTurn(question, { ...turn, status: "done" });
  tab.set("refdesk.secret", talk.id);
  drawTalk();
}

export function startAfresh() {
  leave();
  endFiles();
  enter(states.conversation());
  onChange();
  find(".ask textarea").focus();
}

// ---- what is asked with

/**
 * What is asked with stands before the end of the talk: as it grows, that moves up, and is never scrolled below it.
 * A page on its way is sent on: scrolling it by so much would end its way where it happens to be.
 */
function makeRoom() {
  const height = find(".ask").offsetHeight;
  if (height === 0) return; // the page is not shown yet
  const grown = height - (parseInt(element.style.getPropertyValue("--asking"), 10) || height);
  element.style.setProperty("--asking", `${height}px`);
  if (grown <= 0 || find(".turns").childElementCount === 0) return;
  if (isGliding()) glideOn();
  else window.scrollBy(0, grown);
}

/** Puts a question into the box, to be changed and asked. */
function put(question) {
  const box = find(".ask textarea");
  box.value = question;
  box.focus();
}

/** Goes back and forth through the questions asked so far, as long as the box holds one of them unchanged. */
function recall(event, box) {
  const questions = states.recalled(state.talk.turns);
  const at = box.value === "" ? -1 : questions.indexOf(box.value);
  const to = at + (event.key === "ArrowUp" ? 1 : -1);
  if ((box.value && at < 0) || to < -1 || to >= questions.length) return;
  event.preventDefault();
  put(questions[to] ?? "");
}

function submit() {
  const box = find(".ask textarea");
  if (ask(box.value)) box.value = "";
}

export function listen(changed) {
  onChange = changed;
  const box = find(".ask textarea");
  find(".ask").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("input", () => hint(""));
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" || event.key === "ArrowDown") recall(event, box);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  find(".halt").addEventListener("click", () => {
    halt();
    box.focus();
  });
  element.addEventListener("click", ({ target }) => target.matches(".copy-code") && copyCode(target).catch(() => hint(say("not-copied"))));
  // The reasons of the latest answer open behind what is asked with: they are brought into view. Those of a restored
  // answer, which nobody has opened, are not.
  const opened = ({ target }) => target.open && target.contains(document.activeElement) && glide(target, "nearest");
  element.addEventListener("toggle", opened, true);
  // Gradio reloads the page when a lost server is back: what was being asked is then in the box again.
  window.addEventListener("pagehide", () => {
    tab.set("refdesk.draft", box.value || (states.pending()?.question ?? ""));
    state.request = null; // what is cut off by that was not lost
  });
  window.addEventListener("pageshow", ({ persisted }) => persisted && states.pending() && lose(states.pending(), say("lost")));
  new ResizeObserver(makeRoom).observe(find(".ask"));
}
