"""The confidences of a run's answers, and which of them were right: what the curves and the calibration rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from qa.evaluation.metrics.abstention import Floats, risk_coverage, selective_accuracy
from qa.evaluation.metrics.statistics import Indices

Record = Mapping[str, Any]
COVERAGES = (0.2, 0.4, 0.6, 0.8, 1.0)  # at which the accuracy is told
POINTS = 10  # of a risk-coverage curve that is kept


def candidates(records: Sequence[Record]) -> list[Record]:
    """The records of every candidate or, of visitors' questions, of every answer given."""
    return [record for record in records if record["signals"].get("given", 1)]


def accuracies(records: Sequence[Record]) -> dict[float, Callable[[Indices], float]]:
    """For each of ``COVERAGES`` the selective accuracy, as a function of positions among these ``candidates``."""
    confidence, right = confidences(records)

    def at(coverage: float) -> Callable[[Indices], float]:
        return lambda chosen: selective_accuracy(confidence[chosen], right[chosen], coverage)

    return {coverage: at(coverage) for coverage in COVERAGES}


def confidences(records: Sequence[Record]) -> tuple[Floats, Floats]:
    """Confidence and rightness (0 or 1) of every candidate or, of visitors' questions, of every answer given."""
    judged = [record["signals"] for record in candidates(records)]
    confidence, right = (np.array([signals[name] for signals in judged]) for name in ("confidence", "right"))
    return confidence, right


def curve(records: Sequence[Record]) -> list[dict[str, float]]:
    """The risk at each tenth of coverage: of the most confident answers, the share that is wrong. Empty without any."""
    coverage, risk = risk_coverage(*confidences(records))
    wanted = [number / POINTS for number in range(1, POINTS + 1)]
    if not len(coverage):
        return []
    return [
        {"coverage": share, "risk": round(float(value), 6)}
        for share, value in zip(wanted, np.interp(wanted, coverage, risk), strict=True)
    ]
