// Answers as text to take along: what is said with its [n], and the references that these stand for.

import { titleOf } from "./state.mjs";

const REFERENCE = ["title", "section"];

/** Where a citation stands, in words: the file, then what tells more than its name. */
function placeOf(citation, pageWord) {
  const file = citation.source.split(/[/\\]/).pop();
  const more = REFERENCE.map((name) => citation[name]).filter((text) => text && text !== file);
  const page = citation.page === null ? [] : [pageWord(citation.page)];
  return [file, ...new Set(more), ...page].join(", ");
}

/** An answer as plain text, with its references. */
export function asText(answer, pageWord) {
  const references = answer.citations.map((own) => `[${own.number}] ${placeOf(own, pageWord)}: “${own.quote}”`);
  return [answer.text, ...references].join("\n\n");
}

// What Markdown or HTML would take for more than text. Numbers in brackets are Refdesk's own marks, and stay.
const plain = (text) => text.replace(/[\\`*_<>#|~&]|\[(?!\d{1,3}\])/g, "\\$&");
const quoted = (text) => plain(text).split("\n").map((line) => `> ${line}`).join("\n");

/** An answer as Markdown, its references as block quotations. */
export function asMarkdown(answer, pageWord) {
  const references = answer.citations.map((own) => `[${own.number}] ${plain(placeOf(own, pageWord))}\n\n${quoted(own.quote)}`);
  return [plain(answer.text), ...references].join("\n\n");
}

/** A conversation as Markdown: each question is a heading. */
export function talkAsMarkdown(talk, pageWord) {
  const oneLine = (text) => plain(text.replace(/\s+/g, " "));
  const turns = talk.turns.map(({ question, answer }) =>
    [`## ${oneLine(question)}`, answer ? asMarkdown(answer, pageWord) : "–"].join("\n\n"),
  );
  return [`# ${oneLine(titleOf(talk))}`, ...turns].join("\n\n") + "\n";
}

/** A conversation as the list of its Answers, which `refdesk verify` accepts. */
export const talkAsJson = (talk) => JSON.stringify(talk.turns.map(({ answer }) => answer).filter(Boolean), null, 2) + "\n";

/** A name for a file, without what file systems do not take. */
export const fileName = (title) => title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "conversation";

export function save(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Copies the text. Without encryption (a page of another machine) browsers only offer the older way. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
  box.select();
  document.execCommand("copy");
  return box.remove();
}
