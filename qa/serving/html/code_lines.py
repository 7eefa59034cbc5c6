"""The lines of code in a document, without what is not code: the fences of Markdown and what indents all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.blocks import Range
from documents.document import Document

_FENCE = re.compile(r"(?:`{3,}|~{3,})")
_INDENT = re.compile(r"[ >]*")


def code_lines(document: Document, start: int, end: int) -> list[Range]:
    """The lines of the code block that holds ``document.text[start:end]``, as far as they are in that range."""
    text = document.text
    block = next((own for own in reversed(document.blocks_at(start)) if own.kind == "code"), None)
    first, last = (block.start, block.end) if block else (start, end)
    lines = list(_lines(text, first, last))
    if document.parser.startswith("markdown/") and _FENCE.match(text, first):
        is_closed = len(lines) > 1 and _FENCE.match(text, _INDENT.match(text, *lines[-1]).end())  # type: ignore[union-attr]
        indent = first - text.rfind("\n", 0, first) - 1
        lines = lines[1 : -1 if is_closed else None]
    else:
        indent = min((_indent(text, *line) for line in lines if text[slice(*line)].strip()), default=0)
    bare = [(begin + min(indent, _indent(text, begin, stop)), stop) for begin, stop in lines]
    return [(_from(text, begin, start), min(stop, end)) for begin, stop in bare if begin <= end and stop >= start]


def _from(text: str, line: int, start: int) -> int:
    """Where the part of a line begins that is from ``start`` on, with the spaces before its first word."""
    return line if start <= line or text[line:start].isspace() else start


def _lines(text: str, start: int, end: int) -> Iterator[Range]:
    """The lines, the first one whole where only spaces are before the block."""
    line = text.rfind("\n", 0, start) + 1
    start = line if text[line:start].isspace() else start
    while start <= end:
        newline = text.find("\n", start, end)
        stop = end if newline < 0 else newline
        yield start, stop
        start = stop + 1


def _indent(text: str, start: int, end: int) -> int:
    return _INDENT.match(text, start, end).end() - start  # type: ignore[union-attr]
