"""Runs on the same questions: what was different about them, which differences are significant, what went otherwise?

For each mean: the paired difference (B minus A), the p-value of paired randomisation over groups with the interval that
it does not reject, McNemar's if all values are 0 or 1 and each question is a group of its own, and Cohen's d_z.
P-values of the task's first metric, which is fixed beforehand, are corrected over the runs, those of the others over
all of them and all runs, after Holm; metrics that are the same on every question count once. For figures that are not
means (AUROC …): the difference with its interval. A mean over different questions in each run, such as citation
precision over the answers that each gave, is compared on those that both have it of. Beside the figures: the settings,
models and so on that differ, and the questions that went right in only one of the runs, with both answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from documents.errors import RefdeskError
from qa.evaluation.metrics.names import least, rank
from qa.evaluation.metrics.statistics import (
    RESAMPLES,
    SIGNIFICANT,
    Indices,
    bootstrap_statistic,
    effect_size,
    holm,
    mcnemar,
    paired_interval,
    paired_randomisation,
)
from qa.evaluation.runs.run import Run
from qa.evaluation.runs.used import is_used
from qa.evaluation.scoring.claims import scored
from qa.evaluation.scoring.supplied import as_supplied
from qa.evaluation.summary import rounded
from qa.evaluation.tasks import TASKS, Record, TaskName

Pair = tuple[Record, Record]
Row = dict[str, Any]
# The parts of a configuration that tell runs apart.
_DIFFERING = (
    "system", "settings", "threshold", "models", "index", "dataset.digest", "index_folder", "distractors",
    "distractors_digest", "support", "versions", "machine",
)  # fmt: skip


class ComparisonError(RefdeskError):
    """Two runs cannot be compared. The message is one line."""


def compare(a: Run, b: Run, *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """What changes from run ``a`` to run ``b``.

    Returns ``{"task", "a", "b", "items", "metrics": {name: {"a", "b", "difference", "low", "high", "p", "p_holm",
    "mcnemar", "effect", "items"}}, "unpaired": [names], "differences": [{"name", "a", "b"}], "flipped": [{"id",
    "question", "gold", "better", "a", "b"}]}``; undefined values are None. A metric is of the ``items`` that have it in
    both runs; those of ``unpaired`` others have too, in one run only, and where no question has it in both, it is not
    in ``metrics``. ``differences`` are of the configurations; ``flipped`` are the questions that went right in only one
    run, ``better``, with what was returned in each.

    Raises:
        ComparisonError: the runs differ in task or questions.
        RunError: one of them is not finished.
    """
    return compare_all([a, b], seed=seed, resamples=resamples)["comparisons"][0]  # type: ignore[no-any-return]


def compare_all(runs: Sequence[Run], *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """The first of two or more runs compared with each of the others, as ``compare`` does.

    Returns ``{"task", "items", "baseline": {"run", "dataset", "system"}, "comparisons": [as of compare]}``.
    ``resamples`` are those of the intervals of figures that are not means.

    Raises:
        ComparisonError: there are fewer than two, or they differ in task or questions.
        RunError: one of them is not finished.
    """
    baseline, *others = runs
    if not others:
        raise ComparisonError("one run cannot be compared: name another one on the same questions")
    paired = [_paired(baseline, other) for other in others]
    comparisons = [_compared(baseline, *each, seed, resamples) for each in zip(others, paired, strict=True)]
    task = baseline.config["task"]
    _correct(comparisons, paired, TASKS[task].headline)
    return {
        "task": task,
        "items": comparisons[0]["items"],
        "baseline": _called(baseline),
        "comparisons": comparisons,
    }


def _correct(comparisons: Sequence[Mapping[str, Any]], paired: Sequence[Sequence[Pair]], first: str) -> None:
    """Set ``p_holm`` of every metric: of the first over the runs, of the others over all of these and all runs."""
    for is_first in (True, False):
        rows = {
            (number, name): row
            for number, compared in enumerate(comparisons)
            for name, row in compared["metrics"].items()
            if (name == first) is is_first and row["p"] is not None
        }
        # Metrics that are the same on every question, such as EM and EM_forced where all was said, are one hypothesis.
        same = {(number, name): (number, _values(paired[number], name)) for number, name in rows}
        corrected = holm({same[key]: row["p"] for key, row in rows.items()})
        for key, row in rows.items():
            row["p_holm"] = rounded(corrected[same[key]])


def _values(pairs: Sequence[Pair], name: str) -> tuple[tuple[str, float, float], ...]:
    """The metric in both runs, on each question that has it in both."""
    return tuple(
        (first["id"], first["metrics"][name], second["metrics"][name])
        for first, second in pairs
        if name in first["metrics"] and name in second["metrics"]
    )


def letter(number: int) -> str:
    """How the run of that number is called in tables: A, B … Z, then R27 and so on."""
    return chr(ord("A") + number) if number < 26 else f"R{number + 1}"


def is_significant(row: Mapping[str, Any]) -> bool:
    """Whether the difference of a metric is significant after correction."""
    return row["p_holm"] is not None and bool(row["p_holm"] < SIGNIFICANT)


def in_all(comparisons: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the metrics; of several comparisons without those that each has of other questions."""
    names = dict.fromkeys(name for each in comparisons for name in each["metrics"])
    partly = {name for each in comparisons for name in each["unpaired"]} if len(comparisons) > 1 else set()
    return [name for name in names if name not in partly]


