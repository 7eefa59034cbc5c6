"""Yes or no, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.passage import Passage
from qa.answer import Answer, Citation, Statement, role_of
from qa.check.entailment import as_judged
from qa.check.yes_no import LEAST, Decision, decide
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import block_of
from qa.read.confidence.reasons import reasons_of
from qa.read.evidence import Evidence


def may_decide(evidence: Evidence, passages: Sequence[Passage]) -> bool:
    """Whether it is in the document that ranks first: another one may say the same words of something else."""
    return evidence.document.id == passages[0].document.id


@dataclass(frozen=True, slots=True)
class Polar(Proposer):
    """Says yes or no where the sentence that was read first decides it."""

    def propose(self, found: Found) -> Answer | None:
        entailment, best = self.reader.entailment, next(iter(found.evidence), None)
        if found.question.asked != "polar" or not entailment or not best or not may_decide(best, found.passages):
            return None
        decision = decide(entailment, found.question.text, as_judged(best.passage, best.start, best.end))
        sure, least = self.reader.calibration.of_word(best, decision), self.reader.calibration.decided["threshold"]
        return self._said(found, best, decision, sure) if decision.probability >= LEAST and sure >= least else None

    def _said(self, found: Found, best: Evidence, decision: Decision, sure: float) -> Answer:
        sentence = best.start, best.end
        start, end = block_of(self.reader, best, sentence)
        citation = Citation(1, best.passage, start, end, (sentence,))
        statements = (
            Statement(f"{decision.word}.", (1,), sure, "computed"),
            Statement(citation.quote, (1,), sure, "quoted", role_of(best.document, start)),
        )
        answer = self.reader.said(
            found.question, found.passages, statements, [citation],
            short=decision.word, read=best.passage, reasons=reasons_of(self.reader.calibration, best, decision),
        )  # fmt: skip
        return replace(answer, model={**answer.model, "verifier": decision.by})
