"""The later stages of the judge: questions beside what a search finds for them that does not answer.

In the first stage the passages of a question are of one document. In the second the others are those that the embedder
finds nearest to it: in all documents of its file, or among paragraphs of encyclopedias and abstracts. Besides, there
are examples of the first stage, so that spans and evidence are kept. The third adds reports and features written for
this project (``training/articles``), whose long sentences say several things, beside a part of the second. The fourth
has three times as many documents of that kind, and of everyday ones, with twins of questions that nothing answers. In
the fifth the others are those among the nearest that an earlier judge ranks first, questions are typed as people type
them, some behind a story that has nothing to do with them, and follow-ups have in front the words that they leave out,
or the question before, as they are searched for. The sixth does the same with documents that are new to it. The
seventh and the eighth add what is asked of several documents together (``training.judge.several``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from documents.document import Chunk, Document
from documents.split import Splitter, sentences_within
from index.embed import Embedder, load_embedder
from index.models import DEFAULT_EMBEDDER
from index.rerank import Reranker
from qa.layout.quotation import quotation
from qa.read.judge import Judge
from training import data as earlier
from training.embedder.data import searched_for
from training.embedder.wordings import varied
from training.joint.examples import Example, of_earlier
from training.judge.examples import (
    MOST_POSITIVE,
    Choice,
    Data,
    Group,
    Judged,
    Passage,
    group_of,
    manuals,
    public_pages,
    read,
)
from training.judge.several import files_of, of_each, of_sets
from training.judge.words import Words
from training.near_misses import SURE_MATCH, twins
from training.shared_everyday import (
    ARTICLES,
    CONVERSATIONS,
    HELD_ARTICLES,
    Exchange,
    Item,
    conversations,
    told_before,
)
from training.shared_everyday import read as read_everyday
from training.tagger.examples import HELD as HELD_CONVERSATIONS
from training.verifier.examples import Row, rows

EVERYDAY = 0.55  # share of what is asked of everyday documents
PARAGRAPHS, SEARCHED, YES_NO, ABSTRACTS = 1500, 1200, 400, 1500  # texts of each kind, with a question each
NEAREST, AMONG = 2, 6  # so many of the nearest texts that do not answer are taken, from among the first
CLEAN, WEAK, TWINS = 2500, 500, 2500  # examples of the earlier data
PAGES = 0.4  # share of the manuals' and the public pages' questions
MOST_WORDS = 220  # of a paragraph
# Of the third stage: share of what is asked of its articles, and of the groups of the second stage.
THIRD_ARTICLES, ARTICLES_SHARE, SECOND_SHARE = "[a-f]0?.txt", 0.8, 0.25
# Of the fourth: the same of the articles that are new to it, of the third's, and of the second stage.
NEW_SHARE, KNOWN_SHARE, KEPT_SHARE = 0.9, 0.25, 0.1
# In the later stages: of the document's other passages so many are taken, and from among so many; of its blocks.
BESIDE, BLOCKS_BESIDE = (1, 2), (2, 6)


@dataclass(frozen=True, slots=True)
class Shares:
    """Which shares a later stage learns from.

    They are of what is asked of the articles that are ``new`` to it (names of files), of everyday documents, of the
    other articles, and in conversations; and of what the second stage learns from besides. ``blocks`` is the share of
    them whose passages are blocks, each as it would be quoted.
    """

    new: tuple[str, ...]
    asked_of_new: float
    everyday: float
    others: float
    talks: float
    general: float = 0.1
    blocks: float = 0.0


FIFTH = Shares(("a[gh]0?.txt", "b[a-k]0?.txt"), 0.55, everyday=0.12, others=0.06, talks=0.15)
SIXTH = Shares(("c[a-s]0?.txt",), 0.9, everyday=0.05, others=0.03, talks=0.04, general=0.05, blocks=0.5)
SEVENTH = Shares(("c[a-s]0?.txt",), 0.12, everyday=0.06, others=0.02, talks=0.03, general=0.04, blocks=0.5)
# Shares of what is asked of sets of documents, by patterns of their files' names; and, in the eighth stage, of what the
# seventh learns from.
SEVENTH_SETS, EIGHTH_SETS, SEVENTH_SHARE = {"t[a-f]0?": 1.0, "s*": 1.0}, {"t[g-q]0?": 0.5}, 0.35
# The shares of its questions that stand behind what was told before another one, of its follow-ups that have the words
# in front that they leave out, not the question before, and of those behind it that have its answer, too.
CHATTER, IN_FRONT, ANSWERED = 0.08, 0.5, 0.7


class Pool:
    """Texts, and which of them are nearest to a question."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self.texts = texts
        self._embedder = embedder
        self._vectors = embedder.embed(texts, "passage")

    def nearest(self, questions: Sequence[str]) -> list[list[int]]:
        """The numbers of the texts, those nearest to each question first."""
        return [np.argsort(-own).tolist() for own in self._embedder.embed(questions, "query") @ self._vectors.T]


