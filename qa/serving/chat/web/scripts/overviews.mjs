// What documents are about before anything is asked: the visitor's own as cards, and questions that documents answer.
// The server reads the documents for it while nobody asks, so that it is looked at again until all is told.

import { factsOf, openDocument } from "./library.mjs";
import { say } from "./messages.mjs";
import { inConversation } from "./originals.mjs";
import { address, behaviour, button, find, make, props } from "./page.mjs";
import { chosen, state } from "./state.mjs";

const LOOK = 1500; // milliseconds between two looks at what is not told yet
const SUGGESTED = 4; // questions
const NEAR_END = 60; // pixels

let looking = null; // the timer of the next look
let asks = () => {}; // given the question that is chosen

/** The first question of each document before the second of any, each once. */
export function suggested(overviews, count = SUGGESTED) {
  const most = Math.max(0, ...overviews.map(({ questions }) => questions.length));
  const inTurn = Array.from({ length: most }, (_, place) => overviews.map(({ questions }) => questions[place]));
  return [...new Set(inTurn.flat().filter(Boolean))].slice(0, count);
}

/** The documents that the latest answer rests on. */
const citedLast = () => new Set((state.talk.turns.at(-1)?.answer?.citations ?? []).map((own) => own.document));

export async function refresh() {
  if (!props.overviews) return;
  clearTimeout(looking);
  const mine = state.talk.id;
  const ticked = chosen().size ? chosen() : citedLast();
  const asked = new URLSearchParams([...ticked].slice(0, 6).map((id) => ["document", id]));
  const url = `${address("library/overviews")}?${asked}`;
  const response = await fetch(url, { headers: inConversation(), cache: "no-store" }).catch(() => null);
  if (!response?.ok || mine !== state.talk.id) return; // who may not read the documents is told nothing of them
  const { overviews, pending } = await response.json();
  const own = overviews.filter(({ is_own: isOwn }) => isOwn);
  drawCards(own);
  const wanted = ticked.size ? overviews.filter(({ document: id }) => ticked.has(id)) : overviews;
  const isAsked = (question) => state.talk.turns.some((turn) => turn.question === question);
  const questions = suggested(wanted, SUGGESTED + state.talk.turns.length).filter((own) => !isAsked(own)).slice(0, SUGGESTED);
  drawChips(find(".welcome .examples"), ticked.size + own.length || !props.examples.length ? questions : props.examples);
  drawChips(find(".follow-ups"), state.talk.turns.length > 0 ? questions : []);
  clearTimeout(looking);
  if (pending > 0) looking = setTimeout(refresh, LOOK);
}

export const drawChips = (list, questions) =>
  list.replaceChildren(...questions.map((own) => make("li", {}, button("chip", own, () => asks(own), { dir: "auto" }))));

/**
 * A card of each of the visitor's own documents; one that is drawn already stays, with what has the focus in it, until
 * more is told. Whoever is at the end of the talk sees what is new.
 */
function drawCards(own) {
  const list = find(".overviews");
  const keys = own.map(({ document: id, is_read: isRead }) => `${id} ${isRead}`);
  if (keys.join() === [...list.children].map((card) => card.dataset.key).join()) return;
  const drawn = new Map([...list.children].map((card) => [card.dataset.key, card]));
  const page = document.scrollingElement;
  const isAtEnd = page.scrollTop + page.clientHeight > page.scrollHeight - NEAR_END;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.replaceChildren(...own.map((row, place) => drawn.get(keys[place]) ?? cardOf(row, keys[place], drawn.get(`${row.document} false`))));
  list.hidden = own.length === 0;
  if (focused?.isConnected) focused.focus({ preventScroll: true });
  if (isAtEnd && keys.some((key) => !drawn.has(key))) list.scrollIntoView({ block: "nearest", behavior: behaviour() });
}

/** A card; `before` is the one of the same document that was drawn before it was read. */
function cardOf(row, key, before) {
  const about = row.about.map(({ heading, text }) =>
    make("li", { dir: "auto" }, ...(heading ? [make("strong", { textContent: heading }), " "] : []), text),
  );
  const questions = make("ul", { className: "examples" });
  drawChips(questions, row.questions);
  return make(
    "details",
    { className: "overview", name: "overview", "data-key": key, open: before ? before.open : state.talk.turns.length === 0 || !row.is_read },
    make("summary", {}, make("span", { className: "source", textContent: row.name, dir: "auto" }), factsOf(row)),
    row.is_read ? make("ul", { className: "about" }, ...about) : make("p", { className: "stage", textContent: say("overview-reading") }),
    questions,
    button("open-whole", say("open-document"), () => openDocument(row.document, row.name)),
  );
}

/** The cards make room for answers. */
export function fold() {
  for (const card of find(".overviews").children) card.open = false;
}

export function listen(ask) {
  asks = ask;
  drawChips(find(".welcome .examples"), props.examples);
}
