"""One of the things that a question compares: which passages and sentences are about it, and not about the other.

A sentence belongs to a side by the words that only this side has: in the sentence or row itself, else in the headings
above it, else in the name, title, date or version of its document. The nearest decides, so that a document of 2025
that mentions 2023 is read for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.dates import in_words
from documents.document import Source
from documents.edition import stem_of
from index.families import newest_first
from index.passage import Passage
from qa.read.compute.aggregation import listing_of
from qa.read.compute.relation import COMPARATIVES
from qa.read.evidence import Evidence
from qa.read.tables.words import MOST_CHARACTERS, Words, listed_stems, stems
from qa.understand.question import Question, analyse
from qa.understand.sides import Side

_MAY = re.compile(r"\bMay\b")
EDITIONS = 5  # passages of an edition that are read in addition to the best
# Sides that are told apart by age, not by words in documents.
_OLDER, _NEWER = listed_stems("older"), listed_stems("newer")
_FRAME = COMPARATIVES | listed_stems("announce_comparisons")


@dataclass(frozen=True, slots=True)
class ComparisonSide:
    """A side with the words that tell it from the ``other``, and those that say what is asked of it, as stems."""

    side: Side
    words: Words
    other: Words
    topic: Words

    @property
    def question(self) -> Question:
        """The question of this side alone."""
        return analyse(self.side.text)

    @property
    def respect(self) -> Words:
        """In what the sides are compared: the words asked for that are not in the side's name."""
        return self.topic - stems(self.side.name)

    @property
    def is_older(self) -> bool | None:
        """Whether it is the older (True) or the newer (False) of two; None if other words tell them apart."""
        return None if not self.words <= _OLDER | _NEWER else self.words <= _OLDER

    def is_mentioned(self, passage: Passage) -> bool:
        """Whether the passage, its headings or its document's name have any of the side's words."""
        if self.is_older is not None:
            return True
        chunk = passage.chunk
        return bool(self.words & (_stems_of(chunk.linearised.text) | _stems_of(chunk.context) | of_source(passage)))

    def is_edition(self, passage: Passage) -> bool:
        """Whether the name, title, date or version of the passage's document has any of the side's words."""
        return bool(self.words & of_source(passage))

    def owns(self, evidence: Evidence) -> bool:
        """Whether the evidence is about this side, or about both."""
        for words in _layers(evidence):
            mine, other = len(self.words & words), len(self.other & words)
            if mine or other:
                return mine * len(self.other) >= other * len(self.words)
        return self.is_older is not None

    def is_in(self, evidence: Evidence) -> bool:
        """Whether the sentence, or the row with its headings, has half of the side's words."""
        return 2 * len(self.words & _stems_of(evidence.as_read)) >= len(self.words)

    def is_other_row(self, evidence: Evidence) -> bool:
        """Whether another row matches the words asked for better: "electric cars" beside "cars"."""
        if evidence.row is None:
            return False
        grid, _ = evidence.row
        if grid.table.end - grid.table.start > MOST_CHARACTERS:
            return False
        named, known = self.topic & stems(evidence.text), _known(evidence)
        rows = (evidence.document.text[slice(*grid.range_of(row))] for row in range(len(grid)) if grid.is_data(row))
        others = (self.topic & stems(text) for text in rows)
        return any(named <= other and not other <= known for other in others)

    def coverage(self, evidence: Evidence) -> float:
        """The share of the words asked for that are in the evidence, its headings or its document's name."""
        return len(self.topic & _known(evidence)) / len(self.topic) if self.topic else 1.0

    def is_answered(self, evidence: Evidence) -> bool:
        """Whether the evidence, its headings and its document's name have all words of ``respect``."""
        return bool(self.respect) and self.respect <= _known(evidence)


def comparison_sides(question: Question, sides: tuple[Side, Side]) -> tuple[ComparisonSide, ComparisonSide] | None:
    """The sides with the words that tell them apart; None if no words do, or one side is only a limit.

    "Which cost more than £30?" asks for rows: £30 is not a side.
    """
    one, other = sides
    limit = listing_of(question).comparison if question.asked != "polar" else None
    if limit and not limit.amount.may_be_year:
        return None
    around = stems(question.text.replace(one.name, " ").replace(other.name, " "))
    first, second = _stems_of(one.name), _stems_of(other.name)
    first, second = first - second - around or first - second, second - first - around or second - first
    if not first or not second:
        return None
    topic = (stems(question.text) & (stems(one.text) | stems(other.text))) - first - second - _FRAME
    return ComparisonSide(one, first, second, topic), ComparisonSide(other, second, first, topic)


def families(sides: tuple[ComparisonSide, ComparisonSide], passages: Sequence[Sequence[Passage]]) -> frozenset[str]:
    """The works of which both sides have different editions among their passages."""
    editions = [
        {passage.source.family: passage.source.document_id for passage in ranked if side.is_edition(passage)}
        for side, ranked in zip(sides, passages, strict=True)
    ]
    one, other = editions
    return frozenset(family for family in one.keys() & other.keys() if family and one[family] != other[family])


def worth_reading(
    sides: tuple[ComparisonSide, ComparisonSide], found: Sequence[Sequence[Passage]], limit: int
) -> list[list[Passage]]:
    """For each side, the ``limit`` best passages that mention it, and a few of its edition of a shared work."""
    mentioned = [[one for one in ranked if side.is_mentioned(one)] for side, ranked in zip(sides, found, strict=True)]
    works = families(sides, mentioned)
    chosen = []
    for side, mine in zip(sides, mentioned, strict=True):
        editions = [passage for passage in mine[limit:] if passage.source.family in works and side.is_edition(passage)]
        chosen.append([*mine[:limit], *editions[:EDITIONS]])
    return chosen


def in_order(sides: tuple[ComparisonSide, ComparisonSide], one: Evidence, other: Evidence) -> bool:
    """Whether old and new are in different documents, of one work in the right order; True for other sides."""
    if all(side.is_older is None for side in sides):
        return True
    first, second = one.passage.source, other.passage.source
    if first.document_id == second.document_id:
        return False
    is_older = newest_first([first, second])[0] == second
    return first.family != second.family or is_older == (sides[0].is_older or sides[1].is_older is False)


def of_source(passage: Passage) -> Words:
    """The words of the document's name, title, date and version; "2025-05" gives the year and "May"."""
    source = passage.source
    return _stems_of(f"{stem_of(source.name)} {passage.document.title} {_edition_in_words(source)}")


def _layers(evidence: Evidence) -> Iterator[Words]:
    """The words of the sentence, of the headings above it, and of its document's name and edition."""
    yield _stems_of(evidence.as_read)
    yield _stems_of(evidence.passage.chunk.context)
    yield of_source(evidence.passage)


def _known(evidence: Evidence) -> Words:
    return frozenset[str]().union(*_layers(evidence))


def _stems_of(text: str) -> Words:
    """The stems of the text, including the month of May, which is no auxiliary verb."""
    return stems(text) | ({"may"} if _MAY.search(text) else set())


def _edition_in_words(source: Source) -> str:
    numbers = source.version.split(".")
    return " ".join([in_words(source.date), *(".".join(numbers[:count]) for count in range(1, len(numbers) + 1))])
