// The page's scripts by themselves, by node's own test runner: node --test tests/scripts

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const web = new URL("../../qa/serving/chat/web/", import.meta.url);
const load = (name) => import(new URL(`scripts/${name}.mjs`, web));
const [exporting, files, messages, overviews, removal, states, storage, stream] = await Promise.all(
  ["export", "files", "messages", "overviews", "removal", "state", "storage", "stream"].map(load),
);
const { state } = states;
const folder = new URL("../../qa/serving/html/messages/", import.meta.url);
const words = Object.fromEntries(
  readdirSync(folder).map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, folder), "utf-8"))]),
);

const answer = (text, more = {}) => ({
  kind: "answer",
  standalone_question: `${text}?`,
  short_answer: null,
  statements: [{ text, status: "quoted" }, { text: "struck", status: "unsupported" }],
  citations: [],
  ...more,
});

function begin(...turns) {
  state.talk = states.conversation("0".repeat(32));
  return turns.map(([question, more]) => states.addTurn(question, more));
}

test("the language is the first wanted one that is offered", () => {
  assert.equal(messages.preferred(["fr", "zh-CN", "en"], ["en", "zh"]), "zh");
  assert.equal(messages.preferred(["fr"], ["en", "zh"]), "en");
});

test("a count chooses its form, and values stand in their places once", () => {
  assert.equal(messages.worded("{count} file|{count} files", { count: 1 }), "1 file");
  assert.equal(messages.worded("{count} file|{count} files", { count: 12000 }), "12,000 files");
  assert.equal(messages.worded("{name} {other}", { name: "{other}", other: "<b>" }), "{other} <b>");
  assert.equal(messages.worded("all {count}", { count: 1 }), "all 1");
});

test("every key that the page says has its words", () => {
  const names = readdirSync(new URL("scripts/", web)).map((name) => `scripts/${name}`);
  const source = [...names, "chat.html"].map((name) => readFileSync(new URL(name, web), "utf-8")).join("\n");
  const said = [...source.matchAll(/\bsay\("([\w-]+)"/g), ...source.matchAll(/data-(?:say(?:-[\w-]+)?|label)="([\w-]+)"/g)];
  assert.ok(said.length > 40);
  assert.deepEqual(said.map(([, key]) => key).filter((key) => !(key in words.en)), []);
});

test("the history is of answered turns before the question, as they were understood", () => {
  const [, , , , asked] = begin(
    ["first", { status: "done", answer: answer("One", { short_answer: "1", citations: [{ document: "d", start: 3, end: 9 }, {}] }) }],
    ["second", { status: "done", answer: answer("Two") }],
    ["thanks", { status: "done", answer: answer("Hello", { kind: "notice" }) }],
    ["stopped", { status: "done" }],
    ["now"],
    ["later", { status: "done", answer: answer("Later") }],
  );
  assert.deepEqual(states.historyOf(state.talk.turns, asked), [
    ["One?", "One", "1", ["d", 3, 9]],
    ["Two?", "Two", "", null],
  ]);
});

test("a question may be searched for as typed where another one was searched for", () => {
  const rewritten = (question, standalone) => states.isRewritten({ question, answer: { question, standalone_question: standalone } });
  assert.ok(rewritten("Waht is it?", "What is it?"));
  assert.ok(!rewritten("What is it?", "What is it?"));
  assert.ok(!states.isRewritten({ question: "What?", answer: null }));
});

test("what is removed goes later, unless it is taken back, or at once", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const gone = [];
  for (const own of ["a", "b", "c"]) removal.removeLater(own, () => gone.push(own));
  removal.takeBack("a");
  mock.timers.tick(removal.PATIENCE - 1);
  assert.deepEqual([gone, removal.isGoing("a"), removal.isGoing("b")], [[], false, true]);
  mock.timers.tick(1);
  assert.deepEqual(gone, ["b", "c"]);
  removal.removeLater("d", () => gone.push("d"));
  await removal.removeNow();
  mock.timers.tick(removal.PATIENCE);
  assert.deepEqual(gone, ["b", "c", "d"]);
});

test("only turns that are over are kept", () => {
  begin(["first", { status: "done", html: "<p>", answer: answer("One") }], ["second", { status: "pending" }], ["third"]);
  assert.deepEqual(states.kept(state.talk).turns.map(({ question }) => question), ["first"]);
  assert.equal(states.pending().question, "second");
  assert.deepEqual(states.queued().map(({ question }) => question), ["third"]);
});

test("a conversation is named after its first question until it is renamed", () => {
  begin(["What?"], ["And now?"]);
  assert.equal(states.titleOf(state.talk), "What?");
  assert.equal(states.titleOf({ ...state.talk, title: "Mine" }), "Mine");
});

test("a link to an answer holds its question as it was understood, and the documents that were asked", () => {
  const turn = { question: "And then?", answer: answer("One & two"), sources: [["sha256:a", "A"], ["sha256:b", "B"]] };
  assert.deepEqual(states.linked(states.linkOf(turn)), { question: "One & two?", sources: [["sha256:a", ""], ["sha256:b", ""]] });
  assert.equal(states.linked("quote"), null);
});

