// All that the page knows of its conversation, in one place; what is shown follows from it.
//
// A turn is { key, question, status, html, answer, text, markdown, sources, verdict }: status "queued", "pending" or "done"; html
// is the server's reply, answer its JSON, null where there is none, text and markdown the same to be copied; verdict what the visitor
// says of it. Sources are [id, name] of the documents that are asked, [] for all.

export const LONGEST = 2000; // characters of a question
export const MOST_CHOSEN = 1000; // documents that a question may be limited to
export const REMEMBERED = 6; // earlier turns that a question may refer to

/** A conversation's id is the secret that its files belong to: only its visitor's browsers know it. */
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const conversation = (id = newId()) => ({ id, title: "", changed: 0, turns: [], sources: [] });

export const state = { talk: conversation(), keys: 0, request: null };

export function addTurn(question, kept = {}) {
  state.keys += 1;
  const turn = { status: "queued", html: "", answer: null, ...kept, key: String(state.keys), question };
  state.talk.turns.push(turn);
  return turn;
}

export const pending = () => state.talk.turns.find((turn) => turn.status === "pending") ?? null;
export const queued = () => state.talk.turns.filter((turn) => turn.status === "queued");

export function removeTurn(turn) {
  state.talk.turns = state.talk.turns.filter((own) => own !== turn);
}

/** The ids of the documents that are asked; none: all. */
export const chosen = () => new Set(state.talk.sources.map(([id]) => id));

/** Ticks a document, or no longer; false where there are too many. */
export function tick(id, name, on) {
  const others = state.talk.sources.filter(([own]) => own !== id);
  if (on && others.length >= MOST_CHOSEN) return false;
  state.talk.sources = on ? [...others, [id, name]] : others;
  return true;
}

/** Characters as the server counts them. */
export const lengthOf = (text) => [...text].length;

/** What is wrong with a question before it is sent, as a message's key. */
export const flaw = (text) => (text ? (lengthOf(text) > LONGEST ? "too-long" : null) : "empty");

/** What `turn` may refer to: the latest questions before it, as they were understood, what was said to them and where that is from. */
export function historyOf(turns, turn) {
  return turns
    .slice(0, turns.indexOf(turn))
    .filter(({ answer }) => answer && answer.kind !== "notice")
    .slice(-REMEMBERED)
    .map(({ answer }) => [answer.standalone_question, saidOf(answer), answer.short_answer ?? "", whereOf(answer)]);
}

/** What the answer rests on first: a document and the characters of it. */
const whereOf = ({ citations: [first] }) => (first ? [first.document, first.start, first.end] : null);

const saidOf = (answer) =>
  answer.statements.filter(({ status }) => status !== "unsupported").map(({ text }) => text).join(" ");

const wordsOf = (text) => (text ?? "").toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu)?.join(" ");

/** Whether the turns have a question, of a document that answers it from `start` to `end`: by its words or by what was cited. */
export const isAsked = (turns, { question, document: id, start, end }) =>
  turns.some(
    (turn) =>
      [turn.question, turn.answer?.standalone_question].some((asked) => wordsOf(asked) === wordsOf(question)) ||
      (turn.answer?.citations ?? []).some((cited) => cited.document === id && cited.start < end && start < cited.end),
  );

/** Whether another question was searched for than was typed: a follow-up was made to stand alone, or a word corrected. */
export const isRewritten = ({ answer }) => Boolean(answer) && answer.standalone_question !== answer.question;

/** What a link to an answer holds: the question as it was understood, and the ids of the documents that were asked. */
export const linkOf = ({ answer, sources = [] }) =>
  new URLSearchParams([["ask", answer.standalone_question], ...sources.map(([id]) => ["of", id])]).toString();

/** The question and the sources of such a link; null where it is none. */
export function linked(text) {
  const given = new URLSearchParams(text);
  const question = given.get("ask");
  return question && { question, sources: given.getAll("of").slice(0, MOST_CHOSEN).map((id) => [id, ""]) };
}

/** The name of a conversation: the one it was given, else its first question. */
export const titleOf = (talk) => talk.title || talk.turns[0]?.question || "";

/** What is kept of a conversation: the turns that are over. */
export const kept = (talk) => ({
  ...talk,
  turns: talk.turns
    .filter(({ status }) => status === "done")
    .map(({ key, status, asTyped, ...own }) => own),
});

/** The questions that arrow-up recalls, the latest first, each once. */
export const recalled = (turns) => [...new Set(turns.map(({ question }) => question).reverse())];
