"""What the judge learns from questions on several documents: ``training/sets`` and ``DATA/everyday/s*.txt``.

Each answers by itself what it says of the question: one side of a comparison, one of two contradicting answers, what
holds no longer. Where an answer needs a fact of another document, only the passage with the answer does; what leads to
it is not learned from.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from documents.document import Chunk, Document
from documents.sentences import Range
from index.embed import Embedder
from training.embedder.wordings import varied
from training.judge.examples import Group, Judged, Passage
from training.judge.words import Words
from training.shared_everyday import ACCORDING, SETS, Item, sets

HELD_SETS = ("s09", "s11", "s12", "s15")
OTHERS = 4  # passages of the set that do not answer, the nearest to the question


def files_of(data: Path) -> list[Path]:
    """The files of sets that are learned from."""
    every = sorted([*SETS.glob("*.txt"), *(data / "everyday").glob("s*.txt")])
    return [path for path in every if path.stem not in HELD_SETS]


def of_sets(
    path: Path, embedder: Embedder, split: Callable[[Document], Sequence[Chunk]], rng: random.Random
) -> Iterator[Group]:
    """The questions on each set of a file, with the passages that answer and the nearest others of the set."""
    for documents, items in sets(path):
        words = {title: Words(document) for title, document in documents.items()}
        passages = [(title, Passage(chunk, own)) for title, own in words.items() for chunk in split(own.document)]
        vectors = embedder.embed([own.text for _, own in passages], "passage")
        for item in items:
            question = varied(item.fields["S"][0] if item.kind == "G" and item.fields.get("S") else item.text, rng)
            nearest = (-(embedder.embed([question], "query") @ vectors.T)[0]).argsort()
            yield group_of(item, question, [passages[i] for i in nearest], words)


def group_of(item: Item, question: str, passages: Sequence[tuple[str, Passage]], words: dict[str, Words]) -> Group:
    """The passages that answer a question of a set, and the first ``OTHERS`` others; ``passages`` are by title."""
    evidence = places_of(item, words)
    answers = {
        title: [place for quote in item.fields.get("A", ()) for place in own.find(quote)]
        for title, own in words.items()
    }
    group, others = [], 0
    for title, own in passages:
        answering, told = evidence.get(title, []), answers[title]
        if own.has(answering):
            known = item.kind not in "HG" or any(own.has([place]) for place in told)
            group.append(Judged(own.example(question, answering, told, is_known=known)))
        elif others < OTHERS:
            others += 1
            group.append(Judged(own.example(question, (), ())))
    return group if item.kind == "N" or any(own.example.answerable for own in group) else []


def places_of(item: Item, words: dict[str, Words]) -> dict[str, list[Range]]:
    """The sentences that answer a question of a set, by the titles of their documents."""
    found: dict[str, list[Range]] = {}
    for line in item.fields.get("E", ()):
        title, _, quote = (part.strip() for part in line.partition(ACCORDING))
        if title in words:
            found.setdefault(title, []).extend(words[title].sentences_of([quote]))
    return found
