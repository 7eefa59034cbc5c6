"""A comparison of runs on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qa.cli.console import echo, echo_table
from qa.cli.figures import shown

if TYPE_CHECKING:
    from qa.evaluation.compare import Cell

_WIDTH = 76  # characters of a line
_VALUE = 24  # characters of a setting's value


def show_comparison(compared: Mapping[str, Any], flips: int) -> None:
    """Print what ``compare_all`` returns, with at most ``flips`` flipped questions of each comparison."""
    from qa.evaluation.compare import letter, verdicts

    comparisons = compared["comparisons"]
    echo(f"{compared['task']}, {compared['items']} questions")
    runs = [compared["baseline"], *(each["b"] for each in comparisons)]
    echo(*(f"{letter(number)} {run['run']}" for number, run in enumerate(runs)), "")
    _show_differences(comparisons)
    if len(comparisons) == 1:
        _show_pair(compared)
    else:
        _show_several(compared)
    for sentence in verdicts(comparisons):
        echo(*wrapped(sentence))
    for number, each in enumerate(comparisons, start=1):
        _show_flips(each["flipped"], flips, letter(number))


def _show_differences(comparisons: Sequence[Mapping[str, Any]]) -> None:
    """The parts of the configurations that are not the same in all runs."""
    from qa.evaluation.compare import differing, letter

    rows = [(name, *map(_value, values)) for name, values in differing(comparisons)]
    if rows:
        echo_table(["what differs"], ("", *map(letter, range(len(comparisons) + 1))), rows, split=True)
    else:
        echo("made in the same way")


def _value(value: object) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= _VALUE else f"{text[: _VALUE - 1]}…"


def _show_pair(compared: Mapping[str, Any]) -> None:
    from qa.evaluation.compare import legend, table

    figures = table(compared)
    metrics = compared["comparisons"][0]["metrics"]
    columns = [_column([cells[number]._replace(is_significant=False) for _, cells in figures]) for number in (0, 1)]
    rows = []
    for (name, _), *values in zip(figures, *columns, strict=True):
        row = metrics[name]
        differences = (shown(row[part], signed=True) for part in ("difference", "low", "high"))
        rows.append((name, *values, *differences, shown(row["p_holm"]), shown(row["effect"], signed=True)))
    echo_table([], ("metric", "A", "B", "B - A", "low", "high", "p Holm", "effect"), rows, split=True)
    echo(*wrapped(legend(figures)))


def _show_several(compared: Mapping[str, Any]) -> None:
    """Each metric in all runs; in the others a star marks a significant difference from A."""
    from qa.evaluation.compare import correction, legend, letter, table
    from qa.evaluation.metrics.statistics import SIGNIFICANT

    figures = table(compared)
    numbers = range(len(compared["comparisons"]) + 1)
    columns = [_column([cells[number] for _, cells in figures]) for number in numbers]
    rows = [(name, *values) for (name, _), *values in zip(figures, *columns, strict=True)]
    echo_table([], ("metric", *map(letter, numbers)), rows, split=True)
    echo(*wrapped(f"* differs from A: p < {SIGNIFICANT} {correction(compared['task'])}"))
    echo(*wrapped(legend(figures)))


def _column(cells: Sequence[Cell]) -> list[str]:
    """A run's figures one below the other, and what stands behind each."""
    behind = [("*" if cell.is_significant else "") + (f" {cell.note}" if cell.note else "") for cell in cells]
    widest = max(map(len, behind))
    return [f"{shown(cell.value)}{note:<{widest}}" for cell, note in zip(cells, behind, strict=True)]


def _show_flips(flipped: Sequence[Mapping[str, Any]], most: int, other: str) -> None:
    """The questions that went right in only one of the runs, those that the other got right first."""
    for better, title in (("b", f"right in {other} only"), ("a", f"right in A, not in {other}")):
        rows = [row for row in flipped if row["better"] == better]
        if not rows:
            continue
        echo("", f"{title}: {len(rows)}")
        for row in rows[:most]:
            echo(_cut(f"  {row['id']}: {row['question']}"), _cut(f"    A {row['a']}"), _cut(f"    {other} {row['b']}"))
        if len(rows) > most:
            echo(f"  and {len(rows) - most} more (--flips, or all with --json)")


def _cut(line: str) -> str:
    line = line[:2] + line[2:].replace("\n", " ")
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def wrapped(text: str, indent: str = "") -> list[str]:
    """The text in lines that fit the terminal; all but the first are indented twice as far."""
    import textwrap

    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=2 * indent)
