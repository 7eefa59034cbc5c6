"""Does the evidence support the claim? The task ``support``: scores against labels, and two scorers.

*Supported* is the positive class; partially supported and not supported are the negative one. Balanced accuracy needs a
threshold: each half of the groups is judged with the threshold that is best on the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.analyse import paired
from index.rerank import Reranker
from qa.evaluation import abstention
from qa.evaluation.dataset import Item
from qa.evaluation.reply import ReplyError
from qa.evaluation.statistics import Indices
from qa.understand.question import analyse

PRECISION = 0.9
# The reranker reads so many sentences of the evidence: those that share the most words with the claim.
READ = 10
SHOWN = 10


def score(item: Item, said: object) -> dict[str, Any]:
    """The fields of the item's record: gold, score, signals.

    Raises:
        ReplyError: ``said`` is no number.
    """
    if not isinstance(said, int | float | np.floating) or not np.isfinite(said):
        raise ReplyError(f"a support score must be a finite number, not {said!r}")
    return {
        "gold": {"label": item.label, "evidence": closest(item.question, item.evidence, SHOWN)},
        "score": float(said),
        "metrics": {},
        "signals": {"score": float(said), "positive": float(item.label == "supported")},
    }


def statistics_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[Indices], float]]:
    """The task's figures, by name, each as a function of the numbers of the records it is to be taken of."""
    scores, positive = (np.array([record["signals"][name] for record in records]) for name in ("score", "positive"))
    predicted = _predictions(scores, positive, [record["group"] for record in records])
    return {
        "AUROC": lambda chosen: abstention.auroc(scores[chosen], positive[chosen]),
        "balanced_accuracy": lambda chosen: abstention.balanced_accuracy(predicted[chosen], positive[chosen]),
        f"recall@{PRECISION:.0%}precision": lambda chosen: abstention.recall_at_precision(
            scores[chosen], positive[chosen], PRECISION
        ),
    }


def coverage(claim: str, evidence: Sequence[str]) -> float:
    """The share of the claim's content words that the evidence holds, between 0 and 1: the baseline."""
    words = _words(claim)
    held = set[str]().union(*map(_words, evidence))
    return len(words & held) / len(words) if words else 0.0


def reranked(reranker: Reranker, claim: str, evidence: Sequence[str]) -> float:
    """The reranker's best probability that a sentence of the evidence speaks to the claim."""
    logits = reranker.score(claim, closest(claim, evidence, READ))
    return 1 / (1 + float(np.exp(-max(logits)))) if logits else 0.0


def closest(claim: str, evidence: Sequence[str], count: int) -> list[str]:
    """The ``count`` sentences that share the most content words with the claim, in their order."""
    words = _words(claim)
    ranked = sorted(range(len(evidence)), key=lambda number: (-len(words & _words(evidence[number])), number))
    return [evidence[number] for number in sorted(ranked[:count])]


def _words(text: str) -> set[str]:
    return set(analyse(paired(text)).content)


def _predictions(scores: NDArray[Any], positive: NDArray[Any], groups: Sequence[str]) -> NDArray[Any]:
    """Each item's label by the best threshold of the other half of the groups; NaN-free for any input."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    half = np.array([numbers[group] % 2 for group in groups])
    predicted = np.zeros(len(scores))
    for side in (0, 1):
        own, other = half == side, half != side
        predicted[own] = scores[own] >= _best_threshold(scores[other], positive[other])
    return predicted


def _best_threshold(scores: NDArray[Any], positive: NDArray[Any]) -> float:
    """Half-way below the lowest score from which on "supported" gives the best balanced accuracy."""
    candidates = np.unique(scores)
    accuracies = [abstention.balanced_accuracy(scores >= threshold, positive) for threshold in candidates]
    if not accuracies or np.isnan(accuracies).all():
        return float("inf")
    best = int(np.nanargmax(accuracies))
    return float((candidates[best] + candidates[max(0, best - 1)]) / 2)
