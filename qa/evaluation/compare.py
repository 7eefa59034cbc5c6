"""Runs on the same questions: what was different about them, which differences are significant, what went otherwise?

For each mean: the paired difference (B minus A), the p-value of paired randomisation over groups with the interval that
it does not reject, McNemar's if all values are 0 or 1 and each question is a group of its own, and Cohen's d_z.
P-values of the task's first metric, which is fixed beforehand, are corrected over the runs, those of the others over
all of them and all runs, after Holm; metrics that are the same on every question count once. For figures that are not
means (AUROC …): the difference with its interval. A mean over different questions in each run, such as citation
precision over the answers that each gave, is compared on those that both have it of; what only one of the two supplied
stands by itself. Beside the figures: the settings, models and so on that differ, and the questions that went right in
only one of the runs, with both answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
# What a metric's row says of the two figures; None where it is undefined.
_TESTS = ("difference", "low", "high", "p", "p_holm", "mcnemar", "effect")


class ComparisonError(RefdeskError):
    """Two runs cannot be compared. The message is one line."""


def compare(a: Run, b: Run, *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """What changes from run ``a`` to run ``b``.

    Returns ``{"task", "a", "b", "items", "metrics": {name: {"a", "b", "difference", "low", "high", "p", "p_holm",
    "mcnemar", "effect", "items"}}, "unpaired": [names], "differences": [{"name", "a", "b"}], "flipped": [{"id",
    "question", "gold", "better", "a", "b"}]}``; undefined values are None. A metric is of the ``items`` that have it in
    both runs; those of ``unpaired`` others have too, in one run only. What only one run has is of the ``items`` that
    have it there, and all but its value is None; where each has it of other questions, ``items`` is 0 and all is None.
    ``differences`` are of the configurations; ``flipped`` are the questions that went right in only one run,
    ``better``, with what was returned in each.

    Raises:
        ComparisonError: the runs differ in task or questions.
        RunError: one of them is not finished.
    """
    return compare_all([a, b], seed=seed, resamples=resamples)["comparisons"][0]  # type: ignore[no-any-return]


def compare_all(runs: Sequence[Run], *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """The first of two or more runs compared with each of the others, as ``compare`` does.

    Returns ``{"task", "items", "baseline": {"run", "dataset", "system", "metrics": {name: {"value", "items"}}},
    "comparisons": [as of compare]}``; the baseline's metrics are over all questions that it has them of. ``resamples``
    are those of the intervals of figures that are not means.

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
        "baseline": {**_called(baseline), "metrics": _own(paired[0], comparisons[0]["metrics"])},
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


class Cell(NamedTuple):
    """A run's figure of a metric, None where it has none; behind it ``note``, which ``legend`` explains, or ""."""

    value: float | None
    note: str = ""
    is_significant: bool = False


def table(compared: Mapping[str, Any]) -> list[tuple[str, list[Cell]]]:
    """Each metric that any run has, with the cell of every run, A's first; from what ``compare_all`` returns."""
    names = dict.fromkeys(name for each in compared["comparisons"] for name in each["metrics"])
    # By the list alone: the others stay in the order of each comparison, figures that are no means last.
    return [(name, _cells(name, compared)) for name in sorted(names, key=lambda name: rank(name)[0])]


def legend(rows: Sequence[tuple[str, Sequence[Cell]]]) -> str:
    """What the notes in a ``table`` mean; "" where it has none."""
    notes = [cell.note for _, cells in rows for cell in cells if cell.note]
    if not notes:
        return ""
    text = (
        "in brackets, where runs have a figure of different questions: on how many it rests; "
        "one that is compared with A's, on those that A has it of, too"
    )
    return f"{text}; behind the colon A's figure on these" if any(":" in note for note in notes) else text


def _cells(name: str, compared: Mapping[str, Any]) -> list[Cell]:
    comparisons = compared["comparisons"]
    if len(comparisons) > 1:
        own = compared["baseline"]["metrics"].get(name, {"value": None, "items": 0})
    else:  # both columns are of the same questions, and B's has the note
        row = comparisons[0]["metrics"][name]
        own = {"value": row["a"], "items": compared["items"] if row["b"] is not None else row["items"]}
    # What all runs have of the same questions, such as HasAns_F1, needs no notes.
    everything = compared["items"] if any(name in each["unpaired"] for each in comparisons) else 0
    note = f"({own['items']})" if own["value"] is not None and own["items"] < everything else ""
    others = (_cell(each["metrics"].get(name), everything, own["value"]) for each in comparisons)
    return [Cell(own["value"], note), *others]


