"""Does a text say yes or no to a question? Where the entailment model is not sure of either, neither is said.

The model is asked twice, of the claim that a yes makes and of its denial, which a no makes: it takes much that is only
said, planned or true of somebody else for a yes, but less of it also for a contradiction of the no. A text that has the
very words of the question among others can still deceive it both times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from qa.check.entailment import Entailment

# The probability from which yes or no is said: of 39 visitors' and 96 everyday questions none is then said falsely.
LEAST = 0.8


class Claims(NamedTuple):
    """What a yes to a question claims, and what a no does."""

    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, how likely that is what the text says, between 0 and 1, and the fingerprint of the model."""

    word: Literal["Yes", "No"]
    probability: float
    by: str


def decide(entailment: Entailment, claims: Claims, text: str) -> Decision:
    """The likelier of yes and no, as likely as the less likely of: one claim is borne out, the other contradicted."""
    (claim,), (denial,) = (entailment.judge(own, [text]) for own in claims)
    yes = min(claim.supported, denial.contradicted)
    no = min(claim.contradicted, denial.supported)
    return Decision("Yes", yes, entailment.fingerprint) if yes >= no else Decision("No", no, entailment.fingerprint)
