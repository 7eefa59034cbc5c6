"""Evidence -> the probability that it answers the question.

A logistic regression over three signals, each allowed to act in one direction only, so that better evidence never
lowers the confidence; then a discount where the question names something that the passage does not. All of it is data
(``calibration.json``), fitted by ``training/calibrate.py`` on questions asked against many documents, half of which do
not hold an answer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from qa.evidence import Evidence

# Beyond these a logit says no more: the reader is sure.
_CLIP = 8.0


def features(evidence: Evidence) -> dict[str, float]:
    """The signals that are weighed, each the larger the better."""
    return {
        "relevance": max(-_CLIP, min(_CLIP, evidence.relevance)),
        "lead": max(-_CLIP, min(_CLIP, evidence.lead)),
        "similarity": evidence.similarity,
    }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic regression over ``features``; an answer is given from ``threshold`` on.

    ``absent_discount`` multiplies the probability where a name or number of the question is absent.
    """

    weights: Mapping[str, float]
    bias: float
    absent_discount: float
    threshold: float

    @classmethod
    def load(cls) -> Calibration:
        """The shipped calibration."""
        data = json.loads((files("qa") / "calibration.json").read_text("utf-8"))
        return cls(data["weights"], data["bias"], data["absent_discount"], data["threshold"])

    def confidence(self, evidence: Evidence) -> float:
        """Probability, between 0 and 1, that the evidence answers the question."""
        signals = features(evidence)
        logit = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        probability = 1 / (1 + math.exp(-logit))
        return probability * self.absent_discount if evidence.absent else probability
