"""Which rivals of the best sentence do not say the same as it does."""

from __future__ import annotations

from collections.abc import Sequence

from qa.check.claims.tokens import contains_words
from qa.check.entailment import as_judged
from qa.check.yes_no import Decision, decide
from qa.read.evidence import Evidence
from qa.read.evidence_reader import EvidenceReader
from qa.understand.question import Question


def differing(reader: EvidenceReader, question: Question, best: Evidence, rivals: Sequence[Evidence]) -> list[Evidence]:
    """The rivals that do not say yes or no as the best sentence does or, elsewhere, lack its words that answer."""
    if not rivals or question.asked != "polar" or reader.entailment is None:
        return [rival for rival in rivals if not contains_words(rival.as_read, best.words)]
    entailment = reader.entailment
    texts = [as_judged(one.passage, one.start, one.end) for one in (best, *rivals)]
    said, *others = decide(entailment, question.text, texts)
    return [rival for rival, other in zip(rivals, others, strict=True) if not _is_same(said, other)]


def _is_same(one: Decision, other: Decision) -> bool:
    return one.word == other.word and one.is_likely and other.is_likely
