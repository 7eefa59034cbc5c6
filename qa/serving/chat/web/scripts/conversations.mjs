// The conversations that this browser keeps: listed, searched, renamed, exported, deleted, and gone on with.

import { fileName, save, talkAsJson, talkAsMarkdown } from "./export.mjs";
import { language, say } from "./messages.mjs";
import { button, find, make, props } from "./page.mjs";
import { state, titleOf } from "./state.mjs";
import * as storage from "./storage.mjs";

let talks = [];
let actions = {}; // open(id), fresh()

const pageWord = (page) => say("page", { page });
const dateOf = ({ changed }) => new Date(changed).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });

/** The conversations that hold all the words, the latest first. */
export function found(all, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const held = (talk) =>
    [titleOf(talk), ...talk.turns.flatMap(({ question, answer }) => [question, answer?.text ?? ""])].join("\n").toLowerCase();
  return all
    .filter((talk) => wanted.every((word) => held(talk).includes(word)))
    .sort((one, other) => other.changed - one.changed);
}

async function refresh() {
  try {
    talks = await storage.readAll();
    draw();
  } catch {
    find(".talks-count").textContent = say("talks-unkept");
  }
}

function draw() {
  const shown = found(talks, find(".talks-search").value);
  find(".talks-count").textContent = say(shown.length ? "talks-count" : "talks-none", { count: shown.length });
  find(".talks").replaceChildren(...shown.map(itemOf));
}

function itemOf(talk) {
  const title = titleOf(talk);
  const act = (key, run) => button("talk-act", say(key), run, { "aria-label": say(`${key}-label`, { title }) });
  const name = button("talk-name", title, () => open(talk.id), { dir: "auto", title });
  if (talk.id === state.talk.id) name.setAttribute("aria-current", "true");
  const acts = [
    act("talk-rename", () => rename(talk, item)),
    act("talk-markdown", () => save(`${fileName(title)}.md`, talkAsMarkdown(talk, pageWord), "text/markdown")),
    act("talk-json", () => save(`${fileName(title)}.json`, talkAsJson(talk), "application/json")),
    act("talk-delete", (event) => remove(talk, event.target)),
  ].filter((own, place) => place !== 2 || props.exports);
  const facts = make("p", { className: "facts", textContent: `${dateOf(talk)} · ${say("talk-turns", { count: talk.turns.length })}` });
  const item = make("li", { className: "talk-row" }, name, facts, make("div", { className: "talk-acts" }, ...acts));
  return item;
}

function open(id) {
  find(".conversations").close();
  if (id !== state.talk.id) actions.open(id);
}

function rename(talk, item) {
  const box = make("input", { className: "talk-title", value: titleOf(talk), maxLength: 200, "aria-label": say("talk-title") });
  const done = async (keep) => {
    box.onblur = null;
    if (keep) {
      talk.title = box.value.trim();
      if (talk.id === state.talk.id) state.talk.title = talk.title;
      await storage.write(talk);
    }
    draw();
    find(".talks-search").focus();
  };
  box.onblur = () => done(true);
  box.onkeydown = (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    done(event.key === "Enter");
  };
  item.querySelector(".talk-name").replaceWith(box);
  box.select();
}

/** Deletes at the second click: what is deleted is gone. */
async function remove(talk, opener) {
  if (opener.dataset.sure !== "true") {
    opener.dataset.sure = "true";
    opener.textContent = say("talk-sure");
    opener.setAttribute("aria-label", say("talk-sure-label", { title: titleOf(talk) }));
    opener.onblur = draw;
    return;
  }
  opener.onblur = null;
  await storage.remove(talk.id);
  if (talk.id === state.talk.id) actions.fresh();
  await refresh();
  find(".talks-search").focus();
}

export function listen(given) {
  actions = given;
  find(".open-talks").addEventListener("click", async () => {
    find(".talks-search").value = "";
    await refresh();
    find(".conversations").showModal();
  });
  find(".talks-search").addEventListener("input", draw);
}
