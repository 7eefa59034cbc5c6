"""What the commands share: the two consoles, options, JSON output and progress bars on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

# Nothing in what is printed has a meaning of its own: ":100:" is a ratio, not a picture.
_PLAIN: Any = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True}
err = Console(stderr=True, **_PLAIN)
out = Console(**_PLAIN)

IndexOption = Annotated[Path | None, typer.Option("--index", help="Index folder [REFDESK_INDEX, ./.refdesk]")]
BackendOption = Annotated[
    str | None, typer.Option(help="How answers are composed: extractive, openai, llamacpp or transformers [extractive]")
]
ModelOption = Annotated[
    str | None, typer.Option(help="The language model: the server's name for it, a GGUF file, a folder or a hub name.")
]
BaseUrlOption = Annotated[
    str | None, typer.Option(help="Of backend openai, the server, such as http://localhost:11434/v1.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on standard output."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # escapes fit into every encoding
        text = json.dumps(value, indent=2)
    sys.stdout.write(text + "\n")


@contextmanager
def indexing() -> Iterator[Callable[[Any], None]]:
    """A bar on a terminal's standard error: share of the bytes, rate, remaining time, the file at hand."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.percentage:>3.0f}%"), BarColumn(), TextColumn("{task.fields[files]} files"),
        TextColumn("{task.fields[rate]} passages/s"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        TextColumn("{task.fields[path]}"),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", files="0", rate="0", path="")

        def show(progress: Any) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            bar.update(
                task,
                total=progress.of_bytes,
                completed=progress.bytes,
                files=f"{progress.files}/{progress.of_files}",
                rate=f"{progress.embedded / elapsed:.0f}" if elapsed > 0 else "–",
                path=Path(progress.path).name,
            )

        yield show


@contextmanager
def asking(title: str) -> Iterator[Callable[[Any], None]]:
    """A bar on a terminal's standard error: questions asked, the running score, rate and remaining time."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(title), MofNCompleteColumn(), BarColumn(), TextColumn("{task.fields[score]}"),
        TextColumn("{task.fields[seconds]} s a question"), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", score="", seconds="–", total=None)

        def show(progress: Any) -> None:
            score = "" if progress.mean is None else f"{progress.metric} {progress.mean:.3f}"
            bar.update(task, total=progress.of, completed=progress.done, score=score, seconds=f"{progress.seconds:.2f}")

        yield show
