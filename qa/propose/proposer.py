"""What a way to answer is, and what it gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.answer import Answer
from qa.read.evidence import Evidence
from qa.read.evidence_reader import EvidenceReader
from qa.understand.question import Question


@dataclass(frozen=True, slots=True)
class Found:
    """A question with its ranked passages, and the sentences that were read in them.

    - ``evidence``: the best first;
    - ``is_sure``: whether the best one's confidence is enough to answer.
    """

    question: Question
    passages: Sequence[Passage]
    evidence: Sequence[Evidence]
    is_sure: bool

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
