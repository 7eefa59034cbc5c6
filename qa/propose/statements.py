"""What is said of evidence: citations with their roles -> an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from index.passage import Passage
from qa.answer import Answer, Citation, Role, Statement, role_of
from qa.propose.proposer import Found
from qa.read.confidence.reasons import reasons_of
from qa.read.evidence import Evidence
from qa.read.evidence_reader import EvidenceReader
from qa.read.lines import Line
from qa.read.newest import is_outdated


class DraftStatement(NamedTuple):
    """A statement to make: the citation that it quotes, its role, and the evidence that gives its confidence."""

    citation: Citation
    role: Role
    found_by: Evidence


def answer_of(reader: EvidenceReader, found: Found, drafts: Sequence[DraftStatement]) -> Answer | None:
    """The answer of all drafts, as sure as the first; None without drafts."""
    if not drafts:
        return None
    confidence = reader.calibration.confidence
    return reader.said(
        found.question,
        found.passages,
        [
            Statement(draft.citation.quote, (draft.citation.number,), confidence(draft.found_by), "quoted", draft.role)
            for draft in drafts
        ],
        [draft.citation for draft in drafts],
        short=next((draft.found_by.short for draft in drafts if draft.citation.spans), None),
        read=found.evidence[0].passage,
        reasons=reasons_of(reader.calibration, drafts[0].found_by),
    )


def of_lines(reader: EvidenceReader, evidence: Evidence, every: Sequence[Line]) -> list[DraftStatement]:
    """A draft of each line that is no injected instruction, with the confidence of the evidence."""
    free = set(reader.recogniser.free(evidence.document.text, [(line.start, line.end) for line in every]))
    lines = [line for line in every if (line.start, line.end) in free]
    return [
        DraftStatement(Citation(number, evidence.passage, line.start, line.end), line.role, evidence)
        for number, line in enumerate(lines, start=1)
    ]


def role_among(passage: Passage, start: int, passages: Sequence[Passage]) -> Role:
    """The role of the sentence at ``start``; "older" for an answer from an older edition than another passage's."""
    role = role_of(passage.document, start)
    return "older" if role == "answer" and is_outdated(passage.source, passages) else role