def second(data: Path, rng: random.Random) -> Data:
    """What the second stage learns from, and what the first holds out."""
    embedder = load_embedder(DEFAULT_EMBEDDER)
    found = Data(held=read(data, random.Random(rng.random())).held)
    for path in sorted((data / "everyday" / "train").glob("*.txt")):
        found.add("everyday", list(among_the_file(path, embedder, rng)), held=False)
    found.groups += besides(data, embedder, rng)
    rng.shuffle(found.groups)
    return found


def besides(data: Path, embedder: Embedder, rng: random.Random) -> list[Group]:
    """What the second stage learns from besides everyday documents."""
    found = Data()
    for folder in sorted(path for path in (data / "real").iterdir() if path.is_dir()):
        own = [group for held, group in manuals(folder, rng) if not held and rng.random() < PAGES]
        found.add("manuals", own, held=False)
    pages = public_pages(data / "questions" / "conditionalqa.jsonl.gz", rng)
    found.add("pages", [group for held, group in pages if not held and rng.random() < PAGES], held=False)
    for asked in (paragraphs(data, rng), searched(data, rng), abstracts(data, rng)):
        found.add("general", list(beside_the_nearest(asked, embedder, rng)), held=False)
    first = earlier.read(data / "train", rng)
    kept = [of_earlier(own) for own in (*rng.sample(first.clean, CLEAN), *rng.sample(first.weak, WEAK))]
    kept += [of_earlier(own) for own in islice(twins(data / "questions", rng), TWINS)]
    found.add("general", [[Judged(own)] for own in kept], held=False)
    return found.groups


def third(data: Path, rng: random.Random) -> Data:
    """What the third stage learns from; some articles are held out."""
    return _with_articles(data, rng, SECOND_SHARE, dict.fromkeys(_known(), ARTICLES_SHARE))


def fourth(data: Path, rng: random.Random) -> Data:
    """What the fourth stage learns from; more articles are held out."""
    known = set(_known())
    shares = {path: KNOWN_SHARE if path in known else NEW_SHARE for path in sorted(ARTICLES.glob("*.txt"))}
    return _with_articles(data, rng, KEPT_SHARE, shares)


def misleading(shares: Shares, data: Path, rng: random.Random) -> Data:
    """What the later stages learn from: beside the passages that answer those that mislead the shipped judge."""
    embedder, judge = load_embedder(DEFAULT_EMBEDDER), Judge.load()
    found = Data(held=read(data, random.Random(rng.random())).held)
    general = besides(data, embedder, rng)
    found.groups = rng.sample(general, round(shares.general * len(general)))
    told: list[str] = []
    for path, share, every in asked_of(shares, data, rng):
        held = path.stem in HELD_ARTICLES
        own = list(every if held else behind_chatter(every, told, rng))
        whole, part = (1.0, 1.0) if held else (share * (1 - shares.blocks), share * shares.blocks)
        found.add("articles", list(among(own, embedder, rng, whole, None if held else judge)), held=held)
        if shares.blocks:
            groups = among(own, embedder, rng, part, None if held else judge, blocks, BLOCKS_BESIDE)
            found.add("blocks", list(groups), held=held)
        print(f"{path.stem}: {len(found.groups)} questions", flush=True)
    rng.shuffle(found.groups)
    return found


def seventh(data: Path, rng: random.Random) -> Data:
    """What the seventh stage learns from: questions on sets of documents, and a little of the sixth's."""
    found = misleading(SEVENTH, data, rng)
    _add_sets(found, data, SEVENTH_SETS, rng)
    return found


def eighth(data: Path, rng: random.Random) -> Data:
    """What the eighth stage learns from: more sets and what is asked of their documents, a part of the seventh's."""
    found = seventh(data, rng)
    found.groups = rng.sample(found.groups, round(SEVENTH_SHARE * len(found.groups)))
    _add_sets(found, data, EIGHTH_SETS, rng, Judge.load())
    return found


def _add_sets(
    found: Data, data: Path, shares: Mapping[str, float], rng: random.Random, judge: Reranker | None = None
) -> None:
    """With a ``judge`` also what is asked of each document of the sets, beside what misleads it."""
    embedder = load_embedder(DEFAULT_EMBEDDER)
    for path, share in files_of(data, shares).items():
        for split in (Splitter().split, blocks):
            found.add("sets", list(of_sets(path, embedder, split, rng, share)), held=False)
            if judge:
                found.add("sets", list(of_each(path, embedder, split, rng, share, judge)), held=False)
        print(f"{path.stem}: {len(found.groups)} questions", flush=True)
    rng.shuffle(found.groups)


