"""Single sentences: the best one, and others that answer nearly as well."""

from __future__ import annotations

from dataclasses import dataclass

from qa.answer import Answer
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import answer_of, of_sentences
from qa.read.compute.compute import states_list

# A further sentence is quoted when its margin is at most this much below the best sentence's.
NEAR = 3.0


@dataclass(frozen=True, slots=True)
class StatedList(Proposer):
    """Says the sentence that itself names the things asked for."""

    def propose(self, found: Found) -> Answer | None:
        best = found.best
        if best is None or not states_list(found.question, best):
            return None
        return answer_of(self.reader, found, of_sentences([best], found.passages))


@dataclass(frozen=True, slots=True)
class Sentences(Proposer):
    """Says the best sentence, then others with nearly its margin, as many as the question asks for.

    The others are in the order of their documents.
    """

    def propose(self, found: Found) -> Answer | None:
        if found.best is None:
            return None
        best, *others = found.evidence[: found.question.most_sentences]
        near = (own for own in others if own.margin >= best.margin - NEAR)
        further = sorted(filter(self.reader.calibration.is_sure, near), key=lambda own: (own.document.id, own.start))
        return answer_of(self.reader, found, of_sentences([best, *further], found.passages))
