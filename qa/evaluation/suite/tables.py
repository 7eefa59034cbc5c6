"""All figures of a suite -> its tables, some with a plot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qa.evaluation.plots import curves_plot, figures_plot
from qa.evaluation.suite.sections import KINDS, RISK, SECTIONS

Results = Mapping[str, Mapping[str, Any]]
"""Figures by the benchmark's name, without those that were not run."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what it is about, and its cells; ``plot``: the text of an ``<svg>`` element, "" for none."""

    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    plot: str = ""

    @property
    def name(self) -> str:
        """The title in the letters of a file's name."""
        return re.sub(r"\W+", "-", self.title.casefold()).strip("-")


def tables(results: Results) -> Iterator[Table]:
    """The tables that any of the results stand in."""
    for section in SECTIONS:
        present = {label: results[name] for name, label in section.rows if name in results}
        shown = [name for name in section.metrics if any(name in result["metrics"] for result in present.values())]
        if present:
            rows = [_row(label, result, shown) for label, result in present.items()]
            plot = _plot(section.drawn, present)
            yield Table(section.title, section.note, ["", "questions", *shown, "median s"], rows, plot)
    for title, name, dimension in KINDS:
        if name in results:
            yield _by_kind(title, results[name]["slices"].get(dimension, {}))


def _row(label: str, result: Mapping[str, Any], metrics: Sequence[str]) -> list[str]:
    figures = [_figure(result["metrics"].get(name)) for name in metrics]
    median = result["timing"].get("p50")
    return [label, str(result["items"]), *figures, "" if median is None else f"{median:.3f}"]


def _plot(drawn: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    if drawn == RISK:
        return curves_plot("Risk and coverage", {label: result["risk_coverage"] for label, result in rows.items()})
    figures = {label: result["metrics"][drawn] for label, result in rows.items() if drawn in result["metrics"]}
    return figures_plot(drawn, figures) if len(figures) > 1 else ""


def _by_kind(title: str, kinds: Mapping[str, Mapping[str, Any]]) -> Table:
    """The figures of each kind of question about silent documents."""
    metrics = ("answered", "right")
    rows = [
        [kind, str(row["items"]), *(_figure(row["metrics"].get(name)) for name in metrics)]
        for kind, row in sorted(kinds.items())
    ]
    return Table(title, "", ("question", "questions", *metrics), rows)


def _figure(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return ""
    interval = "" if figure["low"] is None else f" ({_short(figure['low'])}–{_short(figure['high'])})"
    return f"{_short(figure['value'])}{interval}"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".removeprefix("0") if 0 < value < 1 else f"{value:.0f}"
