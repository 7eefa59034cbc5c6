"""Evidence -> the probability that it answers the question.

A logistic regression over the signals below, each allowed to act in one direction only, so that better evidence never
lowers the confidence; then a discount where the question names something that the passage does not. All of it is data
(``calibration.json``), fitted by ``training/calibrate.py`` on questions asked against many documents, half of which do
not hold an answer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

from documents.language import detect
from qa.evidence import Evidence
from qa.question import Question

LANGUAGE = "en"  # of the texts that it was fitted on
# Beyond these a logit says no more: the model is sure.
_CLIP = 12.0


def features(evidence: Evidence) -> dict[str, float]:
    """The signals that are weighed, each the larger the better."""
    return {
        "margin": max(-_CLIP, min(_CLIP, evidence.margin)),
        "relevance": max(-_CLIP, min(_CLIP, evidence.relevance)),
    }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic regression over ``features``; an answer is given from ``threshold`` on.

    ``absent_discount`` multiplies the probability where a name or number of the question is absent. All of it was
    fitted for ``models`` (fingerprints of embedder, reranker and reader) on English text; ``fits`` says whether those
    are the ones in use.
    """

    weights: Mapping[str, float]
    bias: float
    absent_discount: float
    threshold: float
    models: tuple[str, ...] = ()
    fits: bool = True

    @classmethod
    def load(cls) -> Calibration:
        """The shipped calibration."""
        data = json.loads((files("qa") / "calibration.json").read_text("utf-8"))
        return cls(data["weights"], data["bias"], data["absent_discount"], data["threshold"], tuple(data["models"]))

    def used_with(self, *models: str) -> Calibration:
        """The same, knowing which models are in use."""
        return replace(self, fits=models == self.models)

    def confidence(self, evidence: Evidence) -> float:
        """Probability, between 0 and 1, that the evidence answers the question."""
        signals = features(evidence)
        logit = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        probability = 1 / (1 + math.exp(-logit))
        # What speaks of another of the same series is twice unlikely: it was fitted on names that are not spoken of.
        return probability * self.absent_discount ** (2 if evidence.mistaken else 1 if evidence.absent else 0)

    def caveat(self, question: Question, text: str) -> str | None:
        """Why the probability may not hold for an answer read from ``text``; None where it was fitted."""
        if not self.fits:
            return "not calibrated for these models"
        if not question.language.is_english or detect([text], lead=2) != LANGUAGE:
            return "not calibrated for this language"
        return None
