"""Two runs on the same questions: is the difference real?

Of every mean that both runs have for the same questions: the paired difference (B minus A) with its clustered bootstrap
interval, the p-value of paired randomisation over groups, for metrics of 0 and 1 also McNemar's, and Cohen's d_z; the
p-values are corrected over all metrics after Holm. Of figures that are no means (AUROC …): the difference with its
interval. A mean over other questions in each run, such as citation precision over what each answered, has no
paired difference and is listed as such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from documents.errors import RefdeskError
from qa.evaluation.runs import Run
from qa.evaluation.statistics import (
    Indices,
    bootstrap_interval,
    bootstrap_statistic,
    effect_size,
    holm,
    mcnemar,
    paired_randomisation,
)
from qa.evaluation.summary import rounded
from qa.evaluation.tasks import TASKS, Record

SIGNIFICANT = 0.05


class ComparisonError(RefdeskError):
    """Two runs that cannot be compared. The message is one line."""


def compare(a: Run, b: Run, *, seed: int = 0) -> dict[str, Any]:
    """What changes from run ``a`` to run ``b``.

    Returns ``{"task", "a", "b", "items", "metrics": {name: {"a", "b", "difference", "low", "high", "p", "p_holm",
    "mcnemar", "effect", "items"}}, "unpaired": [names]}``; what is not defined is null.

    Raises:
        ComparisonError: the runs have another task, or other questions.
        RunError: one of them is not finished.
    """
    pairs = _paired(a, b)
    groups = [first["group"] for first, _ in pairs]
    metrics: dict[str, dict[str, Any]] = {}
    unpaired: list[str] = []
    for name in dict.fromkeys(name for pair in pairs for record in pair for name in record["metrics"]):
        having = [(x, y, group) for (x, y), group in zip(pairs, groups, strict=True) if name in x["metrics"]]
        if {name in y["metrics"] for _, y, _ in having} != {True} or _has_more(pairs, name, len(having)):
            unpaired.append(name)
            continue
        values = [[record["metrics"][name] for record in side] for side in list(zip(*having, strict=True))[:2]]
        metrics[name] = _of_means(np.array(values[0]), np.array(values[1]), [group for *_, group in having], seed)
    corrected = holm({name: row["p"] for name, row in metrics.items()})
    for name, row in metrics.items():
        row["p_holm"] = corrected[name]
    metrics |= _of_statistics(a.config["task"], pairs, groups, seed)
    return {
        "task": a.config["task"],
        "a": _called(a),
        "b": _called(b),
        "items": len(pairs),
        "metrics": {name: {key: rounded(value) for key, value in row.items()} for name, row in metrics.items()},
        "unpaired": unpaired,
    }


def _paired(a: Run, b: Run) -> list[tuple[Record, Record]]:
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


def _has_more(pairs: Sequence[tuple[Record, Record]], name: str, count: int) -> bool:
    return sum(name in second["metrics"] for _, second in pairs) != count


def _of_means(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], groups: Sequence[str], seed: int) -> dict[str, Any]:
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


def _of_statistics(
    task: str, pairs: Sequence[tuple[Record, Record]], groups: Sequence[str], seed: int
) -> dict[str, dict[str, Any]]:
    statistics_of = TASKS[task].statistics_of  # type: ignore[index]
    first, second = (statistics_of([pair[side] for pair in pairs]) for side in (0, 1))
    everything = np.arange(len(pairs))
    rows: dict[str, dict[str, Any]] = {}
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
