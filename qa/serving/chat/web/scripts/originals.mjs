// Originals of citations: the page's image with the quoted words boxed, a link into a web page, or why there is neither.
// The server looks for them among what this conversation may see; they come as JSON, the image as a data: address.

import { language, say } from "./messages.mjs";
import { address, button, find, make, props } from "./page.mjs";
import { state } from "./state.mjs";

const told = new Map(); // what the server told, by conversation and citation

export const inConversation = () => ({
  "X-Refdesk-Conversation": state.talk.id,
  "X-Refdesk-Language": language,
  ...(props.collection === null ? {} : { "X-Refdesk-Collection": encodeURIComponent(props.collection) }),
});

async function askFor({ document: id, start, end }) {
  const asked = new URLSearchParams({ document: id, start, end });
  const key = `${state.talk.id} ${asked}`;
  if (!told.has(key)) {
    const response = await fetch(`${address("evidence")}?${asked}`, { headers: inConversation(), cache: "no-store" });
    if (response.status === 503) return { note: (await response.json()).reason, again: true };
    if (!response.ok) return {};
    told.set(key, await response.json());
  }
  return told.get(key);
}

/** Fills the card's place for the original; whether a page is shown there now. */
export async function showOriginal(card) {
  const place = card.querySelector(".original");
  if (!place || !props.evidence || place.dataset.asked) return false;
  place.dataset.asked = "true";
  const shown = await askFor(place.dataset).catch(() => ({ note: say("no-original"), again: true }));
  place.replaceChildren();
  if (shown.again) delete place.dataset.asked; // when the card is opened the next time
  if (shown.note) place.append(make("p", { className: "original-note", textContent: shown.note }));
  if (shown.link) place.append(originalLink(shown.link));
  if (shown.page) place.append(pageFigure(shown.page, card.querySelector(".source").textContent));
  return Boolean(shown.page);
}

/** Scrolls the page within its frame, which shows a part of it, to the quoted words. */
export function showBoxes(frame) {
  const first = frame.querySelector(".box");
  if (first) frame.scrollTop = first.offsetTop + first.offsetHeight / 2 - frame.clientHeight / 2;
}

/** `target` is a web address, or begins with "original" for a page that the server itself shows. */
function originalLink(target) {
  const href = target.startsWith("http") ? target : address(`evidence/${target}`);
  const own = { className: "original-link", textContent: say("open-original"), target: "_blank" };
  return make("a", { ...own, rel: "noopener noreferrer", href });
}

function pageFigure(page, source) {
  const label = say("enlarge", { page: page.number, source });
  const image = button("page-image", "", () => enlarge(page, source, image), { "aria-label": label });
  image.append(boxedImage(page, source));
  const caption = make("figcaption", { textContent: say("boxed", { page: page.number }) });
  return make("figure", { className: "page-figure" }, image, caption);
}

function boxedImage({ number, png, width, height, boxes }, source) {
  const frame = make("span", { className: "boxed" });
  frame.append(make("img", { src: png, width, height, alt: say("page-of", { page: number, source }) }));
  for (const [left, top, right, bottom] of boxes) {
    const box = make("span", { className: "box" });
    const shares = { left, top, width: right - left, height: bottom - top };
    for (const [side, share] of Object.entries(shares)) box.style[side] = `${100 * share}%`;
    frame.append(box);
  }
  return frame;
}

function enlarge(page, source, opener) {
  const view = find(".page-view");
  view.querySelector("div").replaceChildren(boxedImage(page, source));
  // The dialog gives the focus back as it closes; not every browser focuses what is clicked.
  opener.focus({ preventScroll: true });
  view.showModal();
  view.querySelector(".box")?.scrollIntoView({ block: "center", inline: "start" });
}
