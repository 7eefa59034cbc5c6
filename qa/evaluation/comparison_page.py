"""A comparison of runs as one HTML file: what differs, the figures with their tests, every question that flipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qa.evaluation.compare import differing, in_all, in_common, is_significant, letter, verdicts
from qa.evaluation.metrics.statistics import SIGNIFICANT
from qa.evaluation.pages import page
from qa.evaluation.plots import differences_plot
from qa.evaluation.tasks import TASKS


def comparison_page(compared: Mapping[str, Any]) -> str:
    """The page, from what ``compare_all`` returns."""
    comparisons = compared["comparisons"]
    runs = [compared["baseline"], *(each["b"] for each in comparisons)]
    called = [letter(number) for number in range(len(runs))]
    others = list(zip(comparisons, called[1:], strict=True))
    return page(
        "comparison.html",
        {"is_significant": is_significant},
        title=f"{runs[0]['dataset']} · {compared['task']} · {' against '.join(called)}",
        items=compared["items"],
        runs=list(zip(called, runs, strict=True)),
        called=called,
        verdicts=verdicts(comparisons),
        differing=differing(comparisons),
        rows=_rows(comparisons),
        plots=[_plot(f"{name} - A", each["metrics"]) for each, name in others],
        flips=[(name, *_flips(each["flipped"], name)) for each, name in others],
        level=SIGNIFICANT,
        first=TASKS[compared["task"]].headline,
        common=in_common(comparisons[0]),
    )


def _plot(title: str, metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """The differences, those that are bold in the table in colour."""
    return differences_plot(title, metrics, [name for name, row in metrics.items() if is_significant(row)])


def _rows(comparisons: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, list[Mapping[str, Any] | None]]]:
    """Each metric, A's value, and its row in each comparison; None where that has no such metric."""
    found = [(name, [each["metrics"].get(name) for each in comparisons]) for name in in_all(comparisons)]
    return [(name, next(row["a"] for row in rows if row), rows) for name, rows in found]


def _flips(
    flipped: Sequence[Mapping[str, Any]], other: str
) -> tuple[list[tuple[Mapping[str, Any], str]], dict[str, int]]:
    """The flipped questions, each with which run was right, and how many of each."""
    rows = [(row, f"right in {other if row['better'] == 'b' else 'A'} only") for row in flipped]
    return rows, dict(Counter(kind for _, kind in rows))
