"""Does a text say yes or no to a question? Where the entailment model is not sure of either, neither is said.

What is judged is the claim that yes would make (``qa.understand.question.claimed``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qa.check.entailment import Entailment

LEAST = 0.6  # probability from which yes or no is said: tuned on two corpora of visitors' questions


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, how likely that is what the text says, between 0 and 1, and the fingerprint of the model."""

    word: Literal["Yes", "No"]
    probability: float
    by: str


def decide(entailment: Entailment, claim: str, text: str) -> Decision:
    """The likelier of yes, where the text bears the claim out, and no, where it contradicts it."""
    (judged,) = entailment.judge(claim, [text])
    if judged.supported >= judged.contradicted:
        return Decision("Yes", judged.supported, entailment.fingerprint)
    return Decision("No", judged.contradicted, entailment.fingerprint)
