"""The names of the metrics, in the order in which they are listed; others follow by name."""

from __future__ import annotations

TRUTHFULNESS = "truthfulness"
ORDER = (
    "right", TRUTHFULNESS, "partly", "wrong", "refused",
    "EM", "F1", "HasAns_EM", "HasAns_F1", "NoAns_EM", "NoAns_F1", "EM_forced", "F1_forced", "answered",
    "V_strict", "V", "A_strict", "A", "W",
    "answer_in_statement", "answer_entailed", "claim_recall", "answers_said",
    "hit@1", "hit@5", "found@1", "found@3", "found@5", "found@15", "evidence_read", "evidence_cited",
    "citation_precision", "citation_recall",
    "document_precision", "document_recall", "document_F1",
    "character_precision", "character_recall", "word_precision", "word_recall", "word_F1", "sentence_precision",
    "sentence_recall", "sentence_F1", "span_precision", "span_recall", "span_F1", "citations_hold",
    "answer_citation_recall", "refusal_precision", "refusal_recall",
    "nDCG@10", "Recall@5", "Recall@10", "Recall@100", "P@1", "MRR@10", "MAP",
)  # fmt: skip


def least(name: str) -> float:
    """The least value that a metric may have for a question; the greatest is always 1."""
    return -1.0 if name == TRUTHFULNESS else 0.0


def rank(name: str) -> tuple[int, str]:
    """Where a metric is listed, as a key to sort by."""
    return (ORDER.index(name), name) if name in ORDER else (len(ORDER), name)
