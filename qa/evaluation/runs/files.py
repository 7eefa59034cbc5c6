"""Reading and writing the files of a run folder, which hold questions and quotes: for their owner alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from documents.errors import RefdeskError
from index import private
from qa.saved.read import has_fields


class RunError(RefdeskError):
    """A run folder cannot be used as asked. The message is one line."""


def read_lines(path: Path, fields: Mapping[str, type]) -> Iterator[dict[str, Any]]:
    """The complete lines of a JSON Lines file; an incomplete last line, which lacks its line feed, is ignored.

    Raises:
        RunError: a line is not an object with ``fields``.
    """
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith("\n"):
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise RunError(f"{path}: line {number} is not JSON; the file was changed") from error
                if not has_fields(value, fields):
                    raise RunError(f"{path}: line {number} is not as Refdesk wrote it; the file was changed")
                yield value


def append_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append the rows to a JSON Lines file."""
    private.make_file(path)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(as_lines(rows))


def as_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as JSON Lines."""
    return "".join(map(_line, rows))


def drop_incomplete_line(path: Path) -> None:
    """Remove a last line that an interrupted run left without its line feed."""
    if path.is_file():
        data = path.read_bytes()
        complete = data.rfind(b"\n") + 1
        if complete < len(data):
            os.truncate(path, complete)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write the file completely or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    private.make_file(temporary)
    temporary.write_bytes(content.encode("utf-8", "replace") if isinstance(content, str) else content)
    temporary.replace(path)


def pretty(value: Mapping[str, Any]) -> str:
    """The value as indented JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _line(value: Mapping[str, Any]) -> str:
    # JSON can hold half of a surrogate pair, UTF-8 cannot: Python escapes it as JSON does.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode() + "\n"
