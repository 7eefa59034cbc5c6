"""Assembles a document's text from headings, paragraphs, items and rows, and records its structure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from documents.blocks import Block, Group, Kind, Merged, Range, Table
from documents.document import Document, DocumentError, Page
from documents.formats import Heading, sections
from documents.grid import row_text
from documents.normalise import normalise

_LEVELS = 6
_LONGEST_HEADING = 300  # characters; a longer "heading" becomes a paragraph
_MOST_INDENT = 8  # lists in lists that are shown by further space
_MOST_COLUMNS = 1_000
_NUMBER = re.compile(r"[-+(]*[$€£¥]?\s?\d[\d.,\s%)]*\Z")


class GridCell(NamedTuple):
    """A cell as a format gives it; ``is_heading`` where the format says that it is one."""

    text: str
    columns: int = 1
    rows: int = 1
    is_heading: bool = False


@dataclass(slots=True)
class _OpenList:
    """A list that may get more items, and its last item."""

    start: int
    kind: Kind
    item: int
    label: str


class Builder:
    """Collects a document's text block by block; each block is normalised, and so is the whole."""

    def __init__(self, parser: str) -> None:
        self._parser = parser
        self._parts: list[str] = []
        self._size = 0
        self._headings: list[Heading] = []
        self._pages: list[Page] = []
        self._page: tuple[int, int] | None = None  # its number, and how many parts preceded it
        self._page_start = 0
        self._blocks: list[Block] = []
        self._tables: list[Table] = []
        self._lists: list[_OpenList] = []  # the lists that the next item may belong to, outermost first
        self._in_fields = False  # whether a field came last

    def heading(self, text: str, level: int) -> None:
        """Add a heading; ``level`` 1 is the outermost."""
        title = " ".join(normalise(text).split())
        if len(title) > _LONGEST_HEADING:
            self.paragraph(text)
        elif title:
            self._close_lists(0)
            start, _ = self._add(title)
            self._headings.append(Heading(start, self._size, max(1, min(level, _LEVELS)), title))

    def paragraph(self, text: str, kind: Kind | None = None, label: str = "") -> Range | None:
        """Add a paragraph with its line breaks, or a block of that ``kind``; returns where it is, if it has text."""
        text = re.sub(r"\n{2,}", "\n", normalise(text)).strip()
        if not text:
            return None
        self._close_lists(0)
        found = self._add(text)
        if kind:
            self._blocks.append(Block(kind, *found, label))
        return found

    def item(self, text: str, label: str = "•", depth: int = 0, *, is_step: bool = False) -> None:
        """Add an item to the list before it, or to a new one.

        ``label`` is its number or sign as shown, ``depth`` the number of lists that its list is in, and ``is_step``
        says that the list is numbered. A list within an item follows the item.
        """
        text, label = _without_empty_lines(text), " ".join(normalise(label).split())
        if not text:
            return
        gap = "\n" if self._lists else "\n\n"
        depth = min(depth, len(self._lists))
        self._close_lists(depth + 1)
        start = self._size
        if depth < len(self._lists):
            self._close_item()
        start, _ = self._add(_indent(depth) + (f"{label} {text}" if label else text), gap)
        start += len(_indent(depth))
        kind: Kind = "step" if is_step else "item"
        if depth == len(self._lists):
            self._lists.append(_OpenList(start, kind, start, label))
        else:
            own = self._lists[depth]
            own.kind, own.item, own.label = kind, start, label

    def more_of_item(self, text: str) -> None:
        """Add another paragraph to the last item; without a list, a paragraph."""
        text = _without_empty_lines(text)
        if text and self._lists:
            self._add(_indent(len(self._lists)) + text, "\n")
        else:
            self.paragraph(text)

    def end_list(self) -> None:
        """End the list: the next item begins another."""
        self._close_lists(0)

    def field(self, name: str, value: str) -> None:
        """Add a line of a name and its value."""
        name, value = (" ".join(normalise(text).split()) for text in (name, value))
        if value:
            self._close_lists(0)
            gap = "\n" if self._in_fields else "\n\n"
            found = self._add(f"{name}: {value}" if name else value, gap)
            self._blocks.append(Block("field", *found, name))
            self._in_fields = True

    def rows(
        self,
        grid: Sequence[Sequence[str | GridCell]],
        *,
        heading: bool | None = None,
        caption: str = "",
        labels: int | None = None,
    ) -> None:
        """Add a table.

        ``heading`` says whether the first row holds column headings, ``labels`` how many first columns hold those of
        their rows (None: cells say so, or guess).
        """
        title = self.paragraph(caption, "caption")
        layout = _laid_out(grid)
        while _is_caption(layout.rows):
            title = self.paragraph("".join(layout.rows[0]), "caption")
            layout = layout.below_first()
        if not layout.rows:
            return
        self._close_lists(0)
        start, end = self._add("\n".join(map(row_text, layout.rows)))
        table = _table(layout, start, end, title, heading)
        self._tables.append(table if labels is None else replace(table, labels=labels))

    @contextmanager
    def block(self, kind: Kind, label: str = "") -> Iterator[None]:
        """All that is added within is one block of that kind."""
        self._close_lists(0)
        count, place = len(self._parts), len(self._blocks)
        yield
        self._close_lists(0)
        if len(self._parts) > count:
            start = self._size - sum(map(len, self._parts[count + 1 :]))  # the first part is the gap before it
            self._blocks.insert(place, Block(kind, start, self._size, label))

    def page(self, number: int) -> None:
        """Begin page ``number``."""
        self._end_page()
        self._page = (number, len(self._parts))

    def document(self, name: str, title: str = "") -> Document:
        """The finished document; raises DocumentError, naming ``name``, where there is no text."""
        self._close_lists(0)
        self._end_page()
        if not self._parts:
            raise DocumentError(f"{name}: the file holds no text")
        title = " ".join(normalise(title).split())[:_LONGEST_HEADING]
        found = sections(self._headings, self._size)
        blocks = tuple(sorted(self._blocks, key=lambda block: (block.start, -block.end)))
        return Document(
            "".join(self._parts), title, found, tuple(self._pages), self._parser, blocks, tuple(self._tables)
        )

    def _add(self, text: str, gap: str = "\n\n") -> Range:
        """Append text and return where it is."""
        gap = gap if self._parts else ""
        start = self._size + len(gap)
        if self._page and self._page[1] == len(self._parts):
            self._page_start = start
        self._parts += [gap, text]
        self._size = start + len(text)
        self._in_fields = False
        return start, self._size

    def _close_item(self) -> None:
        own = self._lists[-1]
        self._blocks.append(Block(own.kind, own.item, self._size, own.label))

    def _close_lists(self, depth: int) -> None:
        """End the lists that are in ``depth`` lists or more."""
        while len(self._lists) > depth:
            self._close_item()
            self._blocks.append(Block("list", self._lists.pop().start, self._size))

    def _end_page(self) -> None:
        if self._page and len(self._parts) > self._page[1]:
            self._pages.append(Page(self._page[0], self._page_start, self._size))
        self._page = None


