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
async function askFor({ document: id, start, end }, source) {
  const asked = new URLSearchParams({ document: id, start, end, source });
  const key = `${state.talk.id} ${asked}`;
  if (!told.has(key)) {
    const response = await fetch(`${address("evidence")}?${asked}`, { headers: inConversation(), cache: "no-store" });
    if (response.status === 503) throw await response.json();
    if (!response.ok) return "";
    told.set(key, await response.text());
  }
  return told.get(key);
}

/** Fills the card's place for the original; whether a page is shown there now. */
export async function showOriginal(card) {
  const place = card.querySelector(".original");
  if (!place || !props.evidence || place.dataset.asked) return false;
  place.dataset.asked = "true";
  try {
    place.innerHTML = await askFor(place.dataset, card.querySelector(".source").textContent);
  } catch ({ reason }) {
    delete place.dataset.asked; // asked again when the card is opened the next time
    place.replaceChildren(make("p", { className: "original-note", textContent: reason ?? say("no-original") }));
  }
  return place.querySelector(".page-image") !== null;
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
  element.addEventListener("click", ({ target }) => target.closest(".page-image") && enlarge(target.closest(".page-image")));
}
