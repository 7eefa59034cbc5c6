// Begins when Gradio has drawn the page: words first, then what was kept, then what the visitor does.

import * as conversations from "./conversations.mjs";
import * as evidence from "./evidence.mjs";
import * as files from "./files.mjs";
import * as library from "./library.mjs";
import * as messages from "./messages.mjs";
import * as originals from "./originals.mjs";
import * as overviews from "./overviews.mjs";
import { address, element, find, hint, make, open, props, tab } from "./page.mjs";
import * as states from "./state.mjs";
import { state } from "./state.mjs";
import { kept } from "./storage.mjs";
import * as talk from "./talk.mjs";

export async function start(on, given) {
  open(on, given);
  history.scrollRestoration = "manual"; // a conversation that is opened again is seen at its end
  messages.begin(props.messages, find(".language"));
  messages.fill(element);
  present(props.look);
  find(".leave").hidden = !props.login;
  find(".leave").href = address("logout");
  talk.listen(changed);
  overviews.listen(talk.ask);
  evidence.listen();
  originals.listen();
  files.listen(changedFiles);
  library.listen(changed, overviews.refresh);
  conversations.listen({ open: openTalk, fresh: startAfresh, keep, written: () => keeping });
  find(".fresh").addEventListener("click", startAfresh);
  document.addEventListener("keydown", shortcut);
  find(".ask textarea").value = tab.get("refdesk.draft") ?? "";
  const id = tab.get("refdesk.secret") ?? states.newId();
  const before = await kept().read(id).catch(() => null); // a reload goes on with this tab's conversation
  find(".desk").hidden = false;
  talk.enter(before ?? states.conversation(id));
  files.findFiles();
  library.refresh();
  find(".ask textarea").focus({ preventScroll: true });
  follow();
  window.addEventListener("hashchange", follow);
}

/** What the operator has chosen of how the page presents itself. */
function present({ title, welcome, colour, logo }) {
  find("h1 span").textContent = title;
  if (logo) find("h1").prepend(make("img", { src: logo, alt: "" }));
  if (welcome) find(".welcome h2").textContent = welcome;
  if (colour) {
    document.documentElement.style.setProperty("--own", colour);
    document.documentElement.style.setProperty("--own-light", `color-mix(in srgb, ${colour} 45%, white)`);
  }
  find(".holdings").textContent = props.collection === null ? props.summary[messages.language] : props.collection;
}

/** Asks what a link to an answer holds, in a conversation of its own. */
function follow() {
  const given = states.linked(location.hash.slice(1));
  if (!given) return;
  history.replaceState(null, "", location.pathname + location.search);
  startAfresh();
  state.talk.sources = given.sources;
  library.drawScope();
  talk.ask(given.question);
}

/** "?" opens the keyboard map and "/" leads to the question, where nothing is typed and no dialog is open. */
function shortcut(event) {
  const isTyped = event.target.matches("textarea, select, input:not([type=checkbox])") || find("dialog[open]");
  if (isTyped || event.ctrlKey || event.metaKey || event.altKey || !["?", "/"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "?") find(".keys").showPopover();
  else find(".ask textarea").focus();
}

/** A new conversation has none of the last one's files in its library. */
function startAfresh() {
  talk.startAfresh();
  library.startAfresh();
}

async function openTalk(id) {
  await keeping;
  const before = await kept().read(id).catch(({ reason }) => hint(reason ?? messages.say("lost")));
  if (!before) return;
  talk.leave();
  files.leaveFiles();
  talk.enter(before);
  files.findFiles();
  await library.refresh();
}

/** Turns are over, or other documents are asked. */
function changed() {
  keep();
  overviews.refresh();
}

/** Files were added, which are asked too, or are gone. */
function changedFiles() {
  keep();
  library.refresh();
}

let keeping = Promise.resolve();

/** Keeps the conversation as it is when its turn comes, unless it has changed elsewhere. */
function keep(own = state.talk) {
  const write = async () => own.turns.length > 0 && kept().write(states.kept(own));
  const told = ({ changed = own.changed, note, reason }) => {
    own.changed = changed;
    if (note || reason) hint(note || reason);
  };
  keeping = keeping.then(write).then(told, told);
  return keeping;
}
