"""The sentence that itself names the things asked for: "There are two boats: Heron and Otter"."""

from __future__ import annotations

from dataclasses import dataclass

from qa.answer import Answer
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import answer_of, of_sentences
from qa.read.compute.compute import states_list


@dataclass(frozen=True, slots=True)
class StatedList(Proposer):
    """Says the sentence that itself names the things asked for."""

    def propose(self, found: Found) -> Answer | None:
        best = found.best
        if best is None or not states_list(found.question, best):
            return None
        return answer_of(self.reader, found, of_sentences([best], found.passages))
