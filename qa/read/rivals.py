"""What other documents say in the place of the best sentence: where documents disagree, each is quoted.

A rival is another document's best sentence, if it likely answers the question, too. How likely that is, a logistic
regression tells (``rivals.json``, made by ``training.rivals``) over how far its order is below the best sentence's, and
how alike they are: two editions of a rule, two price lists and two accounts of a thing say it in similar sentences.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from index.embed import Embedder
from qa.read.evidence import Evidence

AMONG = 8  # of the best sentences; one further down is no rival
MOST = 2  # rivals of one sentence


@dataclass(frozen=True, slots=True)
class Rivalry:
    """The weights of the regression; a rival's probability is ``least`` at least."""

    bias: float
    behind: float
    alike: float
    least: float

    @classmethod
    def shipped(cls) -> Rivalry:
        """The weights that ship."""
        return cls(**json.loads((files("qa.read") / "rivals.json").read_text("utf-8")))

    def probability(self, behind: float, alike: float) -> float:
        """How likely a sentence is a rival whose order is so far ``behind``, and whose cosine is ``alike``."""
        return 1 / (1 + math.exp(-(self.bias + self.behind * behind + self.alike * alike)))


@dataclass(frozen=True, slots=True)
class Rivals:
    """Finds the rivals of a sentence; ``embedder`` tells how alike two are."""

    embedder: Embedder
    rivalry: Rivalry

    def of(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The rivals of the first of the evidence, the likeliest first."""
        if not evidence:
            return []
        best, others, least = evidence[0], best_of_others(evidence), self.rivalry.least
        near = [other for other in others if self.rivalry.probability(best.order - other.order, 1.0) >= least]
        if not near:
            return []
        likely = [
            (self.rivalry.probability(best.order - other.order, cosine), other)
            for other, cosine in zip(near, likeness(self.embedder, best, near), strict=True)
        ]
        ranked = sorted(likely, key=lambda own: -own[0])
        return [other for probability, other in ranked if probability >= least][:MOST]


def best_of_others(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Of the first ``AMONG``, the best sentence of each document but the first one's."""
    found: dict[str, Evidence] = {}
    for one in evidence[:AMONG]:
        found.setdefault(one.document.id, one)
    return list(found.values())[1:]


def likeness(embedder: Embedder, best: Evidence, others: Sequence[Evidence]) -> list[float]:
    """The cosine of each of the others' embedding with the best sentence's."""
    vectors = embedder.embed([one.as_read for one in (best, *others)], "passage")
    return [float(cosine) for cosine in np.asarray(vectors[1:]) @ np.asarray(vectors[0])]