def in_common(compared: Mapping[str, Any]) -> dict[str, int]:
    """The metrics that each run has of other questions too, with the number of questions that have them in both."""
    metrics = compared["metrics"]
    return {name: metrics[name]["items"] for name in compared["unpaired"] if name in metrics}


def differing(comparisons: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Any]]]:
    """The parts of the configurations that are not the same in all runs, with the value in each, the first's first."""
    by_run = [{row["name"]: row for row in each["differences"]} for each in comparisons]
    baseline = {row["name"]: row["a"] for rows in by_run for row in rows.values()}
    return [
        (name, [value, *(rows[name]["b"] if name in rows else value for rows in by_run)])
        for name, value in baseline.items()
    ]


def verdicts(comparisons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which runs are better than the first by the task's first metric, a sentence each; none where the task has none.

    That metric is fixed beforehand, so its p-values are corrected over the runs only.
    """
    name = TASKS[comparisons[0]["task"]].headline
    rows = {letter(number): each["metrics"].get(name) for number, each in enumerate(comparisons, start=1)}
    return [_verdict(name, other, row) for other, row in rows.items() if row]


def _verdict(name: str, other: str, row: Row) -> str:
    p = row["p_holm"]
    shown = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    between = "" if row["low"] is None else f" ({row['low']:+.3f} to {row['high']:+.3f})"
    figures = f"{name} {row['difference']:+.3f}{between}, {shown}"
    if p >= SIGNIFICANT:
        return f"no significant difference between A and {other}: {figures}"
    return f"{other} is {'better' if row['difference'] > 0 else 'worse'} than A: {figures}"


def _compared(a: Run, b: Run, pairs: Sequence[Pair], seed: int, resamples: int) -> dict[str, Any]:
    """``compare`` before p-values are corrected; ``pairs`` are those of ``_paired``."""
    metrics: dict[str, Row] = {}
    unpaired: list[str] = []
    for name in sorted({name for pair in pairs for record in pair for name in record["metrics"]}, key=rank):
        having = [pair for pair in pairs if all(name in record["metrics"] for record in pair)]
        if having:
            metrics[name] = _of_means(having, name, seed)
        if any((name in first["metrics"]) != (name in second["metrics"]) for first, second in pairs):
            unpaired.append(name)
    metrics |= _of_statistics(a.config["task"], pairs, seed, resamples)
    return {
        "task": a.config["task"],
        "a": _called(a),
        "b": _called(b),
        "items": len(pairs),
        "metrics": {name: {key: rounded(value) for key, value in row.items()} for name, row in metrics.items()},
        "unpaired": unpaired,
        "differences": _differences(a.config, b.config),
        "flipped": _flipped(a.config["task"], pairs),
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
    other = {record["id"]: record for record in as_supplied(b.records)}
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
    pairs = [(record, other[record["id"]]) for record in as_supplied(a.records)]
    return [pair for pair in pairs if len(scored(pair)) == 2]


def _of_means(pairs: Sequence[Pair], name: str, seed: int) -> Row:
    """The paired comparison of the metric ``name``, which every record of ``pairs`` has."""
    a, b = (np.array([pair[side]["metrics"][name] for pair in pairs]) for side in (0, 1))
    groups = [first["group"] for first, _ in pairs]
    is_alone = len(set(groups)) == len(groups)  # McNemar's test takes questions for independent
    p = paired_randomisation(b, a, groups, seed=seed)
    low, high = paired_interval(b, a, groups, p, least=least(name), seed=seed)
    binary = bool(np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all())
    return {
        "a": float(a.mean()),
        "b": float(b.mean()),
        "difference": float((b - a).mean()),
        "low": low,
        "high": high,
        "p": p,
        "p_holm": None,
        "mcnemar": mcnemar(a, b) if binary and is_alone else None,
        "effect": effect_size(b, a),
        "items": len(a),
    }


def _of_statistics(task: str, pairs: Sequence[Pair], seed: int, resamples: int) -> dict[str, Row]:
    """The comparison of each figure that is not a mean."""
    groups = [first["group"] for first, _ in pairs]
    statistics_of = TASKS[task].statistics_of  # type: ignore[index]
    first, second = (statistics_of([pair[side] for pair in pairs]) for side in (0, 1))
    everything = np.arange(len(pairs))
    rows: dict[str, Row] = {}
    for name in [name for name in first if name in second]:

        def difference(chosen: Indices, name: str = name) -> float:
            return second[name](chosen) - first[name](chosen)

        low, high = np.clip(bootstrap_statistic(difference, groups, resamples=resamples, seed=seed), -1, 1)
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


def _differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Row]:
    """The parts of two configurations that differ; settings only where both are Refdesk's own systems."""
    names = _DIFFERING if a["own"] and b["own"] else [name for name in _DIFFERING if name != "settings"]
    parts = ({**own, "dataset.digest": own["dataset"]["digest"]} for own in (a, b))
    first, second = ({name: value for part in names for name, value in _flat(part, own.get(part))} for own in parts)
    return [
        {"name": name, "a": first.get(name), "b": second.get(name)}
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name) and _matters(name, a, b)
    ]


