"""Where it is in doubt which sentence answers, the next ones are quoted behind the best, so that a reader can tell.

How likely another sentence answers in the best one's place, a logistic regression tells (``doubt.json``, made by
``training.doubt``) over how far its order is behind, and how sure the best one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.families import is_newer
from qa.read.confidence.calibration import Calibration, log_odds_of
from qa.read.evidence import Evidence
from qa.read.regression import Regression

AMONG = 4  # of the best sentences, as many as are read twice
MOST = 2  # that are quoted behind the best


@dataclass(frozen=True, slots=True)
class Doubt:
    """Finds the sentences that may answer in the place of the best."""

    regression: Regression

    def of(self, evidence: Sequence[Evidence], calibration: Calibration) -> list[Evidence]:
        """Those that may answer in the place of the first of the evidence, best first; no earlier edition of it."""
        if not evidence:
            return []
        best, least = evidence[0], self.regression.least
        source, likely = best.passage.source, self.regression.probability
        others = [one for one in evidence[1:AMONG] if not one.mistaken and not is_newer(source, one.passage.source)]
        return [one for one in others if likely(**signals(best, one, calibration)) >= least][:MOST]


def signals(best: Evidence, other: Evidence, calibration: Calibration) -> dict[str, float]:
    """What tells whether the other answers: how far its order is behind, and how sure the best one is (log-odds)."""
    return {"behind": best.order - other.order, "sure": log_odds_of(calibration.confidence(best))}