test("a question's length counts code points", () => {
  assert.equal(states.flaw(""), "empty");
  assert.equal(states.flaw("\u{1f409}".repeat(2000)), null);
  assert.equal(states.flaw("\u{1f409}".repeat(2001)), "too-long");
});

test("documents are ticked up to a limit, each once", () => {
  begin();
  assert.ok(states.tick("a", "A", true) && states.tick("a", "A", true));
  assert.deepEqual(state.talk.sources, [["a", "A"]]);
  state.talk.sources = Array.from({ length: states.MOST_CHOSEN }, (_, number) => [String(number), ""]);
  assert.equal(states.tick("more", "", true), false);
  assert.ok(states.tick("3", "", false) && states.tick("more", "", true));
});

const suggesting = (id, ...questions) => ({
  document: id,
  questions: questions.map((question, place) => ({ question, start: 10 * place, end: 10 * place + 10 })),
});

test("the first question of each document is suggested before the second of any, each once", () => {
  const told = [suggesting("x", "a", "b", "c"), suggesting("y"), suggesting("z", "d", "a")];
  assert.deepEqual(overviews.suggested(told, 3), ["a", "d", "b"]);
  assert.deepEqual(overviews.suggested(told, 9), ["a", "d", "b", "c"]);
  assert.deepEqual(overviews.suggested([]), []);
});

test("nothing is suggested that was asked in the same words or answered from the same place", () => {
  const told = [suggesting("x", "When was the Acme Conference 2025 held?", "Who spoke?"), suggesting("y", "Who paid?")];
  const asked = (question, more) => ({ question, answer: answer("Said", more) });
  const cited = (id, start, end) => asked("When was it?", { citations: [{ document: id, start, end }] });
  assert.deepEqual(overviews.suggested(told, 9, [cited("x", 4, 9)]), ["Who spoke?", "Who paid?"]);
  assert.deepEqual(overviews.suggested(told, 1, [cited("y", 4, 9), cited("x", 9, 12)]), []);
  assert.equal(overviews.suggested(told, 9, [cited("x", 20, 29), cited("z", 0, 9)]).length, 3);
  assert.equal(overviews.suggested(told, 9, [asked("who paid"), { question: "Who spoke", answer: null }]).length, 1);
  assert.equal(overviews.suggested(told, 9, [asked("And who?", { standalone_question: "Who paid?" })]).length, 2);
});

test("a file that cannot be read is refused before it is sent", () => {
  messages.speak("en", words);
  const offered = { formats: [".txt"], bytes: 10, limit: "10 B" };
  const refused = (name, size) => files.refusal({ name, size }, offered);
  assert.match(refused("a.XYZ", 1), /\.xyz/);
  assert.match(refused("none", 1), /without a suffix/);
  assert.match(refused("a.txt", 11), /10 B/);
  assert.match(refused("a.txt", 0), /empty/);
  assert.equal(refused("A.TXT", 10), "");
});

test("lines are put together from pieces, whatever they are cut at", async () => {
  const bytes = new TextEncoder().encode('{"a": "é"}\n\n{"b": 2}\n');
  for (const size of [1, 2, 3, 100]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size));
    const lines = await all(stream.linesOf(ReadableStream.from(pieces)));
    assert.deepEqual(lines, ['{"a": "é"}', "", '{"b": 2}']);
  }
});

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

const cited = {
  ...answer("Half."),
  text: "Half *of* it.[1]",
};
test("a conversation's answers are saved as a list, without the turns that have none", () => {
  const talk = { title: "", turns: [{ question: "a", answer: cited }, { question: "b", answer: null }] };
  assert.deepEqual(JSON.parse(exporting.talkAsJson(talk)), [cited]);
  assert.equal(exporting.talkAsMarkdown(talk), "# a\n\n## a\n\nHalf *of* it.[1]\n\n## b\n\n–\n");
  const taken = { title: "*Mine*", turns: [{ question: "<b>", answer: cited, markdown: "**Half** [1]" }] };
  assert.equal(exporting.talkAsMarkdown(taken), "# \\*Mine\\*\n\n## \\<b\\>\n\n**Half** [1]\n");
  assert.equal(exporting.fileName("../Wer? 谁 <b>"), "Wer-谁-b");
  assert.equal(exporting.fileName("???"), "conversation");
});

test("conversations are found by all words, the latest first", () => {
  const talks = ["Iron", "Salt", "Iron and salt"].map((title, changed) => ({ title, changed, turns: [{ question: "q", answer: null }] }));
  assert.deepEqual(storage.found(talks, " SALT ").map(({ title }) => title), ["Iron and salt", "Salt"]);
  assert.deepEqual(storage.found(talks, "salt iron").map(({ title }) => title), ["Iron and salt"]);
  assert.equal(storage.found(talks, "").length, 3);
});
