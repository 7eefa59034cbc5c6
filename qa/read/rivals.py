"""What other documents say in the place of the best sentence: where documents disagree, each is quoted.

A rival is another document's best sentence, if it likely answers the question, too. How likely that is, a logistic
regression tells (``rivals.json``, made by ``training.rivals``) over how far its order is below the best sentence's, and
how alike they are: two editions of a rule, two price lists and two accounts of a thing say it in similar sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.embed import Embedder
from qa.read.evidence import Evidence
from qa.read.regression import Regression

AMONG = 8  # of the best sentences; one further down is no rival
MOST = 2  # rivals of one sentence


@dataclass(frozen=True, slots=True)
class Rivals:
    """Finds the rivals of a sentence; ``embedder`` tells how alike two are."""

    embedder: Embedder
    rivalry: Regression

    def of(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The rivals of the first of the evidence, the likeliest first."""
        if not evidence:
            return []
        best, likely, least = evidence[0], self.rivalry.probability, self.rivalry.least
        near = [one for one in best_of_others(evidence) if likely(behind=best.order - one.order, alike=1.0) >= least]
        if not near:
            return []
        told = [
            (likely(behind=best.order - other.order, alike=cosine), other)
            for other, cosine in zip(near, likeness(self.embedder, best, near), strict=True)
        ]
        ranked = sorted(told, key=lambda own: -own[0])
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
