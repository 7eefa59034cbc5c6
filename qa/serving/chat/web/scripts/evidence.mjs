// The evidence panel: a copy of the evidence that came with a reply, with one card open.

import { say } from "./messages.mjs";
import { showBoxes, showOriginal } from "./originals.mjs";
import { behaviour, element, find, glide, isNarrow } from "./page.mjs";

let cameFrom = null; // the marker that led to the panel
let shown = null; // the evidence that the panel has a copy of: a turn's is another one when it is answered anew

/** The panel with what it is about, and the `evidence` of a `turn`, where there is one. */
function fillPanel(heading, about, evidence = null, turn = "") {
  const panel = find(".panel");
  panel.querySelector("h2").textContent = heading;
  panel.querySelector(".panel-about").textContent = about;
  panel.querySelector(".panel-body").replaceChildren(...(evidence?.cloneNode(true).children ?? []));
  panel.classList.toggle("filled", turn !== "");
  panel.dataset.turn = turn;
  shown = evidence;
}

export function clearPanel(about) {
  fillPanel(say("evidence"), about);
  find(".back").hidden = true;
}

/** Shows a reply's evidence with one card open; `number` null opens the one that is cited first. */
export function show(reply, number) {
  const evidence = reply.querySelector(".evidence");
  if (!evidence) {
    clearPanel(say("no-evidence"));
    return null;
  }
  const panel = find(".panel");
  const { turn } = reply.dataset;
  const question = reply.closest(".turn").querySelector(".question").textContent;
  if (shown !== evidence) fillPanel(evidence.dataset.heading, question, evidence, turn);
  const cards = [...panel.querySelectorAll(".card")];
  const wanted = number ?? reply.querySelector(".marker")?.dataset.show;
  const chosen = cards.find((card) => card.dataset.card === wanted) ?? cards[0];
  for (const card of cards) {
    card.classList.toggle("selected", card === chosen);
    card.querySelector(".card-head").setAttribute("aria-expanded", String(card === chosen));
  }
  for (const marker of find(".turns").querySelectorAll(".marker")) {
    const current = marker.closest(".reply") === reply && marker.dataset.show === chosen.dataset.card;
    marker.setAttribute("aria-pressed", String(current));
  }
  reveal(chosen);
  showOriginal(chosen).then((hasPage) => {
    if (!hasPage) return;
    if (chosen.classList.contains("selected")) reveal(chosen);
    showBoxes(chosen.querySelector(".page-image"));
  });
  return chosen;
}

/** Scrolls inside the panel, so that opening a card never moves the conversation. */
function reveal(card) {
  const panel = find(".panel");
  const quote = card.querySelector(".page-figure") ?? card.querySelector("mark") ?? card;
  const fromTop = (node) => node.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop;
  let top = fromTop(card) - panel.querySelector(".panel-head").offsetHeight - 8;
  if (!card.previousElementSibling) top = 0; // the first card: what the panel is about stays in view
  if (fromTop(quote) - top > panel.clientHeight * 0.7) top = fromTop(quote) - panel.clientHeight / 3;
  panel.scrollTo({ top, behavior: behaviour() });
}

function openEvidence(opener) {
  const panel = find(".panel");
  const inPanel = panel.contains(opener);
  const reply = inPanel
    ? find(`.turns .reply[data-turn="${CSS.escape(panel.dataset.turn)}"]`)
    : opener.closest(".reply");
  const card = reply && show(reply, opener.dataset.show);
  if (!card || inPanel) return;
  cameFrom = opener;
  find(".back").hidden = !isNarrow();
  if (isNarrow()) glide(card.querySelector("mark") ?? card, "center");
}

export function listen() {
  element.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-show]");
    if (opener) openEvidence(opener);
  });
  find(".back").addEventListener("click", () => {
    find(".back").hidden = true;
    if (!cameFrom?.isConnected) return;
    glide(cameFrom, "center");
    cameFrom.focus({ preventScroll: true });
  });
}
