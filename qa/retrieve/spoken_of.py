"""The documents that a conversation is about: what is asked next is likelier to be answered there than elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from documents.sentences import sentences
from index.passage import Passage
from index.query import Query
from index.search import View
from qa.understand.conversation import Turn

# By so much the passages of these documents count more (logits), and so many of the passages worth ranking are theirs,
# if there are so many, of so many that are found (``python -m benchmarks.stories``).
LIKELIER, THEIRS, FOUND = 2.0, 5, 60
_TRIED = 3  # passages found by an answer that may be where it is from
_FEWEST = 4  # words of a sentence that is in no other document by chance


def spoken_of(history: Sequence[Turn], view: View) -> frozenset[str]:
    """The ids of the documents that the last answer rests on: where it says so, else where its sentences stand."""
    last = next((turn for turn in reversed(history) if turn.answer), None)
    if last is None:
        return frozenset()
    if last.where:
        return frozenset({last.where[0]})
    said = _flat(last.answer)
    found = view.candidates(Query.of(last.answer), _TRIED)
    return frozenset(passage.document.id for passage in found if _quotes(said, passage.chunk.text))


def with_theirs(found: Sequence[Passage], limit: int, documents: frozenset[str]) -> list[Passage]:
    """The best ``limit`` of the passages found; up to ``THEIRS`` of them are of these documents."""
    theirs = [number for number, passage in enumerate(found) if passage.document.id in documents][: min(limit, THEIRS)]
    others = [number for number in range(len(found)) if number not in theirs][: limit - len(theirs)]
    return [found[number] for number in sorted([*theirs, *others])]


def theirs_likelier(ranked: Sequence[Passage], documents: frozenset[str]) -> list[Passage]:
    """The ranked passages, those of these documents by ``LIKELIER`` ahead, best first."""
    raised = (_likelier(passage) if passage.document.id in documents else passage for passage in ranked)
    return sorted(raised, key=lambda passage: -passage.score)


def _likelier(passage: Passage) -> Passage:
    return replace(passage, score=passage.score + LIKELIER, stage_scores={**passage.stage_scores, "likelier": LIKELIER})


def _quotes(said: str, text: str) -> bool:
    """Whether what was said has a sentence of the text in it."""
    every = (_flat(text[start:end]) for start, end in sentences(text))
    return any(len(sentence.split()) >= _FEWEST and sentence in said for sentence in every)


def _flat(text: str) -> str:
    return " ".join(text.split())
