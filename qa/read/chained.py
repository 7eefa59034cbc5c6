"""Two facts that only together answer a question: the sentence that says of whom it is, and the one that says what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.answer import Answer, Citation, Statement, role_of
from qa.read.combine import united
from qa.read.evidence import Evidence
from qa.read.extractor import Extractor
from qa.read.tables.words import stems
from qa.understand.question import Question

LEAST = 0.5  # the confidence that is asked for in each of both
LONGEST = 6  # words of what is put in the place of a description


@dataclass(frozen=True, slots=True)
class Link:
    """The best sentence for one of two questions, and the ranked passages that it was read in."""

    evidence: Evidence
    passages: Sequence[Passage]


def link(question: Question, passages: Sequence[Passage], extractor: Extractor, bridge: str = "") -> Link | None:
    """The best sentence that is sure and speaks of ``bridge``; None where there is none."""
    for own in extractor.read(question, passages):
        if extractor.calibration.confidence(own) >= LEAST and stems(bridge) <= stems(own.as_read):
            return Link(own, passages)
    return None


def bridge_of(first: Link) -> str | None:
    """What the first question is answered with, in a few words; None where that names nothing."""
    answer = " ".join(first.evidence.answer.split()).strip("`*_|.,;: ")
    return answer if stems(answer) and len(answer.split()) <= LONGEST else None


def chained(question: Question, links: tuple[Link, Link], whole: Answer, extractor: Extractor) -> Answer:
    """The second sentence and the first, as sure as the less sure of them.

    It is ``whole``, which the question is answered with as it stands, where that says both, or is surer of another.
    """
    first, second = links
    confidence = min(extractor.calibration.confidence(own.evidence) for own in links)
    said = {(own.passage.chunk.document.id, own.start, own.end) for own in whole.citations}
    one, other = _place(first.evidence), _place(second.evidence)
    if one == other or {one, other} <= said:
        return whole
    if other not in said and whole.answered and whole.confidence > confidence:
        return whole
    cited = [
        Citation(number, own.evidence.passage, own.evidence.start, own.evidence.end, (own.evidence.span,))
        for number, own in enumerate((second, first), start=1)
    ]
    return Answer(
        kind="answer",
        question=question.text,
        standalone_question=question.text,
        confidence=confidence,
        short_answer=second.evidence.answer,
        statements=tuple(
            Statement(own.quote, (own.number,), confidence, "quoted", role_of(own.passage.chunk.document, own.start))
            for own in cited
        ),
        citations=tuple(cited),
        passages=tuple(united([second.passages, first.passages])),
        caveat=extractor.calibration.caveat(question, second.evidence.passage.chunk.text),
        model={"reader": extractor.reader.fingerprint, "backend": "extractive"},
        asked="fact" if question.asked == "keyword" else question.asked,
    )


def surer(answer: Answer, again: Answer, before: Answer) -> Answer:
    """Of two answers to one question the surer; the second, too, where the first only says what was said ``before``."""
    if not again.answered or not answer.answered:
        return again if again.answered else answer
    known = {(own.passage.chunk.document.id, own.start, own.end) for own in before.citations}
    says_more = [
        any((own.passage.chunk.document.id, own.start, own.end) not in known for own in given.citations)
        for given in (answer, again)
    ]
    if says_more == [False, True] and again.confidence >= LEAST:
        return again
    return again if again.confidence > answer.confidence else answer


def _place(own: Evidence) -> tuple[str, int, int]:
    return own.passage.chunk.document.id, own.start, own.end
