"""Does a text say yes or no to a question? Where the entailment model is not sure of either, neither is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qa.check.entailment import Entailment, answered

Word = Literal["Yes", "No"]
WORDS: tuple[Word, Word] = ("Yes", "No")
LEAST = 0.8  # probability from which yes or no is said


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, how likely that is what the text says, between 0 and 1, and the fingerprint of the model."""

    word: Word
    probability: float
    by: str


def decide(entailment: Entailment, question: str, text: str) -> Decision:
    """The likelier of yes and no; the text must bear out the one as much as it speaks against the other."""
    yes, no = (entailment.judge(answered(question, word), [text])[0] for word in WORDS)
    for_yes, for_no = (yes.supported + no.contradicted) / 2, (no.supported + yes.contradicted) / 2
    word = WORDS[for_no > for_yes]
    return Decision(word, max(for_yes, for_no), entailment.fingerprint)