def blocks(document: Document) -> list[Chunk]:
    """What would be quoted of the document: its paragraphs, items, rows and parts of long paragraphs."""
    sentences = sentences_within(document, 0, len(document.text))
    places = dict.fromkeys(quotation(document, own) for own in sentences if not document.in_heading(*own))
    return [Chunk(document, *place) for place in places]


def asked_of(
    shares: Shares, data: Path, rng: random.Random
) -> Iterator[tuple[Path, float, Iterator[tuple[Document, list[Item]]]]]:
    """Each file of documents with the share of what is asked of them, and its documents with their items."""
    new = {path for pattern in shares.new for path in ARTICLES.glob(pattern)}
    found = dict.fromkeys(sorted((data / "everyday" / "train").glob("*.txt")), shares.everyday)
    found |= {path: shares.asked_of_new if path in new else shares.others for path in sorted(ARTICLES.glob("*.txt"))}
    for path, share in found.items():
        yield path, share, as_searched_for(read_everyday(path), rng)
    for path in sorted([*CONVERSATIONS.glob("*.txt"), *(data / "everyday").glob("d*.txt")]):
        if path.stem not in HELD_CONVERSATIONS:
            yield path, shares.talks, of_conversations(path, rng)


def as_searched_for(
    every: Iterable[tuple[Document, list[Item]]], rng: random.Random
) -> Iterator[tuple[Document, list[Item]]]:
    """The documents with their items; follow-ups as they are searched for."""
    for document, items in every:
        own, before = [], None
        for item in items:
            answer = next(iter(item.fields.get("A", ())), "")
            if item.kind == "Q":
                before = Exchange(item.text, item.text, answer)
            elif item.kind == "G" and item.fields.get("S"):
                asked = Exchange(item.text, item.fields["S"][0], answer)
                item = Item("Q", read_after(before, asked, rng), item.fields)
            own.append(item)
        yield document, own


def read_after(before: Exchange | None, asked: Exchange, rng: random.Random) -> str:
    """A follow-up with the words in front that it leaves out, or behind the question ``before`` and its answer."""
    if before is None or asked.question == asked.standalone or rng.random() < IN_FRONT:
        return searched_for(asked)
    answer = before.answer if rng.random() < ANSWERED else ""
    return " ".join(filter(None, (before.standalone, answer, asked.question)))


def behind_chatter(
    every: Iterable[tuple[Document, list[Item]]], told: list[str], rng: random.Random
) -> Iterator[tuple[Document, list[Item]]]:
    """The documents with their items; some stand behind what was ``told`` before others, which grows by theirs."""
    for document, items in every:
        own = []
        for item in items:
            if before := told_before(item.text):
                told.append(before)
            elif told and rng.random() < CHATTER:
                item = replace(item, text=f"{rng.choice(told)} {item.text}")
            own.append(item)
        yield document, own


def of_conversations(path: Path, rng: random.Random) -> Iterator[tuple[Document, list[Item]]]:
    """Every document of a file of conversations with their turns, as they are searched for."""
    for document, talks in conversations(path):
        items = []
        for before, exchange in (pair for talk in talks for pair in zip([None, *talk], talk, strict=False)):
            answer = [exchange.answer] if exchange.answer else []
            items.append(Item("Q" if answer else "N", read_after(before, exchange, rng), {"A": answer, "E": answer}))
        yield document, items


def _known() -> list[Path]:
    return sorted(ARTICLES.glob(THIRD_ARTICLES))


def _with_articles(data: Path, rng: random.Random, kept: float, shares: Mapping[Path, float]) -> Data:
    """A share ``kept`` of the second stage, and the ``shares`` of what is asked of articles."""
    found = second(data, rng)
    found.groups = rng.sample(found.groups, round(kept * len(found.groups)))
    embedder = load_embedder(DEFAULT_EMBEDDER)
    for path, share in shares.items():
        held = path.stem in HELD_ARTICLES
        groups = list(among_the_file(path, embedder, rng, 1.0 if held else share))
        found.add("articles", groups, held=held)
    rng.shuffle(found.groups)
    return found


def among_the_file(path: Path, embedder: Embedder, rng: random.Random, share: float = EVERYDAY) -> Iterator[Group]:
    """A share of the questions on a file's documents, with passages of its document and the nearest of the others."""
    return among(read_everyday(path), embedder, rng, share)


