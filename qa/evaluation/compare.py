"""Two runs on the same questions: which differences are significant?

For each mean over the same questions in both runs: the paired difference (B minus A) with its clustered bootstrap
interval, the p-value of paired randomisation over groups, McNemar's if all values are 0 or 1, and Cohen's d_z; p-values
are corrected over all metrics after Holm. For figures that are not means (AUROC …): the difference with its interval. A
mean over different questions in each run, such as citation precision over the answers each gave, has no paired
difference and is listed as unpaired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from documents.errors import RefdeskError
from qa.evaluation.metrics.statistics import (
    Indices,
    bootstrap_interval,
    bootstrap_statistic,
    effect_size,
    holm,
    mcnemar,
    paired_randomisation,
)
from qa.evaluation.runs.run import Run
from qa.evaluation.summary import rounded
from qa.evaluation.tasks import TASKS, Record

Pair = tuple[Record, Record]
Row = dict[str, Any]


class ComparisonError(RefdeskError):
    """Two runs cannot be compared. The message is one line."""


def compare(a: Run, b: Run, *, seed: int = 0) -> dict[str, Any]:
    """What changes from run ``a`` to run ``b``.

    Returns ``{"task", "a", "b", "items", "metrics": {name: {"a", "b", "difference", "low", "high", "p", "p_holm",
    "mcnemar", "effect", "items"}}, "unpaired": [names]}``; undefined values are None.

    Raises:
        ComparisonError: the runs differ in task or questions.
        RunError: one of them is not finished.
    """
    pairs = _paired(a, b)
    metrics: dict[str, Row] = {}
    unpaired: list[str] = []
    for name in dict.fromkeys(name for pair in pairs for record in pair for name in record["metrics"]):
        having = [pair for pair in pairs if any(name in record["metrics"] for record in pair)]
        if all(name in record["metrics"] for pair in having for record in pair):
            metrics[name] = _of_means(having, name, seed)
        else:
            unpaired.append(name)
    corrected = holm({name: row["p"] for name, row in metrics.items()})
    for name, row in metrics.items():
        row["p_holm"] = corrected[name]
    metrics |= _of_statistics(a.config["task"], pairs, seed)
    return {
        "task": a.config["task"],
        "a": _called(a),
        "b": _called(b),
        "items": len(pairs),
        "metrics": {name: {key: rounded(value) for key, value in row.items()} for name, row in metrics.items()},
        "unpaired": unpaired,
    }


def _paired(a: Run, b: Run) -> list[Pair]:
    """The two records of each question, in the order of run ``a``.

    Raises:
        ComparisonError: the runs differ in task or questions.
        RunError: one of them is not finished.
    """
    if a.config["task"] != b.config["task"]:
        raise ComparisonError(
            f"{a.folder} is a run of the task {a.config['task']}, {b.folder} of {b.config['task']}: "
            "only runs of one task can be compared"
        )
    for run in (a, b):
        run.check_finished()
    other = {record["id"]: record for record in b.records}
    here = {record["id"] for record in a.records}
    for run, missing in ((b, here - other.keys()), (a, other.keys() - here)):
        if missing:
            raise ComparisonError(
                f"the runs are not on the same questions: {run.folder} lacks {len(missing)}, such as {min(missing)}"
            )
    changed = next((r["id"] for r in a.records if r["question"] != other[r["id"]]["question"]), None)
    if changed is not None or any(r["gold"] != other[r["id"]]["gold"] for r in a.records):
        named = changed or next(r["id"] for r in a.records if r["gold"] != other[r["id"]]["gold"])
        raise ComparisonError(f"the runs are not on the same questions: {named} is another one in {b.folder}")
    return [(record, other[record["id"]]) for record in a.records]


def _of_means(pairs: Sequence[Pair], name: str, seed: int) -> Row:
    """The paired comparison of the metric ``name``, which every record of ``pairs`` has."""
    a, b = (np.array([pair[side]["metrics"][name] for pair in pairs]) for side in (0, 1))
    groups = [first["group"] for first, _ in pairs]
    low, high = bootstrap_interval(b - a, groups, seed=seed)
    binary = bool(np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all())
    return {
        "a": float(a.mean()),
        "b": float(b.mean()),
        "difference": float((b - a).mean()),
        "low": low,
        "high": high,
        "p": paired_randomisation(a, b, groups, seed=seed),
        "p_holm": None,
        "mcnemar": mcnemar(a, b) if binary else None,
        "effect": effect_size(b, a),
        "items": len(a),
    }


def _of_statistics(task: str, pairs: Sequence[Pair], seed: int) -> dict[str, Row]:
    """The comparison of each figure that is not a mean."""
    groups = [first["group"] for first, _ in pairs]
    statistics_of = TASKS[task].statistics_of  # type: ignore[index]
    first, second = (statistics_of([pair[side] for pair in pairs]) for side in (0, 1))
    everything = np.arange(len(pairs))
    rows: dict[str, Row] = {}
    for name in first:

        def difference(chosen: Indices, name: str = name) -> float:
            return second[name](chosen) - first[name](chosen)

        low, high = bootstrap_statistic(difference, groups, seed=seed)
        rows[name] = {
            "a": first[name](everything),
            "b": second[name](everything),
            "difference": difference(everything),
            "low": low,
            "high": high,
            **dict.fromkeys(("p", "p_holm", "mcnemar", "effect")),
            "items": len(pairs),
        }
    return rows


def _called(run: Run) -> Mapping[str, str]:
    return {"run": run.folder.name, "dataset": run.config["dataset"]["name"], "system": run.config["system"]}
