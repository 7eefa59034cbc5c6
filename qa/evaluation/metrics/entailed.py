"""Answers against references that are whole sentences, by entailment.

Exact match and F1 compare words: a short answer that is right, or a right one in other words, counts little beside a
reference of one or more sentences. Here a judge reads both.
"""

from __future__ import annotations

import re

from documents.sentences import sentences
from qa.check.entailment import answered
from qa.evaluation.metrics.answers import normalise_answer
from qa.evaluation.metrics.citations import SupportJudge

ENDED, UNENDED = 3, 8  # words from which a text counts as sentences: with, and without a sentence's end
_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*\Z")


def are_sentences(text: str, language: str = "en") -> bool:
    """Whether a reference is whole sentences: it ends like one and has three words, or it has eight."""
    words = len(normalise_answer(text, language).split())
    return words >= (ENDED if _END.search(text) else UNENDED)


def claim_recall(question: str, said: str, reference: str, support: SupportJudge) -> float:
    """The share of the reference's sentences that what is said, read as an answer to the question, supports.

    Claim recall of ALCE (Gao et al. 2023), and the recall of ragas' factual correctness, with sentences as claims. 0.0
    where nothing is said.

    Raises:
        ValueError: the reference has no sentence.
    """
    claims = [reference[start:end] for start, end in sentences(reference)]
    if not claims:
        raise ValueError("a reference without sentences has no claims: leave the question out")
    if not said.strip():
        return 0.0
    premise = answered(question, said)
    return sum(support(claim, premise) for claim in claims) / len(claims)


def answer_entailed(question: str, answer: str, said: str, reference: str, support: SupportJudge) -> bool:
    """Whether answer and reference agree: the reference supports the answer, or what is said supports all of the
    reference.

    The answer is judged together with its question ("What is the fee? 45 pounds."), so that a few words are a claim,
    and words of the reference that answer another question are none. False where nothing is said.
    """
    if not answer.strip():
        return False
    return support(answered(question, answer), reference) or claim_recall(question, said, reference, support) == 1
