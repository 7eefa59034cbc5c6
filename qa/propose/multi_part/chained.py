"""Two facts that only together answer a question: the sentence that says of whom it is, and the one that says what."""

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

LEAST = 0.5  # the confidence that is asked for in each of both
LONGEST = 6  # words of what is put in the place of a description


@dataclass(frozen=True, slots=True)
class Link:
    """The best sentence for one of two questions, and the ranked passages that it was read in."""

    evidence: Evidence
    passages: Sequence[Passage]


def link(
    question: Question,
    passages: Sequence[Passage],
    extractor: EvidenceReader,
    bridge: str = "",
    known: Collection[Where] = (),
) -> Link | None:
    """The best sentence that is sure, is none of those ``known`` and speaks of ``bridge``; None where there is none."""
    asked_of = stems(bridge)
    for evidence in extractor.read(question, passages):
        is_of_it = not asked_of or asked_of & stems(evidence.as_read)
        if is_of_it and evidence.where not in known and extractor.calibration.confidence(evidence) >= LEAST:
            return Link(evidence, passages)
    return None


def bridge_of(first: Link) -> str | None:
    """What the first question is answered with, in a few words; None where that names nothing."""
    answer = " ".join(first.evidence.answer.split()).strip("`*_|.,;: ")
    return answer if stems(answer) and len(answer.split()) <= LONGEST else None


def chained(question: Question, links: tuple[Link, Link], whole: Answer, extractor: EvidenceReader) -> Answer:
    """The answer that quotes both links, with the lower of their confidences.

    ``whole``, the answer to the question as it stands, is given instead where it quotes both sentences itself, or is
    surer and does not quote the second.
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
    """The sentences of the links in their order, each as sure as the least sure of them."""
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
    """Where the sentences stand that the answer cites."""
    return frozenset(citation.where for citation in answer.citations)


def surer(answer: Answer, again: Answer | None, before: Answer) -> Answer:
    """Of two answers to one question the surer; the other, where one begins with what was said ``before``."""
    if again is None:
        return answer
    known = places(before)
    is_old, is_old_too = (not one.citations or one.citations[0].where in known for one in (answer, again))
    is_better = is_old or again.confidence > answer.confidence
    return again if is_better and not is_old_too else answer
