"""Support scores of claims against their labels: the task ``support``; and two baselines that give such scores.

*Supported* is the positive class; *partially supported* and *not supported* are the negative class. Balanced accuracy
needs a threshold: each half of the groups is classified with the threshold that is best on the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.analyse import paired
from index.rerank import Reranker
from qa.evaluation.datasets.dataset import Item
from qa.evaluation.metrics import abstention
from qa.evaluation.metrics.statistics import Indices
from qa.evaluation.scoring.reply import ReplyError
from qa.understand.question import analyse

Scored = TypeVar("Scored", bound=Mapping[str, Any])

PRECISION = 0.9
# The baseline reads this many sentences of the evidence: those that share the most words with the claim.
MAX_READ = 10
# A record keeps this many.
MAX_KEPT = 10


def score(item: Item, returned: object) -> dict[str, Any]:
    """The fields of the item's record: gold, score, signals.

    Raises:
        ReplyError: ``returned`` is not a finite number.
    """
    if not isinstance(returned, int | float | np.floating) or not np.isfinite(returned):
        raise ReplyError(f"a support score must be a finite number, not {returned!r}")
    return {
        "gold": {"label": item.label, "evidence": closest(item.question, item.evidence, MAX_KEPT)},
        "score": float(returned),
        "metrics": {},
        "signals": {"score": float(returned), "positive": float(item.label == "supported")},
    }


def unscored(item: Item) -> dict[str, Any]:
    """The fields of the record of an item on which the system failed: no figure counts it."""
    return {**score(item, 0.0), "score": None, "signals": {}}


def scored(records: Sequence[Scored]) -> list[Scored]:
    """The records without those of claims that have no score."""
    return [record for record in records if record.get("score", 0.0) is not None]


def shown(record: Mapping[str, Any]) -> str:
    """The score, for people to read in a line."""
    return f"{record['score']:.3f}"


def statistics_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[Indices], float]]:
    """The figures of the task, by name: each a function of the positions of the records to compute it on."""
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
    """A baseline: the share of the claim's content words that the evidence contains, between 0 and 1."""
    words = _content_words(claim)
    held = set[str]().union(*map(_content_words, evidence))
    return len(words & held) / len(words) if words else 0.0


def reranked(reranker: Reranker, claim: str, evidence: Sequence[str]) -> float:
    """A baseline: the reranker's highest probability that a sentence of the evidence is relevant to the claim."""
    logits = reranker.score(claim, closest(claim, evidence, MAX_READ))
    return 1 / (1 + float(np.exp(-max(logits)))) if logits else 0.0


def closest(claim: str, evidence: Sequence[str], count: int) -> list[str]:
    """The ``count`` sentences that share the most content words with the claim, in their original order."""
    words = _content_words(claim)
    ranked = sorted(range(len(evidence)), key=lambda number: (-len(words & _content_words(evidence[number])), number))
    return [evidence[number] for number in sorted(ranked[:count])]


def _content_words(text: str) -> set[str]:
    return set(analyse(paired(text)).content)


def _predictions(scores: NDArray[Any], positive: NDArray[Any], groups: Sequence[str]) -> NDArray[Any]:
    """Each item's predicted label (0 or 1), by the threshold that is best on the other half of the groups."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    half = np.array([numbers[group] % 2 for group in groups])
    predicted = np.zeros(len(scores))
    for side in (0, 1):
        own, other = half == side, half != side
        predicted[own] = scores[own] >= _best_threshold(scores[other], positive[other])
    return predicted


def _best_threshold(scores: NDArray[Any], positive: NDArray[Any]) -> float:
    """The threshold with the best balanced accuracy, midway between the lowest accepted score and the next below."""
    candidates = np.unique(scores)
    accuracies = [abstention.balanced_accuracy(scores >= threshold, positive) for threshold in candidates]
    if not accuracies or np.isnan(accuracies).all():
        return float("inf")
    best = int(np.nanargmax(accuracies))
    return float((candidates[best] + candidates[max(0, best - 1)]) / 2)
