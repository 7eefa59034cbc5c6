"""Two facts that answer a question only together: one sentence says who is meant, the other what is asked of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.answer import Answer, Citation, Statement, role_of
from qa.answer.extract import Where
from qa.propose.multi_part.combine import united
from qa.read.confidence.reasons import OF_TWO, reasons_of
from qa.read.evidence import Evidence
from qa.read.evidence_reader import EvidenceReader
from qa.read.tables.words import stems
from qa.understand.question import Question

LEAST = 0.5  # the least confidence in each of the two
LONGEST = 6  # words that may replace a description


@dataclass(frozen=True, slots=True)
class Link:
    """The best sentence for one of the two questions, and the ranked passages that it was read in."""

    evidence: Evidence
    passages: Sequence[Passage]


def link(
    question: Question,
    passages: Sequence[Passage],
    extractor: EvidenceReader,
    bridge: str = "",
    known: Collection[Where] = (),
) -> Link | None:
    """The best sure sentence that mentions ``bridge`` and is not ``known``; None if there is none."""
    asked_of = stems(bridge)
    for evidence in extractor.read(question, passages):
        is_of_it = not asked_of or asked_of & stems(evidence.as_read)
        if is_of_it and evidence.where not in known and extractor.calibration.confidence(evidence) >= LEAST:
            return Link(evidence, passages)
    return None


def bridge_of(first: Link) -> str | None:
    """The answer to the first question in a few words; None if it names nothing."""
    answer = " ".join(first.evidence.answer.split()).strip("`*_|.,;: ")
    return answer if stems(answer) and len(answer.split()) <= LONGEST else None


def chained(question: Question, links: tuple[Link, Link], whole: Answer, extractor: EvidenceReader) -> Answer:
    """The answer that quotes both links, with the lower of their confidences.

    Returns ``whole``, the answer to the question as it stands, if that quotes both sentences itself, or is surer and
    does not quote the second.
    """
    first, second = links
    confidence = min(extractor.calibration.confidence(each.evidence) for each in links)
    said = places(whole)
    one, other = first.evidence.where, second.evidence.where
    if one == other or {one, other} <= said:
        return whole
    if other not in said and whole.answered and whole.confidence > confidence:
        return whole
    return quoted(question, (second, first), extractor)


def quoted(question: Question, links: Sequence[Link], extractor: EvidenceReader) -> Answer:
    """The sentences of the links in order, each with the lowest of their confidences."""
    weakest = min((each.evidence for each in links), key=extractor.calibration.confidence)
    cited = [
        Citation(number, each.evidence.passage, each.evidence.start, each.evidence.end, (each.evidence.span,))
        for number, each in enumerate(links, start=1)
    ]
    confidence = extractor.calibration.confidence(weakest)
    statements = [
        Statement(one.quote, (one.number,), confidence, "quoted", role_of(one.document, one.start)) for one in cited
    ]
    reasons = (*reasons_of(extractor.calibration, weakest), *([OF_TWO] if len(links) > 1 else []))
    best, passages = links[0].evidence, united(each.passages for each in links)
    return extractor.said(question, passages, statements, cited, short=best.short, read=best.passage, reasons=reasons)


def places(answer: Answer) -> frozenset[Where]:
    """The places that the answer cites."""
    return frozenset(citation.where for citation in answer.citations)


def surer(answer: Answer, again: Answer | None, before: Answer) -> Answer:
    """The surer of two answers to one question, or the other if that one begins with what was said ``before``."""
    if again is None:
        return answer
    known = places(before)
    is_old, is_old_too = (not one.citations or one.citations[0].where in known for one in (answer, again))
    is_better = is_old or again.confidence > answer.confidence
    return again if is_better and not is_old_too else answer
