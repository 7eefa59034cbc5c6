"""The blocks that answer, each quoted with all that a reader needs to understand it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from documents.sentences import Range
from qa.answer import Answer, Citation
from qa.answer.notices import differing
from qa.propose.belonging import IN_ORDER, belonging
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import DraftStatement, answer_of, role_among
from qa.read.evidence import Evidence
from qa.read.quotable_block import quotable_block

# A further sentence is quoted when its margin is at most this much below the best sentence's.
NEAR = 3.0


@dataclass(frozen=True, slots=True)
class Blocks(Proposer):
    """Says the block of the best evidence, others of its passage that belong to the answer, and others about as sure.

    What other documents say that differ is said behind them, with a note.
    Explanations and procedures are in the document's order; else the best block comes first.
    """

    def propose(self, found: Found) -> Answer | None:
        best = found.best
        if best is None:
            return None
        told = belonging(self.reader, found, best) or [(best.start, best.end)]
        first = (best.start, best.end)
        ordered = sorted(told, key=lambda place: (found.question.asked not in IN_ORDER and place != first, place))
        drafts = self._drafts(found, best, ordered)
        if len(told) == 1:
            for other in self._further(found, best):
                drafts += self._beside(found, other, drafts)
        differ = [draft for rival in found.rivals for draft in self._beside(found, rival, drafts)]
        drafts += differ
        numbered = (replace(one.citation, number=number) for number, one in enumerate(drafts, start=1))
        drafts = [one._replace(citation=cited) for one, cited in zip(drafts, numbered, strict=True)]
        answer = answer_of(self.reader, found, drafts)
        dates = [one.citation.passage.source.date for one in drafts]
        return replace(answer, note=differing(dates)) if answer and differ else answer

    def _beside(self, found: Found, other: Evidence, drafts: Sequence[DraftStatement]) -> list[DraftStatement]:
        """What is quoted for the other evidence beside the ``drafts``; nothing where one of these quotes it already."""
        is_quoted = any(one.citation.covers(other.document, (other.start, other.end)) for one in drafts)
        return [] if is_quoted else self._drafts(found, other, [(other.start, other.end)])

    def _further(self, found: Found, best: Evidence) -> Sequence[Evidence]:
        """Other sentences about as good, as many as the question asks for, in the order of their documents.

        There are none for a procedure: steps in another passage belong to something else.
        """
        if found.question.asked == "steps":
            return []
        others = found.evidence[1 : found.question.most_sentences]
        near = [
            other for other in others if other.margin >= best.margin - NEAR and self.reader.calibration.is_sure(other)
        ]
        return sorted(near, key=lambda other: (other.document.id, other.start))

    def _drafts(self, found: Found, evidence: Evidence, places: Sequence[Range]) -> list[DraftStatement]:
        """What is quoted for the answering places: those in one block together."""
        drafts: list[DraftStatement] = []
        quotes: list[Range] = []
        for place in places:
            if any(start <= place[0] and place[1] <= end for start, end in quotes):
                continue
            start, end = quote = quotable_block(evidence.document, self.reader.recogniser, place, places)
            quotes.append(quote)
            marks = [one for one in places if start <= one[0] and one[1] <= end]
            spans = tuple(evidence.span if one == (evidence.start, evidence.end) else one for one in marks)
            citation = Citation(0, evidence.passage, start, end, spans)
            drafts.append(DraftStatement(citation, role_among(evidence.passage, start, found.passages), evidence))
        return drafts
