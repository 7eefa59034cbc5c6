"""Records -> figures: every mean and every other figure with its 95% interval, for all questions and for slices.

``summarise`` makes the main part of ``metrics.json``. ``metrics`` has for each name ``{"value", "low", "high",
"count"}``, with values between 0 and 1 (but see ``names.least``); ``low`` and ``high`` are null with fewer than two
groups. ``slices`` has for each dimension and each of its values the number of questions and some of the metrics.
``risk_coverage`` has ten points of the curve, ``selective_accuracy`` the figure at each of five coverages, ``judge``
how far a named judge agrees with the default one, and ``nuggets`` how far the judge agrees with assignments that came
with the answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from qa.evaluation.metrics.agreement import cohens_kappa, raw_agreement
from qa.evaluation.metrics.names import least, rank
from qa.evaluation.metrics.statistics import RESAMPLES, Indices, bootstrap_statistic, interval_of_share
from qa.evaluation.scoring.claims import scored
from qa.evaluation.scoring.confidence import accuracies, candidates, curve
from qa.evaluation.scoring.nuggets import agreement
from qa.evaluation.scoring.supplied import as_supplied, have_confidence
from qa.evaluation.tasks import Record, Task

Figure = dict[str, float | int | None]


def summarise(records: Sequence[Record], task: Task, seed: int, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Metrics and slices of a run's records; ``seed`` and ``resamples`` are those of the intervals."""
    records = as_supplied(scored(records))
    metrics = means(records, seed, resamples)
    for name, statistic in task.statistics_of(records).items():
        metrics[name] = figure_of(records, statistic, seed, resamples)
    return {
        "metrics": metrics,
        "slices": slices(records, task, seed, resamples),
        **_selective(records, seed, resamples),
        **_judges(records),
        **_nuggets(records),
    }


def _nuggets(records: Sequence[Record]) -> dict[str, Any]:
    """Of answers that came with assigned nuggets: how far the judge agrees with these."""
    told = agreement(records)
    return {"nuggets": {name: rounded(value) for name, value in told.items()}} if told["assigned"] else {}


def _selective(records: Sequence[Record], seed: int, resamples: int) -> dict[str, Any]:
    """Of answers that have a confidence: the risk-coverage curve, and the accuracy at some coverages."""
    if not have_confidence(records):
        return {}
    given = candidates(records)
    points = [
        {"coverage": coverage, **figure_of(given, statistic, seed, resamples)}
        for coverage, statistic in accuracies(given).items()
        if given
    ]
    return {"risk_coverage": curve(records), "selective_accuracy": points}


def _judges(records: Sequence[Record]) -> dict[str, Any]:
    """Of a run with a named judge: how far it agrees with the default one on the statements that both had to read."""
    if not any("judged" in record for record in records):
        return {}
    pairs = [pair for record in records for pair in record.get("judged", ())]
    named, default = ([pair[side] for pair in pairs] for side in (0, 1))
    agreement, kappa = rounded(raw_agreement(named, default)), rounded(cohens_kappa(named, default))
    return {"judge": {"statements": len(pairs), "agreement": agreement, "kappa": kappa}}


def means(
    records: Sequence[Record], seed: int, resamples: int = RESAMPLES, only: Sequence[str] = ()
) -> dict[str, Figure]:
    """The mean of each metric over the records that have it; ``only`` of these metrics, or of all."""
    names = only or sorted({name for record in records for name in record["metrics"]}, key=rank)
    figures: dict[str, Figure] = {}
    for name in names:
        having = [record for record in records if name in record["metrics"]]
        if having:
            values = [record["metrics"][name] for record in having]
            groups = [record["group"] for record in having]
            low, high = interval_of_share(values, groups, least=least(name), resamples=resamples, seed=seed)
            figures[name] = figure(float(np.mean(values)), low, high, len(having))
    return figures


def figure_of(
    records: Sequence[Mapping[str, Any]], statistic: Callable[[Indices], float], seed: int, resamples: int = RESAMPLES
) -> Figure:
    """A figure that is not a mean, over all records."""
    value = statistic(np.arange(len(records)))
    low, high = bootstrap_statistic(statistic, [r["group"] for r in records], resamples=resamples, seed=seed)
    low, high = np.clip([low, high], 0, 1)
    return figure(value, float(low), float(high), len(records))


def figure(value: float, low: float, high: float, count: int) -> Figure:
    """One entry of ``metrics``."""
    return {"value": rounded(value), "low": rounded(low), "high": rounded(high), "count": count}


def rounded(value: float | None) -> float | None:
    """The value for JSON: six decimal places; None where it is not finite."""
    if value is None or isinstance(value, int):
        return value
    return round(float(value), 6) if math.isfinite(value) else None


def slices(records: Sequence[Record], task: Task, seed: int, resamples: int = RESAMPLES) -> dict[str, dict[str, Any]]:
    """For each dimension with more than one value, and for each value: the number of questions, and ``task.sliced``.

    Figures that are not means have no intervals here: for every value of every slice they would take minutes.
    """
    tables: dict[str, dict[str, Any]] = {}
    if not task.sliced:
        return tables
    for dimension in sorted({dimension for record in records for dimension in record["slices"]}):
        parts: dict[str, list[Record]] = {}
        for record in records:
            if dimension in record["slices"]:
                parts.setdefault(record["slices"][dimension], []).append(record)
        if len(parts) > 1:
            tables[dimension] = {
                value: {"items": len(parts[value]), "metrics": _sliced(parts[value], task, seed, resamples)}
                for value in sorted(parts, key=lambda value: (-len(parts[value]), value))
            }
    return tables


def _sliced(records: Sequence[Record], task: Task, seed: int, resamples: int) -> dict[str, Figure]:
    """The figures of one value of a slice."""
    figures = means(records, seed, resamples, task.sliced)
    for name, statistic in task.statistics_of(records).items():
        if name in task.sliced:
            figures[name] = figure(statistic(np.arange(len(records))), math.nan, math.nan, len(records))
    return figures


def timing(seconds: Sequence[float], own: float | None, asked: float) -> dict[str, float | None]:
    """Latency percentiles of the answers' ``seconds``, throughput, and the evaluation's own time as ``overhead``.

    ``overhead`` is ``own`` / ``asked``: the seconds of the evaluation itself, and of the system, since the run was
    started or resumed. ``own`` is None if no question was asked. Of an answer that took 0 seconds nobody told the time.
    """
    seconds = [own for own in seconds if own]
    if not seconds:
        return {}
    p50, p90, p99 = np.percentile(seconds, [50, 90, 99])
    return {
        "p50": round(float(p50), 4),
        "p90": round(float(p90), 4),
        "p99": round(float(p99), 4),
        "questions_per_second": round(len(seconds) / sum(seconds), 3),
        "overhead": round(own / asked, 5) if own is not None and asked else None,
    }


def macro_average(summaries: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """The mean over datasets of each metric that all of them have, with intervals as of independent datasets."""
    names = [name for name in summaries[0]["metrics"] if all(name in other["metrics"] for other in summaries)]
    return {name: _average([summary["metrics"][name] for summary in summaries]) for name in names}


def _average(figures: Sequence[Figure]) -> Figure:
    values = np.array(
        [[f[key] if f[key] is not None else math.nan for key in ("value", "low", "high")] for f in figures]
    )
    value, low, high = values.T
    below, above = (math.sqrt(float(np.sum(side**2))) / len(figures) for side in (value - low, high - value))
    mean = float(value.mean())
    return figure(mean, mean - below, mean + above, sum(int(f["count"] or 0) for f in figures))
