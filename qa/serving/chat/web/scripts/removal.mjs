// What is removed goes some seconds later, until when it can be taken back; at once when one asks or leaves.

export const PATIENCE = 7000; // milliseconds

const going = new Map(); // what is to go, with its timer and what removes it

export const isGoing = (own) => going.has(own);

export function removeLater(own, remove) {
  going.set(own, { remove, timer: setTimeout(() => finish(own), PATIENCE) });
}

export function takeBack(own) {
  clearTimeout(going.get(own)?.timer);
  going.delete(own);
}

function finish(own) {
  const { remove } = going.get(own);
  takeBack(own);
  return remove();
}

export const removeNow = () => Promise.all([...going.keys()].map(finish));
