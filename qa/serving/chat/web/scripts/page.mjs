// The page's element, what the server says of itself, and the few helpers that every module uses.

import { say } from "./messages.mjs";

export let element = null;
export let props = {};

/** The address may limit the page to one `collection`, where nobody brings files; `embedded` it is part of another page. */
export function open(on, given) {
  const asked = new URLSearchParams(location.search);
  const collection = asked.get("collection");
  element = on;
  props = { ...given, collection, uploads: collection === null && !asked.has("embedded") ? given.uploads : null };
  element.classList.toggle("embedded", asked.has("embedded"));
  document.addEventListener("scrollend", () => { gliding = null; });
}

export const find = (selector) => element.querySelector(selector);
export const address = (path) => new URL(`../${path}`, import.meta.url).href;

/** An element with properties (`className`, `textContent`, `onclick` …) or, where it has no such property, attributes. */
export function make(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A copy of one of the page's templates, whose labels name the `values`. */
export function fromTemplate(template, values) {
  const made = find(`template.${template}`).content.firstElementChild.cloneNode(true);
  for (const own of made.querySelectorAll("[data-label]")) own.setAttribute("aria-label", say(own.dataset.label, values));
  return made;
}

/** Has a list hold these items, in this order. What is as it should be is not touched; the focus stays where it is. */
export function arrange(list, items) {
  if (items.length === list.children.length && items.every((own, place) => own === list.children[place])) return;
  const focused = list.contains(document.activeElement) && document.activeElement;
  list.replaceChildren(...items);
  if (focused) (focused.isConnected ? focused : find(".ask textarea")).focus({ preventScroll: true });
}

export const button = (className, textContent, onclick, more = {}) =>
  make("button", { type: "button", className, textContent, onclick, ...more });

/** The elements of HTML that the server has escaped. */
export function parseAll(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.children];
}

export const parse = (html) => parseAll(html)[0];

export const isNarrow = () => window.matchMedia("(max-width: 900px)").matches;
export const behaviour = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

let gliding = null; // where the page is on its way to, and the edge that it goes to

export function glide(target, block) {
  gliding = [target, block];
  target.scrollIntoView({ block, behavior: behaviour() });
}

export const isGliding = () => Boolean(gliding?.[0].isConnected);
export const glideOn = () => glide(...gliding);

export function hint(text) {
  find(".ask-hint").textContent = text;
}

/** Storage of this tab; where the browser forbids it, a reload starts empty. */
export const tab = {
  get: (key) => { try { return sessionStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* as above */ } },
};
