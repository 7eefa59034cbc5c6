"""Score an answer by entailment, where the references are whole sentences."""

from __future__ import annotations

from collections.abc import Sequence

from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.metrics.entailed import answer_entailed, are_sentences, claim_recall
from qa.evaluation.metrics.yes_no import are_polar
from qa.evaluation.scoring.gold import Gold
from qa.evaluation.scoring.judges import ComparedJudge

ENTAILED, RECALL = "answer_entailed", "claim_recall"


class EntailmentScorer:
    """Scores an answer; ``judged`` has the verdicts of two judges, where there are two, on each pair that they read."""

    def __init__(self, support: SupportJudge) -> None:
        self._support = support
        self._judged: dict[tuple[str, str], tuple[bool, bool]] = {}

    @property
    def judged(self) -> list[list[bool]]:
        return list(map(list, self._judged.values()))

    def scores(
        self, question: str, answer: str, statements: Sequence[str], gold: Gold, language: str
    ) -> dict[str, float]:
        """``answer_entailed`` and ``claim_recall`` by the best of the references; none where they are no sentences.

        ``answer`` is the short answer or the first statement; the recall is of it and of all ``statements``.
        """
        wanted = gold.answerable and not gold.wanted and gold.answers and not are_polar(gold.answers)
        if not wanted or not all(are_sentences(text, language) for text in gold.answers):
            return {}
        whole = " ".join(dict.fromkeys([answer, *statements]))
        references = list(dict.fromkeys(gold.answers))
        return {
            ENTAILED: float(any(answer_entailed(question, answer, whole, own, self.supports) for own in references)),
            RECALL: max(claim_recall(question, whole, own, self.supports) for own in references),
        }

    def supports(self, statement: str, premise: str) -> bool:
        """The judge's verdict, which is kept where there are two."""
        if isinstance(self._support, ComparedJudge):
            pair = self._support.both(statement, premise)
            if pair:
                self._judged[statement, premise] = pair
        return self._support(statement, premise)
