"""Evidence for each of the things compared -> one answer that says them side by side, each cited.

A sentence belongs to a side by the words that only this side has: in the sentence or row itself, else in the headings
above it, else in the name, title, date or version of its document. What is nearest decides, so that a document of 2025
that mentions 2023 is read for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from documents.document import Source
from documents.edition import stem_of
from documents.grid import grid_of
from documents.month_names import names_of
from index.passage import Passage
from qa.answer import REFUSAL, Answer, Asked, Citation, Statement
from qa.read.combine import combined, united
from qa.read.compute.compared import told_apart
from qa.read.evidence import Evidence
from qa.read.extractor import Extractor
from qa.read.tables.words import Words, stems
from qa.understand.question import Question, analyse
from qa.understand.sides import Side

CONSIDERED = 8  # sentences of each side that are paired
# What two rows of one table, or two editions of one work, count for beside sentences that have nothing in common
# (logits of the reranker).
PARALLEL = 4.0
# The confidence that is asked for in each side, and in two editions that say much the same.
LEAST, LEAST_OF_EDITIONS = 0.5, 0.3
SAME = 0.6  # the likeness from which on they do
# Sides that are told by which is newer and not by words that documents have.
_RELATIVE = stems("old older new newer former previous earlier current present today now then before after latest")


@dataclass(frozen=True, slots=True)
class Compared:
    """A side with the words that tell it from the ``other`` one, as stems."""

    side: Side
    words: Words
    other: Words

    @property
    def question(self) -> Question:
        """The question of this side alone."""
        return analyse(self.side.text)

    def is_mentioned(self, passage: Passage) -> bool:
        """Whether the passage, or what it stands in, has any of the side's words."""
        if self.words <= _RELATIVE:
            return True
        chunk = passage.chunk
        return bool(self.words & (stems(chunk.linearised.text) | stems(chunk.context) | _of_source(passage)))

    def owns(self, evidence: Evidence) -> bool:
        """Whether the evidence is of this side, or of both."""
        for words in _layers(evidence):
            own, other = len(self.words & words), len(self.other & words)
            if own or other:
                return own * len(self.other) >= other * len(self.words)
        return self.words <= _RELATIVE


def compared(question: str, sides: tuple[Side, Side]) -> tuple[Compared, Compared] | None:
    """The sides with the words that tell them apart; None where none do."""
    one, other = sides
    around = stems(question.replace(one.name, " ").replace(other.name, " "))
    first, second = stems(one.name), stems(other.name)
    first, second = first - second - around or first - second, second - first - around or second - first
    return (Compared(one, first, second), Compared(other, second, first)) if first and second else None


def side_by_side(
    question: Question,
    beside: Sequence[tuple[Compared, Sequence[Passage]]],
    whole: Answer,
    extractor: Extractor,
) -> Answer:
    """The answer from the ranked passages of two sides; a part of it is a refusal where that side is not found.

    It is ``whole``, which the question is answered with as it stands, where neither is found, where one sentence holds
    both, and where that is surer than what is found of one side.
    """
    reader = replace(extractor, rules=replace(extractor.rules, things=False))  # what "longer" asks for no table has
    found = [_found(side, ranked, reader) for side, ranked in beside]
    sides, passages = (beside[0][0], beside[1][0]), [ranked for _, ranked in beside]
    one, other = _chosen(found[0], found[1], extractor)
    if one and other and _place(one) == _place(other):
        if any((own.passage.chunk.document.id, own.start, own.end) == _place(one) for own in whole.citations):
            return _with_verdict(question, sides, whole, one, other)
        return _with_verdict(question, sides, _said(question, one, united(passages), extractor), one, other)
    parts = [_said(question, own, ranked, extractor) for own, ranked in zip((one, other), passages, strict=True)]
    if one and other:
        return _with_verdict(question, sides, combined([own.side.name for own in sides], parts), one, other)
    half = next((own for own in parts if own.answered), None)
    if half is None or (whole.answered and whole.confidence >= half.confidence):
        return whole
    return combined([own.side.name for own in sides], parts)


def _with_verdict(
    question: Question, sides: tuple[Compared, Compared], answer: Answer, one: Evidence, other: Evidence
) -> Answer:
    """The answer, with which of both amounts is the larger in front where the question asks for that."""
    told = told_apart(question.text, (sides[0].side, sides[1].side), one, other)
    if told is None:
        return answer
    places = {_place(one): told.one, _place(other): told.other}
    if _place(one) == _place(other):
        places = {}
    cited = [own for own in answer.citations if _cited(own) in (_place(one), _place(other))]
    citations = tuple(
        replace(own, spans=(places[_cited(own)],) if _cited(own) in places else (told.one, told.other))
        if own in cited else own
        for own in answer.citations
    )  # fmt: skip
    numbers = tuple(own.number for own in cited)
    computed = Statement(told.verdict.text, numbers, answer.confidence, "computed", "answer")
    return replace(
        answer,
        short_answer=told.verdict.short,
        statements=(computed, *answer.statements),
        citations=citations,
    )


