// Where conversations are kept: in this browser, in its IndexedDB; those of a user who has logged in, on the server.
// Of each, list(words) gives { id, title, changed, turns }, and write(talk) when that was.

import { inConversation } from "./originals.mjs";
import { say } from "./messages.mjs";
import { address, props } from "./page.mjs";
import { titleOf } from "./state.mjs";

const NAME = "refdesk";
const STORE = "conversations";

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened = null;

async function store(mode) {
  if (!opened) {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    opened = done(request);
  }
  return (await opened).transaction(STORE, mode).objectStore(STORE);
}

/** The conversations that hold all the words, the latest first. */
export function found(all, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const held = (talk) =>
    [titleOf(talk), ...talk.turns.flatMap(({ question, answer }) => [question, answer?.text ?? ""])].join("\n").toLowerCase();
  return all
    .filter((talk) => wanted.every((word) => held(talk).includes(word)))
    .sort((one, other) => other.changed - one.changed)
    .map((talk) => ({ id: talk.id, title: titleOf(talk), changed: talk.changed, turns: talk.turns.length }));
}

export const browser = {
  list: async (words) => found(await done((await store("readonly")).getAll()), words),
  read: async (id) => done((await store("readonly")).get(id)),
  remove: async (id) => done((await store("readwrite")).delete(id)),
  async write(talk) {
    const changed = Date.now();
    const held = await store("readwrite");
    const before = await done(held.get(talk.id));
    if ((before?.changed ?? 0) !== talk.changed) throw { reason: say("talks-elsewhere") };
    const written = held.put({ ...talk, changed });
    held.transaction.commit(); // now, since the page may be left
    await done(written);
    return { changed };
  },
};

/** What the server tells; where it refuses, throws { reason }. */
async function tell(path, more = {}) {
  const sent = fetch(address(`conversations${path}`), { headers: inConversation(), cache: "no-store", ...more });
  const [ok, told] = await sent.then(async (response) => [response.ok, await response.json()], () => [false, { reason: say("lost") }]);
  if (!ok) throw told;
  return told;
}

const server = {
  list: (words) => tell(`?${new URLSearchParams({ words })}`),
  read: (id) => tell(`/${id}`),
  remove: (id) => tell(`/${id}`, { method: "DELETE" }),
  write: (talk) => tell("", { method: "POST", body: JSON.stringify(talk) }),
};

export const kept = () => (props.login ? server : browser);
