// Conversations are kept in this browser, in its IndexedDB: nobody else's, and no server's.

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

export const read = async (id) => done((await store("readonly")).get(id));
export const readAll = async () => done((await store("readonly")).getAll());
export const write = async (talk) => done((await store("readwrite")).put(talk));
export const remove = async (id) => done((await store("readwrite")).delete(id));
