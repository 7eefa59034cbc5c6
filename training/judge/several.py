"""What the judge learns from questions on several documents: ``training/sets`` and ``DATA/everyday/s*.txt``.

Each answers by itself what it says of the question: one side of a comparison, one of two contradicting answers, what
holds no longer. Where an answer needs a fact of another document, only the passage with the answer does; what leads to
it is not learned from.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from documents.document import Chunk, Document
from documents.sentences import Range
from index.embed import Embedder
from index.rerank import Reranker
from training.embedder.wordings import varied
from training.judge.examples import Group, Judged, Passage
from training.judge.words import Words
from training.shared_everyday import ACCORDING, SETS, Item, read, sets

HELD_SETS = ("s09", "s11", "s12", "s15")
OTHERS = 4  # passages of the set that do not answer, the nearest to the question
ELSEWHERE, AMONG = 2, 6  # so many passages of other sets, from among so many that are nearest


def files_of(data: Path, shares: Mapping[str, float]) -> dict[Path, float]:
    """The files of sets that are learned from, with the share of what is asked; ``shares`` is by patterns of names."""
    found: dict[Path, float] = {}
    for pattern, share in shares.items():
        found |= {path: share for folder in (SETS, data / "everyday") for path in sorted(folder.glob(f"{pattern}.txt"))}
    return {path: share for path, share in found.items() if path.stem not in HELD_SETS}


def of_sets(
    path: Path, embedder: Embedder, split: Callable[[Document], Sequence[Chunk]], rng: random.Random, share: float = 1.0
) -> Iterator[Group]:
    """A share of what is asked of each set of a file, with passages that answer and the nearest others of the set."""
    for documents, items in sets(path):
        words = {title: Words(document) for title, document in documents.items()}
        passages = [(title, Passage(chunk, own)) for title, own in words.items() for chunk in split(own.document)]
        vectors = embedder.embed([own.text for _, own in passages], "passage")
        for item in items:
            if share == 1 or rng.random() < share:
                question = varied(item.fields["S"][0] if item.kind == "G" and item.fields.get("S") else item.text, rng)
                nearest = (-(embedder.embed([question], "query") @ vectors.T)[0]).argsort()
                yield group_of(item, question, [passages[i] for i in nearest], words)


def of_each(
    path: Path, embedder: Embedder, split: Callable[[Document], Sequence[Chunk]], rng: random.Random, share: float,
    judge: Reranker,
) -> Iterator[Group]:  # fmt: skip
    """A share of what is asked of each document of the sets of a file, with its passages and some of other sets.

    Those are the ones that the ``judge`` ranks first of the nearest. The other documents of the set may answer, too,
    which nobody has noted: they are left out.
    """
    alone = {document.text: items for document, items in read(path)}
    every = [[Words(document) for document in documents.values()] for documents, _ in sets(path)]
    passages = [
        (n, own, Passage(chunk, own)) for n, of in enumerate(every) for own in of for chunk in split(own.document)
    ]
    vectors = embedder.embed([passage.text for *_, passage in passages], "passage")
    for number, words in ((n, own) for n, of in enumerate(every) for own in of):
        for item in alone.get(words.document.text, ()):
            if item.kind in "TF" or rng.random() >= share:
                continue
            question = varied(item.text, rng)
            nearest = [passages[i] for i in (-(embedder.embed([question], "query") @ vectors.T)[0]).argsort()]
            own = [("", passage) for _, home, passage in nearest if home is words]
            others = [passage for home, _, passage in nearest if home != number][:AMONG]
            if group := group_of(of_one(item), question, own, {"": words}):
                best = np.argsort([-score for score in judge.score(question, [passage.text for passage in others])])
                yield [*group, *(Judged(others[i].example(question, (), ())) for i in best[:ELSEWHERE])]


def of_one(item: Item) -> Item:
    """What is asked of one document, as if it were asked of a set in which that has no title."""
    return replace(item, fields={**item.fields, "E": [f"{ACCORDING}{quote}" for quote in item.fields.get("E", ())]})


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