def _indent(depth: int) -> str:
    """The space before a line that is in so many lists."""
    return "  " * min(depth, _MOST_INDENT)


def _without_empty_lines(text: str) -> str:
    return "\n".join(line for line in normalise(text).split("\n") if line.strip()).strip()


class _Layout(NamedTuple):
    """The texts of a table's cells by row and column, each in its place, without empty rows."""

    rows: list[list[str]]
    merged: list[Merged]
    headings: frozenset[tuple[int, int]]  # rows and columns of the cells that the format calls headings

    def below_first(self) -> _Layout:
        """The table without its first row."""
        merged = [Merged(cell.row - 1, cell.column, cell.rows, cell.columns) for cell in self.merged if cell.row]
        return _Layout(self.rows[1:], merged, frozenset((row - 1, column) for row, column in self.headings if row))


def _laid_out(grid: Sequence[Sequence[str | GridCell]]) -> _Layout:
    """Cells that span rows push those of the rows below to the right, as HTML lays out tables."""
    rows, merged, headings = list[list[str]](), list[Merged](), set[tuple[int, int]]()
    below = dict[int, int]()  # by column, how many more rows a cell from above covers
    for given in grid:
        row, column, covered = list[str](), 0, below
        below = {place: left - 1 for place, left in covered.items() if left > 1}
        for text, columns, height, is_heading in (
            cell if isinstance(cell, GridCell) else GridCell(cell) for cell in given[:_MOST_COLUMNS]
        ):
            while covered.get(column, 0) > 0:
                column += 1
            columns = max(1, min(columns, _MOST_COLUMNS))
            row += [""] * (column - len(row)) + [" ".join(normalise(text).split())]
            if columns > 1 or height > 1:
                merged.append(Merged(len(rows), column, max(1, height), columns))
            if height > 1:
                below.update(dict.fromkeys(range(column, column + columns), height - 1))
            if is_heading:
                headings.add((len(rows), column))
            column += columns
        rows.append(row)
    return _without_empty_rows(_Layout(rows, merged, frozenset(headings)))


