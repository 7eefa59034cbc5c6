"""Metrics over all answers: does the confidence tell right from wrong, and are the right questions refused?

Arrays are one-dimensional and of equal length, an entry a question. Equal scores are one group that no threshold can
divide: every figure is independent of the order of the questions. A figure that is not defined (AUROC of one class
only) is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins of a reliability diagram that are not empty: mean probability, mean outcome, number of questions."""

    probability: Floats
    outcome: Floats
    count: NDArray[np.int64]


def auroc(scores: ArrayLike, positive: ArrayLike) -> float:
    """The probability that a positive scores above a negative, ties counted half (Mann-Whitney); NaN for one class."""
    score, is_positive = _pair(scores, positive)
    positives = is_positive.sum()
    negatives = len(score) - positives
    if not positives or not negatives:
        return float("nan")
    above = rankdata(score)[is_positive > 0].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, Floats]:
    """The risk-coverage curve (El-Yaniv & Wiener 2010): coverage k/n and risk for k = 1 … n answers given.

    The most confident are given first; risk is 1 - mean ``correct`` (between 0 and 1) of those given. Within a group of
    equal confidence, risk is its expectation over all orders of the group.
    """
    score, right = _pair(confidence, correct)
    size = len(score)
    counts, errors = _thresholds(score, 1 - right)
    given = np.arange(1, size + 1)
    # The expected number of errors grows evenly within a group.
    return given / max(size, 1), np.interp(given, [0, *counts], [0, *errors]) / given


def aurc(confidence: ArrayLike, correct: ArrayLike) -> float:
    """The area under the risk-coverage curve (Geifman & El-Yaniv 2017): the mean risk over all n coverages."""
    _, risk = risk_coverage(confidence, correct)
    return float(risk.mean()) if len(risk) else float("nan")


def coverage_at(confidence: ArrayLike, correct: ArrayLike, accuracy: float = 0.8) -> float:
    """The largest share of questions that some threshold answers with at least ``accuracy``; 0.0 when none does."""
    score, right = _pair(confidence, correct)
    counts, rights = _thresholds(score, right)
    enough = counts[rights >= accuracy * counts - 1e-9]
    return float(enough.max() / len(score)) if len(enough) else 0.0


def reliability(probability: ArrayLike, outcome: ArrayLike, bins: int = 10) -> Reliability:
    """Mean probability and mean outcome in ``bins`` bins of equal width; a bin holds its upper edge, the first also 0.

    Raises:
        ValueError: a probability is not between 0 and 1.
    """
    p, y = _pair(probability, outcome)
    if len(p) and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"probabilities must be between 0 and 1, not {p.min():g} to {p.max():g}")
    number = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], p)
    count = np.bincount(number, minlength=bins)
    used = count > 0
    mean_p, mean_y = (np.bincount(number, values, bins)[used] / count[used] for values in (p, y))
    return Reliability(mean_p, mean_y, count[used])


def expected_calibration_error(probability: ArrayLike, outcome: ArrayLike, bins: int = 10) -> float:
    """ECE (Guo et al. 2017): the mean gap of probability and outcome over ``reliability``'s bins, weighed by size."""
    found = reliability(probability, outcome, bins)
    gaps = np.abs(found.probability - found.outcome)
    return float(gaps @ found.count / found.count.sum()) if len(gaps) else float("nan")


def refusal_precision_recall(refused: ArrayLike, unanswerable: ArrayLike) -> tuple[float, float]:
    """Which share of the refused questions is unanswerable, and which share of the unanswerable ones was refused.

    NaN where nothing was refused, or nothing is unanswerable.
    """
    no, without = _pair(refused, unanswerable)
    both = float(no @ without)
    precision = both / no.sum() if no.any() else float("nan")
    return float(precision), float(both / without.sum()) if without.any() else float("nan")


def balanced_accuracy(predicted: ArrayLike, positive: ArrayLike) -> float:
    """The mean of the accuracies on the positives and on the negatives; NaN for one class."""
    guess, is_positive = _pair(predicted, positive)
    if is_positive.all() or not is_positive.any():
        return float("nan")
    return float((guess[is_positive > 0].mean() + (1 - guess[is_positive == 0]).mean()) / 2)


def recall_at_precision(scores: ArrayLike, positive: ArrayLike, precision: float = 0.9) -> float:
    """The largest recall of a threshold whose precision is at least ``precision``; 0.0 when none; NaN: no positives."""
    score, is_positive = _pair(scores, positive)
    counts, found = _thresholds(score, is_positive)
    if not is_positive.any():
        return float("nan")
    enough = found[found >= precision * counts - 1e-9]
    return float(enough.max() / is_positive.sum()) if len(enough) else 0.0


def _pair(scores: ArrayLike, outcomes: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(scores, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"two lists of one length are needed, not shapes {first.shape} and {second.shape}")
    if np.isnan(first).any() or np.isnan(second).any():
        raise ValueError("a score or outcome is not a number")
    return first, second


def _thresholds(score: Floats, value: Floats) -> tuple[Floats, Floats]:
    """For every distinct score, highest first: how many have it or more, and the sum of ``value`` over those."""
    _, group, count = np.unique(-score, return_inverse=True, return_counts=True)
    return np.cumsum(count).astype(np.float64), np.cumsum(np.bincount(group, value, len(count)))
