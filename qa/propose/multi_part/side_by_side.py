"""Evidence for each of the things compared -> one answer that says them side by side, each cited.

The surest and most alike pair of sentences wins, one of each side (``comparison``): two rows of one table, or what two
editions of a work say of the same. Where one side is not found, the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from index.passage import Passage
from qa.answer import Answer, Citation, Statement
from qa.answer.cell_units import cell_text
from qa.propose.multi_part.chained import places
from qa.propose.multi_part.combine import combined, united
from qa.propose.multi_part.comparison import ComparisonSide, families, in_order, of_source
from qa.read.confidence.reasons import reasons_of
from qa.read.evidence import Evidence
from qa.read.evidence_reader import EvidenceReader
from qa.read.tables.words import stems
from qa.understand.question import Question

CONSIDERED = 8  # sentences of each side that are paired
# What two rows of one table or two editions of one work are worth over unrelated sentences (logits of the reranker).
PARALLEL = 8.0
# The least confidence in each side; in two whose likeness exceeds SAME; and in two that can be compared: rows of one
# table whose headings the sides name, or sentences of two editions with all words asked for.
LEAST, LEAST_OF_PARALLEL, SAME, LEAST_OF_COMPARABLE = 0.5, 0.3, 0.6, 0.2
# One side alone needs more than this share of the words asked for, and this confidence.
COVERED, LEAST_ALONE = 0.5, 0.8


def side_by_side(
    question: Question,
    beside: Sequence[tuple[ComparisonSide, Sequence[Passage]]],
    whole: Answer,
    extractor: EvidenceReader,
) -> Answer:
    """The answer from the ranked passages of two sides; the part of a side that is not found is a refusal.

    Returns ``whole``, the answer to the question as it stands, if no side is found, if one of its sentences holds both,
    or if it is surer than what is found of one side alone.
    """
    sides, passages = (beside[0][0], beside[1][0]), [ranked for _, ranked in beside]
    works = families(sides, passages)
    found = [_found(side, ranked, works, extractor) for side, ranked in beside]
    one, other = _chosen(sides, found[0], found[1], extractor)
    if one and other and one.where == other.where:
        return whole if one.where in places(whole) else _said(question, one, united(passages), extractor)
    if _tells_both(whole, sides):
        return whole
    parts = [_said(question, best, ranked, extractor) for best, ranked in zip((one, other), passages, strict=True)]
    if one and other:
        return combined([side.side.name for side in sides], parts)
    half = next((part for part in parts if part.answered), None)
    if half is None or question.asked != "comparison" or _is_better(whole, half):
        return whole
    return combined([side.side.name for side in sides], parts)


def _tells_both(whole: Answer, sides: tuple[ComparisonSide, ComparisonSide]) -> bool:
    """Whether the answer names both sides, and the question does not say in what they are compared."""
    named = stems(whole.text) if whole.answered else frozenset[str]()
    return all(not side.respect and side.words <= named for side in sides)


def _is_better(whole: Answer, half: Answer) -> bool:
    """Whether the answer to the whole question is surer than the one to one side, and cites other places."""
    same = places(whole) <= places(half)
    return whole.answered and not same and whole.confidence >= half.confidence


def _found(
    side: ComparisonSide, passages: Sequence[Passage], works: frozenset[str], extractor: EvidenceReader
) -> list[Evidence]:
    """The sentences that may answer for the side, best first, also from its edition of a shared work."""
    editions = [passage for passage in passages if passage.source.family in works and side.is_edition(passage)]
    read = [evidence for ranked in (passages, editions) if ranked for evidence in extractor.read(side.question, ranked)]
    distinct = {evidence.where: _in_edition(evidence) for evidence in read if not _is_heading(evidence)}
    owned = [
        one
        for one in distinct.values()
        if side.owns(one) and (side.coverage(one) > 0 or _is_row_named(side, one)) and not side.is_other_row(one)
    ]
    return sorted(owned, key=lambda evidence: (bool(evidence.mistaken), -evidence.order))[:CONSIDERED]


def _is_heading(evidence: Evidence) -> bool:
    """Whether the evidence is a heading row of a table."""
    if evidence.row is None:
        return False
    grid, row = evidence.row
    return not grid.is_data(row)


def _chosen(
    sides: tuple[ComparisonSide, ComparisonSide],
    first: Sequence[Evidence],
    second: Sequence[Evidence],
    extractor: EvidenceReader,
) -> tuple[Evidence | None, Evidence | None]:
    """The best sentence of each side, parallel ones preferred; None for a side without a sure sentence."""
    confidence = extractor.calibration.confidence

    def merit(pair: tuple[Evidence, Evidence]) -> float:
        return pair[0].order + pair[1].order + PARALLEL * _likeness(*pair)

    def is_sure(pair: tuple[Evidence, Evidence]) -> bool:
        sure = min(map(confidence, pair))
        if sure >= (LEAST_OF_PARALLEL if _likeness(*pair) > SAME else LEAST):
            return True
        if sure < LEAST_OF_COMPARABLE:
            return False
        are_named = _likeness(*pair) == 1 and all(map(_is_row_named, sides, pair))
        return are_named or _say_all(sides, pair)

    def fits(pair: tuple[Evidence, Evidence]) -> bool:
        apart = pair[0].where != pair[1].where
        return in_order(sides, *pair) if apart else all(side.is_in(pair[0]) for side in sides)

    pairs = [pair for pair in product(first, second) if fits(pair) and is_sure(pair)]
    if pairs:
        return max(pairs, key=merit)
    one, other = (
        next((read for read in found if confidence(read) >= LEAST_ALONE and side.coverage(read) > COVERED), None)
        for side, found in zip(sides, (first, second), strict=True)
    )
    return one, other


def _say_all(sides: tuple[ComparisonSide, ComparisonSide], pair: tuple[Evidence, Evidence]) -> bool:
    """Whether they are from two editions of a work, and each has all that is asked for."""
    are_editions = pair[0].document.id != pair[1].document.id and _likeness(*pair) > 0
    return are_editions and all(side.is_answered(evidence) for side, evidence in zip(sides, pair, strict=True))


def _is_row_named(side: ComparisonSide, evidence: Evidence) -> bool:
    """Whether the evidence is a row whose heading has all words of the side."""
    if evidence.row is None:
        return False
    grid, row = evidence.row
    headings = grid.row_headings(row)
    return side.words <= stems(" ".join(cell_text(grid, cell) for cell in headings))


def _in_edition(evidence: Evidence) -> Evidence:
    """The evidence, with the year or version of its document no longer counted as absent."""
    known = of_source(evidence.passage)

    def left(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if not stems(name) <= known)

    return replace(evidence, absent=left(evidence.absent), mistaken=left(evidence.mistaken))


def _likeness(one: Evidence, other: Evidence) -> float:
    """How parallel they are: 1 in one table, .5 to 1 in two editions of a work by the words they share, else 0."""
    if one.document.id == other.document.id:
        return float(one.table is not None and one.table == other.table)
    family = one.passage.source.family
    if not family or family != other.passage.source.family:
        return 0.0
    first, second = stems(one.as_read), stems(other.as_read)
    return 0.5 + 0.5 * len(first & second) / max(1, len(first | second))


def _said(
    question: Question,
    evidence: Evidence | None,
    passages: Sequence[Passage],
    extractor: EvidenceReader,
) -> Answer:
    """What one side says, or a refusal."""
    if evidence is None:
        return replace(extractor.refusal(question, passages, ()), asked="comparison")
    citation = Citation(1, evidence.passage, evidence.start, evidence.end, (evidence.span,))
    statement = Statement(citation.quote, (1,), extractor.calibration.confidence(evidence), "quoted", "side")
    answer = extractor.said(
        question, passages, [statement], [citation],
        short=evidence.short, read=evidence.passage, reasons=reasons_of(extractor.calibration, evidence),
    )  # fmt: skip
    return replace(answer, asked="comparison")