def among(
    every: Iterable[tuple[Document, list[Item]]], embedder: Embedder, rng: random.Random, share: float,
    judge: Reranker | None = None, split: Callable[[Document], Sequence[Chunk]] | None = None,
    beside: tuple[int, int] = BESIDE,
) -> Iterator[Group]:  # fmt: skip
    """A share of the questions on the documents, with passages of its own and the nearest of the others.

    Those that do not answer are taken by chance or, where a ``judge`` is given, those that it ranks first; then some
    questions are worded otherwise, too.

    Args:
        split: of a document its passages; as in an index by default.
        beside: how many other passages of its document the judge takes, and from among how many.
    """
    split = split or Splitter().split
    known = [(Words(document), items) for document, items in every]
    parts = [[Passage(chunk, words) for chunk in split(words.document)] for words, _ in known]
    flat = [(number, own) for number, passages in enumerate(parts) for own in passages]
    pool = Pool(embedder, [own.text for _, own in flat])
    for number, (_, items) in enumerate(known):
        asked = [item for item in items if item.kind not in "TF" and rng.random() < share]
        if judge:
            asked = [replace(item, text=varied(item.text, rng)) for item in asked]
        orders = pool.nearest([item.text for item in asked]) if asked else []
        for item, order in zip(asked, orders, strict=True):
            others = [own for home, own in (flat[i] for i in order) if home != number][:AMONG]
            if judge:
                choice: Choice = partial(_misleading, near=others, beside=beside, question=item.text, judge=judge)
            else:
                choice = partial(_beside, near=rng.sample(others, min(NEAREST, len(others))))
            yield group_of(item, parts[number], choice, rng)


def _misleading(
    right: list[Passage], wrong: list[Passage], near: list[Passage], beside: tuple[int, int], question: str,
    judge: Reranker,
) -> list[Passage]:  # fmt: skip
    """Those that answer, and those that the judge ranks first of the document's others and of the others."""

    def first(passages: list[Passage], count: int) -> list[Passage]:
        scores = judge.score(question, [own.text for own in passages])
        return [passages[i] for i in np.argsort(-np.array(scores))[:count]]

    taken, most = beside
    return [*right[:MOST_POSITIVE], *first(wrong[:most], taken), *first(near, NEAREST)]


def _beside(right: list[Passage], wrong: list[Passage], near: list[Passage]) -> list[Passage]:
    return [*right[:MOST_POSITIVE], *wrong[:1], *near]


def beside_the_nearest(asked: Sequence[Example], embedder: Embedder, rng: random.Random) -> Iterator[Group]:
    """Each question with its text, and with the nearest texts of other questions."""
    texts = list(dict.fromkeys(own.text for own in asked))
    pool = Pool(embedder, texts)
    for own, order in zip(asked, pool.nearest([own.question for own in asked]), strict=True):
        others = [texts[i] for i in order if texts[i] != own.text][:AMONG]
        near = [Example(own.question, text, answerable=False) for text in rng.sample(others, min(NEAREST, len(others)))]
        yield [Judged(one) for one in (own, *near)]


def paragraphs(data: Path, rng: random.Random) -> list[Example]:
    """Training questions of SQuAD 2.0 with the one span that answers them."""
    found = [
        of_earlier(earlier.Example(row["answerable_question"], row["context"], (tuple(row["candidates"][0]),), (1.0,)))
        for row in rows(data / "questions" / "squad2_train_recovered.jsonl.gz")
        if len(row["candidates"]) == 1 and row["match"] >= SURE_MATCH and _is_short(row["context"])
    ]
    return rng.sample(found, PARAGRAPHS)


def searched(data: Path, rng: random.Random) -> list[Example]:
    """Web searches, and yes/no questions, with a paragraph of an encyclopedia that answers them, under its title."""

    def titled(row: Row, text: str) -> Example:
        return Example(row["question"], f"{row['title']}\n{text}", answerable=True)

    folder = data / "questions"
    natural = [row for row in rows(folder / "qed_nq.jsonl.gz") if row["answers"] and _is_short(row["context"])]
    boolean = [row for row in rows(folder / "boolq.jsonl.gz") if _is_short(row["passage"])]
    found = [titled(row, row["context"]) for row in rng.sample(natural, SEARCHED)]
    return found + [titled(row, row["passage"]) for row in rng.sample(boolean, YES_NO)]


def abstracts(data: Path, rng: random.Random) -> list[Example]:
    """SciFact's training claims, each with an abstract that it cites."""
    folder = data / "scifact"
    corpus = {row["_id"]: row for row in rows(folder / "corpus.jsonl")}
    claims = {row["_id"]: row["text"] for row in rows(folder / "queries.train.jsonl")}
    found = []
    for line in (folder / "qrels.train.tsv").read_text("utf-8").splitlines()[1:]:
        claim, document, *_ = line.split("\t")
        text = " ".join(corpus[document]["text"].split()[:MOST_WORDS])
        found.append(Example(claims[claim], f"{corpus[document]['title']}\n{text}", answerable=True))
    return rng.sample(found, min(ABSTRACTS, len(found)))


def _is_short(text: str) -> bool:
    return len(text.split()) <= MOST_WORDS