def _matters(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether what is called so means something to both systems."""
    part, _, setting = name.partition(".")
    return part != "settings" or (is_used(setting, a) and is_used(setting, b))


def _flat(name: str, value: Any) -> list[tuple[str, Any]]:
    """The value's parts under dotted names."""
    if not isinstance(value, dict):
        return [(name, value)]
    return [pair for key, part in value.items() for pair in _flat(f"{name}.{key}", part)]


def _flipped(task: TaskName, pairs: Sequence[Pair]) -> list[Row]:
    """The questions that went right in only one run."""
    of = TASKS[task]
    return [
        {
            "id": first["id"],
            "question": first["question"],
            "gold": _gold_of(first["gold"]),
            "better": "a" if of.is_right(first) else "b",
            "a": of.outcome(first),
            "b": of.outcome(second),
        }
        for first, second in pairs
        if of.is_right(first) != of.is_right(second)
    ]


def _gold_of(gold: Mapping[str, Any]) -> list[str]:
    """The answers, of nuggets their texts, or the relevant documents."""
    nuggets = [nugget["text"] for nugget in gold.get("nuggets", ())]
    return gold.get("answers") or nuggets or list(gold.get("relevant", ()))


def _called(run: Run) -> Mapping[str, str]:
    return {"run": run.folder.name, "dataset": run.config["dataset"]["name"], "system": run.config["system"]}