def _cited(citation: Citation) -> tuple[str, int, int]:
    return citation.passage.chunk.document.id, citation.start, citation.end


def _found(side: Compared, passages: Sequence[Passage], extractor: Extractor) -> list[Evidence]:
    """The sentences that may answer for the side, best first."""
    read = (_in_edition(own) for own in extractor.read(side.question, passages) if not _is_heading(own))
    return [own for own in read if side.owns(own)][:CONSIDERED]


def _is_heading(own: Evidence) -> bool:
    """Whether the evidence is the row of a table's headings."""
    document = own.passage.chunk.document
    table = document.table_at(own.start)
    if table is None:
        return False
    grid = grid_of(document.text, table)
    return not grid.is_data(grid.row_at(own.start))


def _chosen(
    first: Sequence[Evidence], second: Sequence[Evidence], extractor: Extractor
) -> tuple[Evidence | None, Evidence | None]:
    """The best sentence of each side, parallel ones before others; None for a side of which no sentence is sure."""
    confidence = extractor.calibration.confidence

    def merit(pair: tuple[Evidence, Evidence]) -> float:
        return pair[0].order + pair[1].order + PARALLEL * _likeness(*pair)

    def is_sure(pair: tuple[Evidence, Evidence]) -> bool:
        say_the_same = _document(pair[0]) != _document(pair[1]) and _likeness(*pair) > SAME
        return min(map(confidence, pair)) >= (LEAST_OF_EDITIONS if say_the_same else LEAST)

    pairs = [pair for pair in product(first, second) if is_sure(pair)]
    if pairs:
        return max(pairs, key=merit)
    one, other = (next((own for own in side if confidence(own) >= LEAST), None) for side in (first, second))
    return one, other


def _in_edition(own: Evidence) -> Evidence:
    """The evidence, for which a year or version is not absent that its document is of."""
    known = _of_source(own.passage)

    def left(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if not stems(name) <= known)

    return replace(own, absent=left(own.absent), mistaken=left(own.mistaken))


def _likeness(one: Evidence, other: Evidence) -> float:
    """How parallel they stand: 1 in one table, .5 to 1 in two editions of a work by the words they share, else 0."""
    if _document(one) == _document(other):
        table = one.passage.chunk.document.table_at(one.start)
        return float(table is not None and table == other.passage.chunk.document.table_at(other.start))
    family = one.passage.source.family
    if not family or family != other.passage.source.family:
        return 0.0
    first, second = stems(one.as_read), stems(other.as_read)
    return 0.5 + 0.5 * len(first & second) / max(1, len(first | second))


def _document(own: Evidence) -> str:
    return own.passage.chunk.document.id


def _place(own: Evidence) -> tuple[str, int, int]:
    return _document(own), own.start, own.end


def _said(
    question: Question,
    own: Evidence | None,
    passages: Sequence[Passage],
    extractor: Extractor,
) -> Answer:
    """What one side says, or that it says nothing."""
    model = {"reader": extractor.reader.fingerprint, "backend": "extractive"}
    asked: Asked = "comparison"
    if own is None:
        return Answer(
            "refusal", question.text, question.text, 0.0,
            message=REFUSAL, passages=tuple(passages), model=model, asked=asked,
        )  # fmt: skip
    confidence = extractor.calibration.confidence(own)
    citation = Citation(1, own.passage, own.start, own.end, (own.span,))
    return Answer(
        kind="answer",
        question=question.text,
        standalone_question=question.text,
        confidence=confidence,
        short_answer=own.answer,
        statements=(Statement(citation.quote, (1,), confidence, "quoted", "side"),),
        citations=(citation,),
        passages=tuple(passages),
        caveat=extractor.calibration.caveat(question, own.passage.chunk.text),
        model=model,
        asked=asked,
    )


def _layers(own: Evidence) -> Iterator[Words]:
    """The words of the sentence, of the headings above it, and of its document's name and edition."""
    yield stems(own.as_read)
    yield stems(own.passage.chunk.context)
    yield _of_source(own.passage)


def _of_source(passage: Passage) -> Words:
    """The words of the document's name and title, and its date and version: of "2025-05" the year and "May"."""
    source = passage.source
    return stems(f"{stem_of(source.name)} {passage.chunk.document.title} {_edition_in_words(source)}")


def _edition_in_words(source: Source) -> str:
    year, _, rest = source.date.partition("-")
    month = names_of("en").months
    named = next((name for name, number in month.items() if rest[:2] == f"{number:02}"), "")
    numbers = source.version.split(".")
    return " ".join([year, named, *(".".join(numbers[:count]) for count in range(1, len(numbers) + 1))])
