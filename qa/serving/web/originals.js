// Originals of citations: the page's image with the quoted words boxed, a link into a web page, or why there is neither.
// The server looks for them among what this conversation may see; they come as JSON, the image as a data: address.

const NO_ORIGINAL = "The original cannot be shown just now.";
const originals = new Map(); // what the server told, by citation

function address(path) {
  return location.pathname.replace(/\/?$/, "/") + path;
}

async function askFor(place) {
  const { document: id, start, end } = place.dataset;
  const asked = new URLSearchParams({ document: id, start, end });
  const key = asked.toString();
  if (!originals.has(key)) {
    const response = await fetch(`${address("evidence")}?${asked}`, { headers: inConversation(), cache: "no-store" });
    if (response.status === 503) return { note: (await response.json()).reason, again: true };
    if (!response.ok) return {};
    originals.set(key, await response.json());
  }
  return originals.get(key);
}

/** Fills the card's place for the original, once it can be shown. */
async function showOriginal(card) {
  const place = card.querySelector(".original");
  if (!place || !props.evidence || place.dataset.asked) return;
  place.dataset.asked = "true";
  const shown = await askFor(place).catch(() => ({ note: NO_ORIGINAL, again: true }));
  place.replaceChildren();
  if (shown.again) delete place.dataset.asked; // when the card is opened the next time
  if (shown.note) place.append(make("p", "original-note", shown.note));
  if (shown.link) place.append(originalLink(shown.link));
  if (shown.page) place.append(pageFigure(shown.page, card.querySelector(".source").textContent));
  if (!shown.page) return;
  if (card.classList.contains("selected")) reveal(card);
  showBoxes(place.querySelector(".page-image"));
}

/** Scrolls the page within its frame, which shows a part of it, to the quoted words. */
function showBoxes(frame) {
  const first = frame.querySelector(".box");
  if (first) frame.scrollTop = first.offsetTop + first.offsetHeight / 2 - frame.clientHeight / 2;
}

/** `target` is a web address, or begins with "original" for a page that the server itself shows. */
function originalLink(target) {
  const link = make("a", "original-link", "Open the page at these words");
  link.href = target.startsWith("http") ? target : address(`evidence/${target}`);
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function pageFigure(page, source) {
  const figure = make("figure", "page-figure");
  const button = make("button", "page-image");
  button.type = "button";
  button.setAttribute("aria-label", `Enlarge page ${page.number} of ${source}; the quoted words are boxed`);
  button.append(boxedImage(page, source));
  button.addEventListener("click", () => enlarge(page, source, button));
  figure.append(button, make("figcaption", "", `Page ${page.number}, the quoted words boxed`));
  return figure;
}

function boxedImage(page, source) {
  const frame = make("span", "boxed");
  const image = make("img", "");
  image.src = page.png;
  image.width = page.width;
  image.height = page.height;
  image.alt = `Page ${page.number} of ${source}`;
  frame.append(image);
  for (const [left, top, right, bottom] of page.boxes) {
    const box = make("span", "box");
    box.style.left = `${100 * left}%`;
    box.style.top = `${100 * top}%`;
    box.style.width = `${100 * (right - left)}%`;
    box.style.height = `${100 * (bottom - top)}%`;
    frame.append(box);
  }
  return frame;
}

function enlarge(page, source, button) {
  const view = find(".page-view");
  view.querySelector("div").replaceChildren(boxedImage(page, source));
  view.querySelector(".close").onclick = () => view.close();
  view.onclick = (event) => event.target === view && view.close();
  view.onclose = () => button.focus({ preventScroll: true });
  view.showModal();
  view.querySelector(".box")?.scrollIntoView({ block: "center", inline: "start" });
}
