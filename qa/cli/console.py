"""All that the commands print, and their progress bars on standard error.

Whatever is written for people goes through ``echo`` (standard output), ``note`` (standard error), ``echo_table``, the
bars or ``LineFormatter`` (what is logged): none lets a character through that a terminal would obey
(``qa.cli.visible``).
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console

from qa import settings as configuration
from qa.cli.visible import visible, visible_json, visible_lines
from qa.settings import Settings

# What is printed holds no markup: ":100:" is a ratio, not a picture.
_PLAIN: Any = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True}
# Of a table: characters between columns, and of a column that a split table gives it at most.
_PADDING, _WIDEST = 2, 16
err = Console(stderr=True, **_PLAIN)
out = Console(**_PLAIN)


def echo(*lines: str) -> None:
    """Print to standard output; each of ``lines`` makes one line, whatever is in it."""
    for line in lines:
        out.print(visible(line))


def numbered(count: int, noun: str) -> str:
    """The noun with how many there are: "1 passage", "1,027 passages"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def note(*lines: str, prefix: str = "refdesk: ") -> None:
    """Print to standard error; each of ``lines`` makes one line, whatever is in it."""
    for line in lines:
        err.print(f"{prefix}{visible(line)}")


def note_failed(report: Any) -> None:
    """Name the files that a run could not read, each with the reason."""
    for path, reason in report.failed.items():
        note(reason if reason.startswith(path) else f"{path}: {reason}")


def print_json(value: Mapping[str, Any], *, line: bool = False) -> None:
    """One JSON object on standard output, on one ``line`` where others follow."""
    indent = None if line else 2
    text = visible_json(json.dumps(value, ensure_ascii=False, indent=indent))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # escapes fit into every encoding
        text = json.dumps(value, indent=indent)
    sys.stdout.write(text + "\n")
    if line:
        sys.stdout.flush()  # whoever reads it need not wait for the others


def echo_table(
    title: Sequence[str],
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    folded: bool = False,
    split: bool = False,
) -> None:
    """Print a table to standard output, below the lines of its title.

    The first column names the rows; ``folded`` lets it wrap. ``split`` prints columns that do not fit below the others.
    """
    if not split:
        _print_table(title, head, rows, folded)
        return
    widths = [max(len(row[number]) for row in [head, *rows]) for number in range(len(head))]
    widths[1:] = [min(width, _WIDEST) for width in widths[1:]]
    first = 1
    while first < len(head):
        last, used = first + 1, widths[0] + widths[first] + 2 * _PADDING
        while last < len(head) and used + widths[last] + _PADDING <= out.width:
            used += widths[last] + _PADDING
            last += 1
        _print_table(title if first == 1 else [], *_columns(head, rows, first, last), folded)
        first = last


def _columns(
    head: Sequence[str], rows: Sequence[Sequence[str]], first: int, last: int
) -> tuple[list[str], list[list[str]]]:
    """The first column, and those from ``first`` to ``last`` (exclusive)."""
    cut, *others = ([row[0], *row[first:last]] for row in [head, *rows])
    return cut, others


def _print_table(title: Sequence[str], head: Sequence[str], rows: Sequence[Sequence[str]], folded: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    above = "\n".join(map(visible, title))
    table = Table(title=above or None, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True)
    for number, name in enumerate(head):
        table.add_column(
            visible(name), justify="right" if number else "left", no_wrap=number == 0 and not folded, overflow="fold"
        )
    for row in rows:
        table.add_row(*map(visible, row))
    out.print(table)


class LineFormatter(logging.Formatter):
    """A log record is one line, and a traceback below it keeps its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return visible(super().formatMessage(record).strip())

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return visible_lines(super().formatException(ei))


def show_traceback(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """What Python would print of an error that nobody caught, as lines."""
    note(*"".join(traceback.format_exception(kind, error, trace)).rstrip("\n").split("\n"), prefix="")


def read_settings(**flags: object) -> Settings:
    """The settings; where a file decides where documents and keys go, a line on standard error says so."""
    settings = configuration.read(**flags)
    note(*settings.set_by_files)
    return settings


@contextmanager
def indexing(console: Console = err) -> Iterator[Callable[[Any], None]]:
    """A bar on a terminal: share of the bytes, rate, remaining time, the file being read."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.percentage:>3.0f}%"), BarColumn(), TextColumn("{task.fields[files]} files"),
        TextColumn("{task.fields[rate]} passages/s"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        TextColumn("{task.fields[path]}", markup=False),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", files="0", rate="0", path="")

        def show(progress: Any) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            bar.update(
                task,
                total=progress.of_bytes,
                completed=progress.bytes,
                files=f"{progress.files}/{progress.of_files}",
                rate=f"{progress.embedded / elapsed:.0f}" if elapsed > 0 else "–",
                path=visible(Path(progress.path).name),
            )

        yield show


@contextmanager
def copying(console: Console = err) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal: rows that are copied, of how many."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (MofNCompleteColumn(), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def asking(title: str, console: Console = err) -> Iterator[Callable[[Any], None]]:
    """A bar on a terminal: questions asked, the running score, rate and remaining time."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.fields[title]}", markup=False), MofNCompleteColumn(), BarColumn(),
        TextColumn("{task.fields[score]}", markup=False), TextColumn("{task.fields[seconds]} s a question"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", title=visible(title), score="", seconds="–", total=None)

        def show(progress: Any) -> None:
            score = "" if progress.mean is None else visible(f"{progress.metric} {progress.mean:.3f}")
            bar.update(task, total=progress.of, completed=progress.done, score=score, seconds=f"{progress.seconds:.2f}")

        yield show
