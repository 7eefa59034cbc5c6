"""A comparison of runs as one HTML file: what differs, the figures with their tests, every question that flipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qa.evaluation.compare import correction, differing, is_significant, legend, letter, table, verdicts
from qa.evaluation.metrics.statistics import SIGNIFICANT
from qa.evaluation.pages import page
from qa.evaluation.plots import differences_plot


def comparison_page(compared: Mapping[str, Any]) -> str:
    """The page, from what ``compare_all`` returns."""
    comparisons = compared["comparisons"]
    runs = [compared["baseline"], *(each["b"] for each in comparisons)]
    called = [letter(number) for number in range(len(runs))]
    others = list(zip(comparisons, called[1:], strict=True))
    rows = table(compared)
    return page(
        "comparison.html",
        {},
        title=f"{runs[0]['dataset']} · {compared['task']} · {' against '.join(called)}",
        items=compared["items"],
        runs=list(zip(called, runs, strict=True)),
        called=called,
        verdicts=verdicts(comparisons),
        differing=differing(comparisons),
        rows=rows,
        pair=comparisons[0]["metrics"] if len(comparisons) == 1 else {},
        legend=legend(rows),
        plots=[differences_plot(f"{name} - A", each["metrics"], is_significant) for each, name in others],
        flips=[(name, *_flips(each["flipped"], name)) for each, name in others],
        level=SIGNIFICANT,
        correction=correction(compared["task"]),
    )


def _flips(
    flipped: Sequence[Mapping[str, Any]], other: str
) -> tuple[list[tuple[Mapping[str, Any], str]], dict[str, int]]:
    """The flipped questions, each with which run was right, and how many of each."""
    rows = [(row, f"right in {other if row['better'] == 'b' else 'A'} only") for row in flipped]
    return rows, dict(Counter(kind for _, kind in rows))
