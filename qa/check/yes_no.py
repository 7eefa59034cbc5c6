"""Does a text say yes or no to a question? Where the entailment model is not sure of either, neither is said.

The model reads the question as it is asked in the place of a claim, as it has learned to (``training.verifier``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qa.check.entailment import Entailment

LEAST = 0.5  # the probability that yes or no needs at least: it is likelier than all else


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, how likely that is what the text says, between 0 and 1, and the fingerprint of the model."""

    word: Literal["Yes", "No"]
    probability: float
    by: str

    @property
    def is_likely(self) -> bool:
        """Whether it is likelier than all else."""
        return self.probability >= LEAST


def decide(entailment: Entailment, question: str, texts: Sequence[str]) -> list[Decision]:
    """The likelier of yes and no to the question, as each of the texts tells."""
    return [
        Decision(
            "Yes" if said.supported >= said.contradicted else "No",
            max(said.supported, said.contradicted),
            entailment.fingerprint,
        )
        for said in entailment.judge([(question, text) for text in texts])
    ]
