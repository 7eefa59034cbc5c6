// The conversations that are kept: listed, searched, renamed, exported, deleted, and gone on with.

import { fileName, save, talkAsJson, talkAsMarkdown } from "./export.mjs";
import { language, say } from "./messages.mjs";
import { button, find, make, props } from "./page.mjs";
import { state } from "./state.mjs";
import { browser, kept } from "./storage.mjs";

let talks = [];
let lists = 0; // how often they were listed
let actions = {}; // open(id), fresh(), keep(), written()

const dateOf = ({ changed }) => new Date(changed).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
const tell = ({ reason }) => { find(".talks-count").textContent = reason ?? say("talks-unkept"); };

/** Lists those that hold what is searched for, unless that has changed meanwhile. */
async function refresh() {
  const own = ++lists;
  find(".talks").ariaBusy = "true";
  try {
    await actions.written(); // what was just answered is listed, too
    const listed = await kept().list(find(".talks-search").value);
    const left = props.login ? (await browser.list("").catch(() => [])).length : 0;
    if (own !== lists) return;
    talks = listed;
    find(".talks-move").hidden = left === 0;
    find(".talks-move").textContent = say("talks-move", { count: left });
    draw();
  } catch (error) {
    tell(error);
  } finally {
    if (own === lists) find(".talks").ariaBusy = "false";
  }
}

function draw() {
  find(".talks-count").textContent = say(`talks-${talks.length ? "count" : "none"}${props.login ? "-yours" : ""}`, { count: talks.length });
  find(".talks").replaceChildren(...talks.map(itemOf));
}

function itemOf(talk) {
  const { id, title } = talk;
  const act = (key, run) => button("talk-act", say(key), (event) => run(event)?.catch(tell), { "aria-label": say(`${key}-label`, { title }) });
  const name = button("talk-name", title, () => open(id), { dir: "auto", title });
  if (id === state.talk.id) name.setAttribute("aria-current", "true");
  const saved = async (suffix, textOf, type) => save(`${fileName(title)}.${suffix}`, textOf(await kept().read(id)), type);
  const acts = [
    act("talk-rename", () => rename(talk, item)),
    act("talk-markdown", () => saved("md", talkAsMarkdown, "text/markdown")),
    act("talk-json", () => saved("json", talkAsJson, "application/json")),
    act("talk-delete", ({ target }) => remove(talk, target)),
  ].filter((own, place) => place !== 2 || props.exports);
  const facts = make("p", { className: "facts", textContent: `${dateOf(talk)} · ${say("talk-turns", { count: talk.turns })}` });
  const item = make("li", { className: "talk-row" }, name, facts, make("div", { className: "talk-acts" }, ...acts));
  return item;
}

function open(id) {
  find(".conversations").close();
  if (id !== state.talk.id) actions.open(id);
}

function rename({ id, title }, item) {
  const box = make("input", { className: "talk-title", value: title, maxLength: 200, "aria-label": say("talk-title") });
  const named = async () => {
    const renamed = { title: box.value.trim() };
    if (id === state.talk.id) await actions.keep(Object.assign(state.talk, renamed));
    else await kept().write({ ...(await kept().read(id)), ...renamed });
  };
  const done = async (isNew) => {
    box.onblur = null;
    if (isNew) await named().catch(tell);
    await refresh();
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
async function remove({ id, title }, opener) {
  if (opener.dataset.sure !== "true") {
    opener.dataset.sure = "true";
    opener.textContent = say("talk-sure");
    opener.setAttribute("aria-label", say("talk-sure-label", { title }));
    opener.onblur = draw;
    return;
  }
  opener.onblur = null;
  await kept().remove(id);
  if (id === state.talk.id) actions.fresh();
  await refresh();
  find(".talks-search").focus();
}

/** Moves what this browser kept before its user logged in. */
async function move() {
  for (const { id } of await browser.list("")) {
    await kept().write({ ...(await browser.read(id)), changed: 0 });
    await browser.remove(id);
  }
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
  find(".talks-search").addEventListener("input", refresh);
  find(".talks-move").addEventListener("click", () => move().catch(tell));
}
