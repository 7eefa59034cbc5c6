"""The extractive backend: passages -> an answer of sentences quoted from the documents.

The first of ``WAYS`` that has an answer gives it; where none has, it is a refusal. Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.answer import Answer
from qa.propose.block import WholeBlock
from qa.propose.blocks import Blocks
from qa.propose.counted import Counted
from qa.propose.differing import differing
from qa.propose.listed import RowsNamed
from qa.propose.polar import Polar
from qa.propose.proposer import Found, Proposer
from qa.read.evidence import among_passages
from qa.read.evidence_reader import EvidenceReader
from qa.read.newest import newest_first
from qa.read.rivals import Rivals
from qa.understand.question import Question

# The ways to answer from passages, in the order in which they are tried.
WAYS: Sequence[type[Proposer]] = (Counted, RowsNamed, Polar, WholeBlock, Blocks)


@dataclass(frozen=True, slots=True)
class Extractor(EvidenceReader):
    """Answers by quoting passages; ``without`` names the ways that are not tried.

    ``rivals`` finds what other documents say in the place of the best sentence; without it, only that one is said.
    """

    rivals: Rivals | None = None
    without: frozenset[str] = frozenset()

    @property
    def proposers(self) -> Sequence[Proposer]:
        """The ways to answer that are tried, in order."""
        return [way(self) for way in WAYS if way.__name__ not in self.without]

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        """A cited answer from ``passages``, or a refusal that offers them."""
        found = self._found(question, passages)
        told = next(filter(None, (way.propose(found) for way in self.proposers)), None)
        return told or self.refusal(found.question, found.passages, found.evidence)

    def _found(self, question: Question, passages: Sequence[Passage]) -> Found:
        """The question with its evidence, the newest that answers first."""
        calibration = self.calibration
        evidence = newest_first(question, self.read(question, passages), calibration)
        rivals = self.rivals.of(evidence) if self.rivals else []
        evidence = among_passages(evidence, passages, rivals)
        if not evidence or not calibration.is_sure(evidence[0]):
            return Found(question, passages, evidence, is_sure=False)
        rivals = [one for rival in rivals for one in evidence if one.is_at(rival)]
        found = Found(question, passages, evidence, True, differing(self, question, evidence[0], rivals))
        return found.with_newest_first(calibration)
