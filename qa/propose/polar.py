"""Yes or no, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.answer import Answer, Citation, Statement, role_of
from qa.check.entailment import Entailment, as_judged
from qa.check.yes_no import Decision, decide
from qa.propose.proposer import Found, Proposer
from qa.read.confidence.calibration import log_odds_of
from qa.read.confidence.reasons import reasons_of
from qa.read.evidence import Evidence
from qa.read.quotable_block import quotable_block
from qa.understand.question import Question

# Of so many of the best sentences one may decide; how much its order counts beside the log-odds of the word. Chosen by
# ``python -m benchmarks.polar``.
AMONG, ORDER = 3, 0.6


def deciding(
    entailment: Entailment, question: Question, evidence: Sequence[Evidence]
) -> tuple[Evidence, Decision] | None:
    """The sentence that says yes or no most surely, of the best that are in the document of the first.

    Another document may say the same words of something else.
    """
    among = [one for one in evidence[:AMONG] if one.document.id == evidence[0].document.id]
    decided = decide(entailment, question.text, [as_judged(one.passage, one.start, one.end) for one in among])
    return max(
        zip(among, decided, strict=True),
        key=lambda own: ORDER * own[0].order + log_odds_of(own[1].probability),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Polar(Proposer):
    """Says yes or no where one of the sentences that were read first decides it, and no other document differs."""

    def propose(self, found: Found) -> Answer | None:
        entailment = self.reader.entailment
        if found.question.asked != "polar" or not entailment or found.rivals:
            return None
        decided = deciding(entailment, found.question, found.evidence)
        if decided is None:
            return None
        best, decision = decided
        sure, least = self.reader.calibration.of_word(best, decision), self.reader.calibration.decided["threshold"]
        return self._said(found, best, decision, sure) if decision.is_likely and sure >= least else None

    def _said(self, found: Found, best: Evidence, decision: Decision, sure: float) -> Answer:
        sentence = best.start, best.end
        start, end = quotable_block(best.document, self.reader.recogniser, sentence)
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
