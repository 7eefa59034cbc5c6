"""Yes or no, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qa.answer import Answer, Citation, Statement, role_of
from qa.check import yes_no
from qa.check.entailment import as_judged
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import block_of
from qa.read.confidence.reasons import reasons_of
from qa.read.evidence import Evidence

# Of a yes/no question so many of the best sentences are asked whether they say yes or no, if they are about as good; a
# later one is said where it is surer by more than this.
DECIDING, SURER = 3, 0.05


@dataclass(frozen=True, slots=True)
class Polar(Proposer):
    """Says yes or no where a sentence decides it.

    The sentence is in the document that ranks first: another one may say the same words of something else.
    """

    def propose(self, found: Found) -> Answer | None:
        entailment = self.reader.entailment
        if found.question.asked != "polar" or entailment is None:
            return None
        best, surest = None, 0.0
        for own in found.evidence[:DECIDING]:
            is_near = own.is_about_as_good_as(found.evidence[0])
            is_first = own.document.id == found.passages[0].document.id
            if not (is_first and is_near and self.reader.calibration.is_sure(own)):
                continue
            decision = yes_no.decide(entailment, found.question.text, as_judged(own.passage, own.start, own.end))
            sure = self._support(own, decision)
            if decision.probability >= yes_no.LEAST and (best is None or sure > surest + SURER):
                best, surest = (own, decision), sure
        return self._said(found, *best) if best else None

    def _support(self, own: Evidence, decision: yes_no.Decision) -> float:
        return min(self.reader.calibration.confidence(own), decision.probability)

    def _said(self, found: Found, own: Evidence, decision: yes_no.Decision) -> Answer:
        support = self._support(own, decision)
        sentence = own.start, own.end
        start, end = block_of(self.reader, own, sentence)
        citation = Citation(1, own.passage, start, end, (sentence,))
        statements = (
            Statement(f"{decision.word}.", (1,), support, "computed"),
            Statement(citation.quote, (1,), support, "quoted", role_of(own.document, start)),
        )
        answer = self.reader.said(
            found.question, found.passages, statements, [citation],
            short=decision.word, read=own.passage, reasons=reasons_of(self.reader.calibration, own, decision),
        )  # fmt: skip
        return replace(answer, model={**answer.model, "verifier": decision.by})