def _without_empty_rows(layout: _Layout) -> _Layout:
    kept = [number for number, row in enumerate(layout.rows) if any(row)]
    place = {number: new for new, number in enumerate(kept)}
    merged = [
        Merged(place[cell.row], cell.column, sum(cell.row <= row < cell.row + cell.rows for row in kept), cell.columns)
        for cell in layout.merged
        if cell.row in place
    ]
    return _Layout(
        [layout.rows[number] for number in kept],
        [cell for cell in merged if cell.rows > 1 or cell.columns > 1],
        frozenset((place[row], column) for row, column in layout.headings if row in place),
    )


def _table(layout: _Layout, start: int, end: int, caption: Range | None, heading: bool | None) -> Table:
    """The structure of the table whose text is there."""
    headings = _heading_rows(layout, heading)
    return Table(
        start, end, tuple(range(headings)), _labels(layout, headings), caption, tuple(layout.merged),
        tuple(_groups(layout, headings)),
    )  # fmt: skip


def _heading_rows(layout: _Layout, heading: bool | None) -> int:
    """How many first rows hold column headings."""
    rows = layout.rows
    if heading is False or len(rows) < 2:
        return 0
    called = 0
    while called < len(rows) - 1 and all((called, n) in layout.headings for n, text in enumerate(rows[called]) if text):
        called += 1
    count = called or int(bool(heading) or looks_like_header(rows))
    spans = {cell.row: cell for cell in layout.merged if cell.columns > 1}
    if count and not called:
        count = max(count, *(cell.row + cell.rows for cell in layout.merged if cell.row == 0), 0)
        while count < len(rows) - 1 and count - 1 in spans and not any(map(_NUMBER.match, rows[count])):
            count += 1
    return min(count, len(rows) - 1)


def _labels(layout: _Layout, headings: int) -> int:
    """How many first columns hold the headings of their rows: those called headings, else the first of several."""
    rows = range(headings, len(layout.rows))
    width = max(map(len, layout.rows))
    called = 0
    while called < width - 1 and 2 * sum((row, called) in layout.headings for row in rows) > len(rows):
        called += 1
    return called or int(width > 1)


def _groups(layout: _Layout, headings: int) -> Iterator[Group]:
    """Rows of a single cell at the left, each a heading of the rows down to the next one."""
    rows = layout.rows
    if max(map(len, rows)) < 2:
        return
    alone = [number for number in range(headings, len(rows)) if rows[number][0] and _filled(rows[number]) == 1]
    for number, following in pairwise([*alone, len(rows)]):
        if following - number > 1:
            yield Group(number, following - 1)


def _is_caption(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is a single cell above a wider one."""
    return len(rows) > 1 and _filled(rows[0]) == 1 < _filled(rows[1])


def _filled(row: Sequence[str]) -> int:
    """How many cells of the row are not empty."""
    return len(row) - row.count("")


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row looks like column headings: distinct words above a table of several columns."""
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return False
    first = [cell for cell in rows[0] if cell]
    below = rows[1]
    if len(first) < 2 or len(set(first)) < len(first) or len(first) < sum(map(bool, below)) - 1:
        return False
    return not any(_NUMBER.match(cell) and not re.fullmatch(r"(?:19|20)\d\d", cell) for cell in first) and (
        all(len(cell) <= 80 for cell in first)
    )
