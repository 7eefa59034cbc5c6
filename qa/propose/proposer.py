"""What a way to answer is, and what it gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.families import is_newer
from index.passage import Passage
from qa.answer import Answer
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import Evidence
from qa.read.evidence_reader import EvidenceReader
from qa.read.newest import in_force
from qa.understand.question import Question


@dataclass(frozen=True, slots=True)
class Found:
    """A question with its ranked passages, and the sentences that were read in them.

    - ``evidence``: the best first;
    - ``is_sure``: whether the best one's confidence is enough to answer;
    - ``rivals``: sentences of other documents that answer as well, and say something else than the best.
    """

    question: Question
    passages: Sequence[Passage]
    evidence: Sequence[Evidence]
    is_sure: bool
    rivals: Sequence[Evidence] = ()

    def with_newest_first(self, calibration: Calibration) -> Found:
        """The same, beginning with what holds now where documents differ, if that is sure enough.

        Earlier editions of the first one's work are no rivals, unless something is compared.
        """
        if not self.rivals:
            return self
        best = self.evidence[0]
        newest = in_force(self.question, best, self.rivals)
        first = newest if calibration.is_sure(newest) else best
        evidence = [first, *(one for one in self.evidence if one is not first)]
        differ = [one for one in (best, *self.rivals) if one is not first]
        if self.question.asked != "comparison":
            differ = [one for one in differ if not is_newer(first.passage.source, one.passage.source)]
        return replace(self, evidence=evidence, rivals=differ)

    @property
    def best(self) -> Evidence | None:
        """The best of the evidence, if its confidence is enough to answer."""
        return self.evidence[0] if self.is_sure else None

    @property
    def said(self) -> Evidence | None:
        """The best of the evidence, if that is enough and it is a sentence in prose: no row and no field."""
        return self.best if self.best and not self.best.is_entry else None


@dataclass(frozen=True, slots=True)
class Proposer(ABC):
    """One way to answer, named by its class; ``reader`` has read the evidence."""

    reader: EvidenceReader

    @abstractmethod
    def propose(self, found: Found) -> Answer | None:
        """The answer; None if the question does not ask for this way, or what was found does not give it."""
