// What a visitor takes along: the text and the Markdown that came with each answer, as files and on the clipboard.

import { say } from "./messages.mjs";
import { titleOf } from "./state.mjs";

/** A conversation as Markdown: each question is a heading. */
export function talkAsMarkdown(talk) {
  const heading = (text) => text.replace(/\s+/g, " ").replace(/[\\`*_<>#|~&[]/g, "\\$&");
  const turns = talk.turns.map(({ question, markdown, answer }) => `## ${heading(question)}\n\n${markdown ?? answer?.text ?? "–"}`);
  return [`# ${heading(titleOf(talk))}`, ...turns].join("\n\n") + "\n";
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
  const box = (document.querySelector("dialog[open]") ?? document.body).appendChild(Object.assign(document.createElement("textarea"), { value: text }));
  box.select();
  document.execCommand("copy");
  return box.remove();
}

/** Copies the code that a button is of, and says so on it. */
export async function copyCode(opener) {
  await copy(opener.parentElement.querySelector("code").textContent);
  opener.textContent = say("code-copied");
}
