"""The confidences of a run's answers, and which of them were right: what the curves and the calibration rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qa.evaluation.metrics.abstention import Floats, risk_coverage

POINTS = 10  # of a risk-coverage curve that is kept


def confidences(records: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
    """Confidence and rightness (0 or 1) of every candidate or, of visitors' questions, of every answer given."""
    judged = [record["signals"] for record in records if record["signals"].get("given", 1)]
    confidence, right = (np.array([signals[name] for signals in judged]) for name in ("confidence", "right"))
    return confidence, right


def curve(records: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """The risk at each tenth of coverage: of the most confident answers, the share that is wrong. Empty without any."""
    coverage, risk = risk_coverage(*confidences(records))
    wanted = [number / POINTS for number in range(1, POINTS + 1)]
    if not len(coverage):
        return []
    return [
        {"coverage": share, "risk": round(float(value), 6)}
        for share, value in zip(wanted, np.interp(wanted, coverage, risk), strict=True)
    ]