def _cell(row: Row | None, everything: int, own: float | None) -> Cell:
    """The cell of a run that is compared with A, from its row; ``own`` is the figure in A's column."""
    if row is None or (row["b"] is None and row["a"] is not None):
        return Cell(None)
    is_of_both = row["a"] is not None and row["b"] is not None
    there = f":{row['a']:.3f}" if is_of_both and f"{row['a']:.3f}" != f"{own:.3f}" else ""
    note = f"({row['items']}{there})" if row["items"] < everything else ""
    return Cell(row["b"], note, is_significant(row))


def correction(task: TaskName) -> str:
    """How the p-values of the task's metrics are corrected, behind the level: over what, too."""
    first = TASKS[task].headline
    if not first:
        return "after Holm, which corrects over all metrics and all runs"
    return f"after Holm, which corrects {first} over the runs, the others over all of them and all runs"


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
    return [_verdict(name, other, row) for other, row in rows.items() if row and row["p_holm"] is not None]


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
        metrics[name] = _of_means(having, name, seed) if having else _of_one(pairs, name)
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
    changed = [r["id"] for part in ("question", "gold") for r in a.records if r[part] != other[r["id"]][part]]
    if changed:
        raise ComparisonError(f"the runs are not on the same questions: {changed[0]} is another one in {b.folder}")
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
    return _row(
        float(a.mean()),
        float(b.mean()),
        len(a),
        difference=float((b - a).mean()),
        low=low,
        high=high,
        p=p,
        mcnemar=mcnemar(a, b) if binary and is_alone else None,
        effect=effect_size(b, a),
    )


def _of_one(pairs: Sequence[Pair], name: str) -> Row:
    """The mean of a metric that no question has in both runs, where only one run has it.

    Where each has it of other questions, both are undefined: side by side they would look like a comparison.
    """
    a, b = ([pair[side]["metrics"][name] for pair in pairs if name in pair[side]["metrics"]] for side in (0, 1))
    if a and b:
        return _row(None, None, 0)
    return _row(float(np.mean(a)) if a else None, float(np.mean(b)) if b else None, len(a or b))


def _of_statistics(task: str, pairs: Sequence[Pair], seed: int, resamples: int) -> dict[str, Row]:
    """The comparison of each figure that is not a mean; of what only one run has, its value."""
    groups = [first["group"] for first, _ in pairs]
    statistics_of = TASKS[task].statistics_of  # type: ignore[index]
    first, second = (statistics_of([pair[side] for pair in pairs]) for side in (0, 1))
    everything = np.arange(len(pairs))
    rows: dict[str, Row] = {}
    for name in dict.fromkeys([*first, *second]):
        a, b = (side[name](everything) if name in side else None for side in (first, second))
        rows[name] = _row(a, b, len(pairs))
        if a is None or b is None:
            continue

        def difference(chosen: Indices, name: str = name) -> float:
            return second[name](chosen) - first[name](chosen)

        low, high = np.clip(bootstrap_statistic(difference, groups, resamples=resamples, seed=seed), -1, 1)
        rows[name] |= {"difference": b - a, "low": low, "high": high}
    return rows


def _own(pairs: Sequence[Pair], metrics: Mapping[str, Row]) -> dict[str, Row]:
    """The first run's figures on all questions that it has them of; ``metrics`` are its first comparison's."""
    found = {name: {"value": row["a"], "items": row["items"]} for name, row in metrics.items()}
    for name in metrics:
        values = [first["metrics"][name] for first, _ in pairs if name in first["metrics"]]
        if values:
            found[name] = {"value": rounded(float(np.mean(values))), "items": len(values)}
    return {name: row for name, row in found.items() if row["value"] is not None}


def _row(a: float | None, b: float | None, items: int, **tests: float | None) -> Row:
    """A metric's row; of ``_TESTS`` those that are not given are None."""
    return {"a": a, "b": b, **dict.fromkeys(_TESTS), **tests, "items": items}


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
