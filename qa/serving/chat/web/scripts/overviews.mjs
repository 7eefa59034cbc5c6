// What documents are about before anything is asked: the visitor's own as cards, and questions that documents answer.
// The server reads the documents for it while nobody asks, so that it is looked at again until all is told.

import { arrange, behaviour, button, element, find, glide, isGliding, make, parseAll, props } from "./page.mjs";
import { call } from "./server.mjs";
import { chosen, isAsked, state } from "./state.mjs";

const LOOK = 1500; // milliseconds between two looks at what is not told yet
const SUGGESTED = 4; // questions
const MOST_TOLD = 6; // documents
const NEAR_END = 60; // pixels

let looking = null; // the timer of the next look

/** The first question of each document before the second of any, each once, without those that the turns have. */
export function suggested(overviews, count = SUGGESTED, turns = []) {
  const open = overviews.map(({ document: id, questions }) =>
    questions.filter((own) => !isAsked(turns, { ...own, document: id })).map(({ question }) => question),
  );
  const most = Math.max(0, ...open.map((questions) => questions.length));
  const inTurn = Array.from({ length: most }, (_, place) => open.map((questions) => questions[place]));
  return [...new Set(inTurn.flat())].filter(Boolean).slice(0, count);
}

/** The documents that the latest answer rests on. */
const citedLast = () => new Set((state.talk.turns.at(-1)?.answer?.citations ?? []).map((own) => own.document));

export async function refresh() {
  if (!props.overviews) return;
  clearTimeout(looking);
  const mine = state.talk.id;
  const about = chosen().size ? chosen() : citedLast();
  const asked = new URLSearchParams([...about].slice(0, MOST_TOLD).map((id) => ["document", id]));
  const { ok, told } = await call(`library/overviews?${asked}`);
  if (!ok || mine !== state.talk.id) return; // who may not read the documents is told nothing of them
  const { html, overviews, pending } = told;
  const own = parseAll(html);
  drawCards(own);
  hideAsked();
  const wanted = about.size ? overviews.filter(({ document: id }) => about.has(id)) : overviews;
  const questions = suggested(wanted, SUGGESTED, state.talk.turns);
  drawChips(find(".welcome .examples"), about.size || own.length || !props.examples.length ? questions : props.examples);
  const isAtEnd = atEnd() || isGliding();
  drawChips(find(".follow-ups"), state.talk.turns.length > 0 ? questions : []);
  if (isAtEnd && find(".follow-ups").hasChildNodes()) glide(find(".follow-ups"), "nearest");
  clearTimeout(looking);
  if (pending > 0) looking = setTimeout(refresh, LOOK);
}

const drawChips = (list, questions) =>
  list.replaceChildren(...questions.map((own) => make("li", {}, button("chip", own, null, { dir: "auto" }))));

/** Whether the end of the talk is in view. */
function atEnd() {
  const last = find(".turns").lastElementChild ?? find(".welcome");
  return last.getBoundingClientRect().bottom < find(".ask").getBoundingClientRect().top + NEAR_END;
}

/**
 * A card of each of the visitor's own documents; one that is drawn already stays, with what has the focus in it, until
 * more is told. Whoever is at the end of the talk sees what is new.
 */
function drawCards(told) {
  const list = find(".overviews");
  const drawn = new Map([...list.children].map((card) => [card.dataset.key, card]));
  const isNew = told.some(({ dataset }) => !drawn.has(dataset.key));
  if (!isNew && told.length === drawn.size) return;
  const isAtEnd = atEnd();
  for (const card of told) {
    const [id, isRead] = card.dataset.key.split(" ");
    const before = drawn.get(`${id} False`);
    card.open = before ? before.open : state.talk.turns.length === 0 || isRead === "False";
  }
  arrange(list, told.map((card) => drawn.get(card.dataset.key) ?? card));
  list.hidden = told.length === 0;
  if (isAtEnd && isNew) list.scrollIntoView({ block: "nearest", behavior: behaviour() });
}

/** The cards suggest nothing that was asked or answered. */
function hideAsked() {
  for (const item of find(".overviews").querySelectorAll("li[data-start]")) {
    const { start, end } = item.dataset;
    const id = item.closest(".overview").dataset.key.split(" ")[0];
    item.hidden = isAsked(state.talk.turns, { question: item.textContent, document: id, start: Number(start), end: Number(end) });
  }
}

/** The cards make room for answers. */
export function fold() {
  for (const card of find(".overviews").children) card.open = false;
}

export function listen(ask) {
  element.addEventListener("click", ({ target }) => target.matches(".chip") && ask(target.textContent, true));
  drawChips(find(".welcome .examples"), props.examples);
}
