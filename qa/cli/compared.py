"""A comparison of runs on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.cli.console import echo, echo_table
from qa.cli.figures import shown

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
        _show_pair(comparisons[0])
    else:
        _show_several(comparisons)
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
    from qa.evaluation.compare import in_common

    head = ("metric", "A", "B", "B - A", "low", "high", "p Holm", "effect")
    rows = [
        (
            name,
            shown(row["a"]),
            shown(row["b"]),
            *(shown(row[part], signed=True) for part in ("difference", "low", "high")),
            shown(row["p_holm"]),
            shown(row["effect"], signed=True),
        )
        for name, row in compared["metrics"].items()
    ]
    echo_table([], head, rows)
    common = in_common(compared)
    if common:
        named = ", ".join(f"{name} ({items})" for name, items in common.items())
        echo(*wrapped(f"compared on the questions that both runs have it of: {named}"))
    if others := [name for name in compared["unpaired"] if name not in common]:
        echo(*wrapped(f"over other questions in each run, so not compared: {', '.join(others)}"))


def _show_several(comparisons: Sequence[Mapping[str, Any]]) -> None:
    """Each metric in all runs; in the others a star marks a significant difference from A."""
    from qa.evaluation.compare import in_all, is_significant, letter
    from qa.evaluation.metrics.statistics import SIGNIFICANT

    rows = []
    for name in in_all(comparisons):
        found = [each["metrics"].get(name) for each in comparisons]
        first = next(row for row in found if row)
        others = (f"{shown(row['b'])}{'*' if is_significant(row) else ' '}" if row else "" for row in found)
        rows.append((name, shown(first["a"]), *others))
    head = ("metric", "A", *(letter(number) for number in range(1, len(comparisons) + 1)))
    echo_table([], head, rows, split=True)
    echo(f"* differs from A: p < {SIGNIFICANT}, corrected over metrics and runs after Holm")


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
