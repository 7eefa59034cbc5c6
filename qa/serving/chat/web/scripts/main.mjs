// Begins when Gradio has drawn the page: words first, then what was kept, then what the visitor does.

import * as conversations from "./conversations.mjs";
import * as evidence from "./evidence.mjs";
import * as files from "./files.mjs";
import * as library from "./library.mjs";
import * as messages from "./messages.mjs";
import * as overviews from "./overviews.mjs";
import { address, element, find, open, props, tab } from "./page.mjs";
import * as states from "./state.mjs";
import { state } from "./state.mjs";
import * as storage from "./storage.mjs";
import * as talk from "./talk.mjs";

export async function start(on, given) {
  open(on, given);
  messages.begin(props.messages, find(".language"));
  messages.fill(element);
  find(".holdings").textContent = props.summary[messages.language];
  find(".leave").hidden = !props.login;
  find(".leave").href = address("logout");
  talk.listen(keep);
  overviews.listen(talk.ask);
  evidence.listen(talk.glide);
  files.listen(library.refresh);
  library.listen(ticked, overviews.refresh);
  conversations.listen({ open: openTalk, fresh: startAfresh });
  find(".fresh").addEventListener("click", startAfresh);
  document.addEventListener("keydown", shortcut);
  find(".ask textarea").value = tab.get("refdesk.draft") ?? "";
  const id = tab.get("refdesk.secret") ?? states.newId();
  const kept = await storage.read(id).catch(() => null); // a reload goes on with this tab's conversation
  find(".desk").hidden = false;
  talk.enter(kept ?? states.conversation(id));
  talk.fit();
  files.findFiles();
  library.refresh();
  find(".ask textarea").focus({ preventScroll: true });
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
  const kept = await storage.read(id);
  talk.leave();
  files.leaveFiles();
  talk.enter(kept);
  files.findFiles();
  await library.refresh();
}

function ticked() {
  keep();
  overviews.refresh();
}

function keep() {
  state.talk.changed = Date.now();
  if (state.talk.turns.length > 0) storage.write(states.kept(state.talk)).catch(() => {});
}
