"""One sequence of all that a document consists of, outer before inner; and its sentences, which respect these.

Headings, paragraphs (text in no block), blocks and tables come in the order of the text. Rows and cells are read from
a table only when they are asked for, so that a large table costs nothing before.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import merge
from typing import NamedTuple, TypeVar

from documents.blocks import Block, Range, Table
from documents.document import Document, Section
from documents.grid import grid_of
from documents.sentences import sentences

_ONLY_TAGS = re.compile(r"(?:\s*+<[^<>]*+>)*+\s*+")

_Range = TypeVar("_Range", Section, Block, Table)


class Element(NamedTuple):
    """``text[start:end]`` of a document, within ``depth`` others.

    ``kind`` is heading, paragraph, table, row, cell or that of a block, and ``label`` is the block's.
    """

    kind: str
    start: int
    end: int
    depth: int = 0
    label: str = ""


class _Own(NamedTuple):
    """Characters of an element that are in no inner one; ``of`` is None for text in no block."""

    start: int
    end: int
    of: Element | None


def elements(document: Document, start: int = 0, end: int | None = None, *, cells: bool = False) -> Iterator[Element]:
    """The elements that begin in ``text[start:end]``, cut at its end; rows and cells of tables only with ``cells``.

    They nest and never cross. Together they hold every character of the range but white space, unless it begins
    within one of them.
    """
    stop = len(document.text) if end is None else end
    for found in _walk(document, start, stop):
        if isinstance(found, Element):
            yield found
            if cells and found.kind == "table":
                yield from _rows(document, found)
        elif found.of is None:
            yield from (Element("paragraph", *place) for place in _paragraphs(document.text, found.start, found.end))


def sentences_of(document: Document, start: int, end: int) -> Iterator[Range]:
    """The sentences of ``text[start:end]``: none goes beyond an item or a field, and rows and lines of code are whole.

    They are in order, do not overlap, neither begin nor end with white space, and hold every other character but the
    tags around the rows and items of HTML.
    """
    for found in _walk(document, start, end):
        if isinstance(found, Element):
            continue
        if found.of and found.of.kind in ("table", "code"):
            yield from _lines_of(document, found.start, found.end)
        elif found.of and found.of.kind == "list" and _ONLY_TAGS.fullmatch(document.text, found.start, found.end):
            continue
        else:
            own = found.of
            label = len(own.label) if own and own.start == found.start else 0
            yield from sentences(document.text, found.start, found.end, label)


def _walk(document: Document, start: int, end: int) -> Iterator[Element | _Own]:
    """The elements but rows and cells, and between them their own text."""
    open_ones = [_of_block(block, depth, end) for depth, block in enumerate(document.blocks_at(start))]
    open_ones = [element for element in open_ones if element.start < start]
    table = document.table_at(start)
    if table and table.start < start:
        open_ones.append(Element("table", table.start, min(table.end, end), len(open_ones)))
    done = start
    for element in _beginning(document, start, end):
        while open_ones and open_ones[-1].end <= element.start:
            last = open_ones.pop()
            if done < last.end:
                yield _Own(done, last.end, last)
            done = max(done, last.end)
        if done < element.start:
            yield _Own(done, element.start, open_ones[-1] if open_ones else None)
        done = max(done, element.start)
        own = element._replace(depth=len(open_ones))
        yield own
        open_ones.append(own)
    for last in reversed(open_ones):
        if done < last.end:
            yield _Own(done, last.end, last)
        done = max(done, last.end)
    if done < end:
        yield _Own(done, end, None)


def _beginning(document: Document, start: int, end: int) -> Iterator[Element]:
    """The headings, blocks and tables that begin in the range, outer before inner."""
    sections = _from(document.sections, start, end)
    headings = (Element("heading", own.start, min(own.heading_end, end)) for own in sections)
    blocks = (_of_block(own, 0, end) for own in _from(document.blocks, start, end))
    tables = (Element("table", own.start, min(own.end, end)) for own in _from(document.tables, start, end))
    return merge(blocks, headings, tables, key=lambda element: (element.start, -element.end))


def _from(ranges: Sequence[_Range], start: int, end: int) -> Iterator[_Range]:
    """Those of the ranges that begin in ``text[start:end]``."""
    number = bisect_left(ranges, start, key=lambda own: own.start)
    while number < len(ranges) and ranges[number].start < end:
        yield ranges[number]
        number += 1


def _of_block(block: Block, depth: int, end: int) -> Element:
    return Element(block.kind, block.start, min(block.end, end), depth, block.label)


def _rows(document: Document, table: Element) -> Iterator[Element]:
    """The rows of a table and their cells, without rules and empty cells."""
    own = document.table_at(table.start)
    if own is None:
        return
    grid = grid_of(document.text, own)
    for row in range(len(grid)):
        cells = [cell for cell in grid.cells(row) if not cell.is_empty and cell.end <= table.end]
        if not cells or grid.is_rule(row):
            continue
        for start, end in [grid.range_of(row)] if own.places else _lines(document.text, *grid.range_of(row)):
            yield Element("row", start, min(end, table.end), table.depth + 1)
        yield from (Element("cell", cell.start, cell.end, table.depth + 2) for cell in cells)


def _lines_of(document: Document, start: int, end: int) -> Iterator[Range]:
    """The rows of a table, or the lines of code, in ``text[start:end]``."""
    table = document.table_at(start)
    if not (table and table.places):
        yield from _lines(document.text, start, end)
        return
    grid = grid_of(document.text, table)
    for row in range(grid.row_at(start), grid.row_at(end - 1) + 1):
        first, last = grid.range_of(row)
        if max(first, start) < min(last, end):
            yield max(first, start), min(last, end)


def _lines(text: str, start: int, end: int) -> Iterator[Range]:
    """The lines in ``text[start:end]`` without the space around them, but not the empty ones."""
    while start < end:
        newline = text.find("\n", start, end)
        stop = end if newline < 0 else newline
        bare = text[start:stop].strip()
        if bare:
            first = text.index(bare, start, stop)
            yield first, first + len(bare)
        start = stop + 1


def _paragraphs(text: str, start: int, end: int) -> Iterator[Range]:
    """The runs of lines in ``text[start:end]`` without an empty one between them."""
    first = last = -1
    for begin, stop in _lines(text, start, end):
        if first >= 0 and text.count("\n", last, begin) > 1:
            yield first, last
            first = -1
        first, last = begin if first < 0 else first, stop
    if first >= 0:
        yield first, last
