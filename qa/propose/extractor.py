"""The extractive backend: passages -> an answer of sentences quoted from the documents.

The first of ``WAYS`` that has an answer gives it; where none has, it is a refusal. Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.answer import Answer, Citation
from qa.answer.notices import REFUSAL
from qa.propose.belonging import Procedure
from qa.propose.block import WholeBlock
from qa.propose.blocks import Blocks
from qa.propose.counted import Counted
from qa.propose.listed import AllNamed, RowsNamed
from qa.propose.polar import Polar
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import block_of
from qa.read.compute.compute import states_extreme, states_number
from qa.read.confidence.reasons import refused
from qa.read.evidence import Evidence, among_passages
from qa.read.evidence_reader import EvidenceReader, asked_as
from qa.read.newest import newest_first
from qa.understand.question import Question

# The ways to answer from passages, in the order in which they are tried.
WAYS: Sequence[type[Proposer]] = (Counted, AllNamed, RowsNamed, Polar, WholeBlock, Procedure, Blocks)

# A sentence that states a number comes before one that is surer by at most this: "None of them" is an answer too.
STATED = 0.1


@dataclass(frozen=True, slots=True)
class Extractor(EvidenceReader):
    """Answers by quoting passages; ``without`` names the ways that are not tried."""

    without: frozenset[str] = frozenset()

    @property
    def proposers(self) -> Sequence[Proposer]:
        """The ways to answer that are tried, in order."""
        return [way(self) for way in WAYS if way.__name__ not in self.without]

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        """A cited answer from ``passages``, or a refusal that offers them."""
        found = self._found(question, passages)
        told = next(filter(None, (way.propose(found) for way in self.proposers)), None)
        return told or self._refusal(found)

    def _found(self, question: Question, passages: Sequence[Passage]) -> Found:
        """The question with its evidence, the newest that answers first."""
        calibration = self.calibration
        evidence = among_passages(newest_first(question, self.read(question, passages), calibration), passages)
        stated = self._stated(question, evidence)
        if stated and calibration.confidence(stated) >= calibration.confidence(evidence[0]) - STATED:
            evidence = [stated, *(one for one in evidence if one is not stated)]
        is_sure = bool(evidence) and calibration.is_sure(evidence[0])
        return Found(question, passages, evidence, is_sure, stated is not None)

    def _stated(self, question: Question, evidence: Sequence[Evidence]) -> Evidence | None:
        """The best sentence that itself states the number or the extreme asked for; None if none does."""
        states = (states_number, states_extreme)
        sure = (sentence for sentence in evidence if self.calibration.is_sure(sentence))
        return next((sentence for sentence in sure if any(by(question, sentence) for by in states)), None)

    def _refusal(self, found: Found) -> Answer:
        """A refusal: no sentence is sure enough. It says how sure the best one is."""
        question, calibration = found.question, self.calibration
        best = next(iter(found.evidence), None)
        block = block_of(self, best, (best.start, best.end)) if best else None
        return Answer(
            "refusal", question.text, question.text, calibration.confidence(best) if best else 0.0,
            message=REFUSAL, passages=tuple(found.passages),
            caveat=calibration.caveat(question, best.passage.chunk.text if best else ""),
            model=self.model, asked=asked_as(question), reasons=refused(calibration, found.evidence),
            nearest=Citation(1, best.passage, *block, (best.span,)) if best and block else None,
        )  # fmt: skip
