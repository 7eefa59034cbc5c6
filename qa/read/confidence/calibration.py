"""Evidence -> the probability that it answers the question.

A logistic regression over a few signals, with weights that may not be negative, so that better evidence never lowers
the confidence; then a discount for each name of the question that the passage lacks. The numbers are data
(``calibration.json``), fitted by ``training/calibrate.py`` on questions to many documents, many of them without an
answer there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files

from documents.language import detect
from qa.check.yes_no import Decision
from qa.read.evidence import Evidence
from qa.understand.question import Question

LANGUAGE = "en"  # of the texts that the calibration was fitted on
MOST_ABSENT = 2  # names: the discount does not count for a third
LOOK_ALIKE = 0.037  # what another discounts: there are no cases to fit it on, and hardly any answer is to pass
_CLIP, _FAR_AHEAD = 12.0, 8.0  # logits beyond these make no difference
_UNBORNE = -2.0  # nor does this below: what a sentence rests on ("It has …") often stands before it
_LEAST = 1e-4  # a probability below counts as this
# Where nothing was fitted, both count as much, and yes or no is said where it is as sure as good evidence.
UNDECIDED: Mapping[str, float] = {"sentence": 0.5, "word": 0.5, "bias": 0.0, "threshold": 0.8}


def features(evidence: Evidence) -> dict[str, float]:
    """The signals, each larger for better evidence; the lead is left out where there are no other documents."""
    found = {"margin": evidence.margin, "entails": evidence.entails, "fit": evidence.rank}
    found = {name: _clipped(logit) for name, logit in found.items()}
    found["entails"] = max(_UNBORNE, found["entails"])
    found |= {"alone": float(evidence.alone), "several": float(evidence.several)}
    if evidence.lead is not None:
        found["lead"] = min(_FAR_AHEAD, evidence.lead)
    return found


def log_odds_of(probability: float) -> float:
    """The log-odds of a probability, finite for each."""
    return math.log(max(probability, _LEAST)) - math.log(max(1 - probability, _LEAST))


def _clipped(logit: float) -> float:
    return max(-_CLIP, min(_CLIP, logit))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic regression over ``features``; an answer is given from ``threshold`` on.

    - ``means``: the mean of each signal in the cases that it was fitted on, which reasons are measured from
      (``qa.read.confidence.reasons``); 0 for a signal that speaks neither for nor against where it is missing;
    - ``absent_discount``: multiplies the probability for a name or number of the question that is absent;
    - ``decided``: how sure yes or no is, a logistic regression over two log-odds: the ``sentence``'s, that it answers,
      and the ``word``'s, that it says so; with ``bias``, and the ``threshold`` from which the word is said;
    - ``embedders``, ``models``: fingerprints of the embedders that it holds for, and of the reranker, reader and
      verifier that it was fitted for, on English text;
    - ``fits``: whether those are the models in use.
    """

    weights: Mapping[str, float]
    bias: float
    absent_discount: float
    threshold: float
    embedders: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    fits: bool = True
    means: Mapping[str, float] = field(default_factory=dict)
    decided: Mapping[str, float] = field(default_factory=lambda: UNDECIDED)

    @classmethod
    def load(cls) -> Calibration:
        """The shipped calibration."""
        data = json.loads((files("qa.read.confidence") / "calibration.json").read_text("utf-8"))
        return cls(
            data["weights"],
            data["bias"],
            data["absent_discount"],
            data["threshold"],
            tuple(data["embedders"]),
            tuple(data["models"]),
            means=data["means"],
            decided=data["decided"],
        )

    def used_with(self, embedder: str, *models: str) -> Calibration:
        """This calibration for the models in use, given by their fingerprints."""
        return replace(self, fits=embedder in self.embedders and models == self.models)

    def confidence(self, evidence: Evidence) -> float:
        """Probability, between 0 and 1, that the evidence answers the question."""
        return self.probability(features(evidence), self.discount(evidence))

    def is_sure(self, evidence: Evidence) -> bool:
        """Whether its confidence is enough to answer."""
        return self.confidence(evidence) >= self.threshold

    def of_word(self, evidence: Evidence, decision: Decision) -> float:
        """Probability, between 0 and 1, that yes or no, as the evidence's sentence says, is right."""
        return self.word_probability(features(evidence), decision.probability, self.discount(evidence))

    def word_probability(self, signals: Mapping[str, float], word: float, discount: float = 1.0) -> float:
        """That of a sentence with these signals, which says the word with the probability ``word``."""
        known = {"sentence": self.probability(signals), "word": word}
        logit = self.decided["bias"] + sum(self.decided[name] * log_odds_of(each) for name, each in known.items())
        return discount / (1 + math.exp(-logit))

    def discount(self, evidence: Evidence) -> float:
        """What the probability is multiplied by for the question's names that are absent, and for a look-alike."""
        return LOOK_ALIKE if evidence.mistaken else self.absent_discount ** min(MOST_ABSENT, len(evidence.absent))

    def probability(self, signals: Mapping[str, float], discount: float = 1.0) -> float:
        """The probability that the signals stand for, times the ``discount``; a missing signal is usual."""
        logit = self.bias + sum(
            weight * signals.get(name, self.means.get(name, 0.0)) for name, weight in self.weights.items()
        )
        return discount / (1 + math.exp(-logit))

    def caveat(self, question: Question, text: str) -> str | None:
        """Why the probability may be wrong for an answer from ``text``; None where the calibration applies."""
        if not self.fits:
            return "not calibrated for these models"
        if not question.language.is_english or detect([text], lead=2) != LANGUAGE:
            return "not calibrated for this language"
        return None
