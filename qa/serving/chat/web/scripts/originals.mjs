// Originals of citations: the page's image with the quoted words boxed, a link into a web page, or why there is neither.
// The server looks for them among what this conversation may see, and sends them as HTML, the image as a data: address.

import { language, say } from "./messages.mjs";
import { address, element, find, make, props } from "./page.mjs";
import { state } from "./state.mjs";

const told = new Map(); // what the server told, by conversation and citation

export const inConversation = () => ({
  "X-Refdesk-Conversation": state.talk.id,
  "X-Refdesk-Language": language,
  ...(props.collection === null ? {} : { "X-Refdesk-Collection": encodeURIComponent(props.collection) }),
});

/** The HTML of an original; throws where it may be there another time. */
async function askFor(path, about) {
  const url = `${address(path)}?${new URLSearchParams(about)}`;
  const key = `${state.talk.id} ${url}`;
  if (!told.has(key)) {
    const response = await fetch(url, { headers: inConversation(), cache: "no-store" });
    if (response.status === 503) throw await response.json();
    if (!response.ok) return "";
    told.set(key, await response.text());
  }
  return told.get(key);
}

const unshown = (place, reason) =>
  place.replaceChildren(make("p", { className: "original-note", textContent: reason ?? say("no-original") }));

/** Fills the card's place for the original; whether a page is shown there now. */
export async function showOriginal(card) {
  const place = card.querySelector(".original");
  if (!place || !props.evidence || place.dataset.asked) return false;
  place.dataset.asked = "true";
  const { document: id, start, end } = place.dataset;
  try {
    place.innerHTML = await askFor("evidence", { document: id, start, end, source: card.querySelector(".source").textContent });
  } catch ({ reason }) {
    delete place.dataset.asked; // asked again when the card is opened the next time
    unshown(place, reason);
  }
  return place.querySelector(".page-image") !== null;
}

/** Shows the original beside a whole document: a page of it, with the words from `start` to `end` boxed, or that `page`. */
export async function showBeside(about) {
  const place = find(".document-beside");
  const turned = [...place.querySelectorAll(".turn-page")].indexOf(document.activeElement);
  place.dataset.about = JSON.stringify(about);
  const html = await askFor("evidence/beside", about).catch(({ reason }) => unshown(place, reason));
  if (html === undefined || place.dataset.about !== JSON.stringify(about)) return;
  place.innerHTML = html;
  place.querySelectorAll(".turn-page:not(:disabled)")[turned]?.focus();
  if (place.querySelector(".page-image")) showBoxes(place.querySelector(".page-image"));
}

/** Scrolls the page within its frame, which shows a part of it, to the quoted words. */
export function showBoxes(frame) {
  const first = frame.querySelector(".box");
  if (first) frame.scrollTop = first.offsetTop + first.offsetHeight / 2 - frame.clientHeight / 2;
}

function enlarge(opener) {
  const view = find(".page-view");
  view.querySelector("div").replaceChildren(opener.firstElementChild.cloneNode(true));
  // The dialog gives the focus back as it closes; not every browser focuses what is clicked.
  opener.focus({ preventScroll: true });
  view.showModal();
  view.querySelector(".box")?.scrollIntoView({ block: "center", inline: "start" });
}

export function listen() {
  element.addEventListener("click", ({ target }) => {
    if (target.closest(".page-image")) enlarge(target.closest(".page-image"));
    if (!target.matches(".turn-page")) return;
    const { document: id, source } = JSON.parse(find(".document-beside").dataset.about);
    showBeside({ document: id, source, page: target.dataset.page });
  });
}
