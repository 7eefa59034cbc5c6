"""Metrics of selective answering: does the confidence separate right from wrong, and are the right questions refused?

Arrays are one-dimensional, of equal length, with an entry for each question. A threshold never separates equal scores,
so every figure is independent of the order of the questions. A figure that is undefined (AUROC of a single class) is
NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu

Floats = NDArray[np.float64]
BINS = 10  # of a reliability diagram, and of the calibration error


@dataclass(frozen=True, slots=True)
class Reliability:
    """The non-empty bins of a reliability diagram: mean probability, mean outcome, number of questions, lower end."""

    probability: Floats
    outcome: Floats
    count: NDArray[np.int64]
    lower: Floats


def auroc(scores: ArrayLike, positive: ArrayLike) -> float:
    """The probability that a positive scores above a negative, ties counted half (Mann-Whitney); NaN for one class."""
    score, is_positive = _pair(scores, positive)
    above, below = score[is_positive > 0], score[is_positive == 0]
    if not len(above) or not len(below):
        return float("nan")
    # Its p-value is not used; the asymptotic one is the cheapest.
    return float(mannwhitneyu(above, below, method="asymptotic").statistic / (len(above) * len(below)))


def risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, Floats]:
    """The risk-coverage curve (El-Yaniv & Wiener 2010): coverage k/n and risk when k = 1 … n questions are answered.

    The most confident answers are given first. Risk is 1 - mean ``correct`` (between 0 and 1) of the answers given;
    where confidences are equal it is the expectation over all orders.
    """
    score, right = _pair(confidence, correct)
    size = len(score)
    counts, errors = _thresholds(score, 1 - right)
    given = np.arange(1, size + 1)
    # Among equal confidences the expected number of errors grows linearly.
    return given / max(size, 1), np.interp(given, [0, *counts], [0, *errors]) / given


def aurc(confidence: ArrayLike, correct: ArrayLike) -> float:
    """The area under the risk-coverage curve (Geifman & El-Yaniv 2017): the mean risk over the n coverages."""
    _, risk = risk_coverage(confidence, correct)
    return float(risk.mean()) if len(risk) else float("nan")


def coverage_at(confidence: ArrayLike, correct: ArrayLike, accuracy: float = 0.8) -> float:
    """The largest share of questions that a threshold lets answer with at least ``accuracy``; 0.0 if none does."""
    score, right = _pair(confidence, correct)
    counts, rights = _thresholds(score, right)
    enough = counts[rights >= accuracy * counts - 1e-9]
    return float(enough.max() / len(score)) if len(enough) else 0.0


def selective_accuracy(confidence: ArrayLike, correct: ArrayLike, coverage: float) -> float:
    """The mean of ``correct`` when only the most confident ``coverage`` of all questions, rounded up, is answered.

    1 - risk of ``risk_coverage``; NaN without questions.
    """
    _, risk = risk_coverage(confidence, correct)
    if not len(risk):
        return float("nan")
    answered = math.ceil(coverage * len(risk) - 1e-9)
    return float(1 - risk[max(answered, 1) - 1])


def reliability(probability: ArrayLike, outcome: ArrayLike) -> Reliability:
    """Mean probability and mean outcome in ``BINS`` bins of equal width, (0, 1/BINS], …; 0 is in the first.

    Raises:
        ValueError: a probability is outside 0 to 1.
    """
    p, y = _pair(probability, outcome)
    if len(p) and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"probabilities must be between 0 and 1, not {p.min():g} to {p.max():g}")
    number = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], p)
    count = np.bincount(number, minlength=BINS)
    used = count > 0
    mean_p, mean_y = (np.bincount(number, values, BINS)[used] / count[used] for values in (p, y))
    return Reliability(mean_p, mean_y, count[used], np.flatnonzero(used) / BINS)


def expected_calibration_error(probability: ArrayLike, outcome: ArrayLike) -> float:
    """ECE (Guo et al. 2017): the mean gap between probability and outcome over the bins, weighted by their size."""
    found = reliability(probability, outcome)
    gaps = np.abs(found.probability - found.outcome)
    return float(gaps @ found.count / found.count.sum()) if len(gaps) else float("nan")


def refusal_precision_recall(refused: ArrayLike, unanswerable: ArrayLike) -> tuple[float, float]:
    """The share of refused questions that are unanswerable, and the share of unanswerable questions that are refused.

    The first is NaN if nothing is refused, the second if nothing is unanswerable.
    """
    refusal, positive = _pair(refused, unanswerable)
    both = float(refusal @ positive)
    precision = both / refusal.sum() if refusal.any() else float("nan")
    return float(precision), float(both / positive.sum()) if positive.any() else float("nan")


def balanced_accuracy(predicted: ArrayLike, positive: ArrayLike) -> float:
    """The mean of the accuracies on the positives and on the negatives; NaN for a single class."""
    guess, is_positive = _pair(predicted, positive)
    if is_positive.all() or not is_positive.any():
        return float("nan")
    return float((guess[is_positive > 0].mean() + (1 - guess[is_positive == 0]).mean()) / 2)


def recall_at_precision(scores: ArrayLike, positive: ArrayLike, precision: float = 0.9) -> float:
    """The largest recall of a threshold with at least ``precision``; 0.0 if there is none, NaN without positives."""
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
    """For each distinct score, highest first: the number of entries at or above it, and their sum of ``value``."""
    _, group, count = np.unique(-score, return_inverse=True, return_counts=True)
    return np.cumsum(count).astype(np.float64), np.cumsum(np.bincount(group, value, len(count)))
