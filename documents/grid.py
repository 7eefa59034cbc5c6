"""The rows and cells of a table, read from its text, and the headings of a cell."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import islice, pairwise, takewhile
from typing import NamedTuple

from documents.blocks import MAX_COLUMNS, Group, Merged, Range, Table

EDGE = re.compile(r"(?<!\\)\|")  # between cells; a "|" within one is written as in Markdown
# The line below the headings of a Markdown table; what it consists of is looked at once, however long it is.
_RULE = re.compile(r"(?=[\s>|:=+-]*+\Z).*?(?:-|={2})", re.DOTALL)
_QUOTED = re.compile(r"[ >]*")  # what a row begins with where the table is within a quotation or a list
_DEEPEST = 8  # heading rows above one another, and groups in groups, that a cell is read with
_MARKUP = re.compile(r"\s*(?:<[^<>]*>|\n)\s*")
_APART = re.compile(r"\s|<(?:br|p|div|li|sup)\b", re.IGNORECASE)
_LONGEST = 300  # characters of a heading that a cell is read with
_KEPT_CELLS = 10_000  # of the rows read last, so that a heading is not read again for each cell below it


class Cell(NamedTuple):
    """``text[start:end]`` of the document, without the space around it; an empty cell has no characters."""

    row: int
    column: int
    start: int
    end: int

    @property
    def is_empty(self) -> bool:
        return self.start == self.end


class Grid:
    """The cells of one table of a document's ``text``. Rows are read when asked for: a large table costs little.

    What is said of a cell costs no more in a large table. A row has at most ``MAX_COLUMNS`` cells with headings; what
    stands beyond is one more cell without any.
    """

    def __init__(self, text: str, table: Table) -> None:
        self.text = text
        self.table = table
        self._starts = [table.start + row[0][0] for row in table.places] or [table.start]
        while not table.places and (newline := text.find("\n", self._starts[-1], table.end)) >= 0:
            self._starts.append(newline + 1)
        self._wide = _by(lambda cell: cell.row, (cell for cell in table.merged if cell.columns > 1))
        self._tall = _by(lambda cell: cell.column, (cell for cell in table.merged if cell.rows > 1))
        self._headings = frozenset(table.headings)
        self._outer = _outer(table.groups)
        # Rows are mostly asked about one after the other: the rows read last, whether the last one is a rule, and the
        # headings looked up last, with the number of heading rows above.
        self._kept: dict[int, list[Cell]] = {}
        self._room = _KEPT_CELLS
        self._ruled: tuple[int, bool] = (-1, False)
        self._above: tuple[int, range, dict[int, list[Cell]]] = (-1, range(0), {})

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._starts)

    def row_at(self, offset: int) -> int:
        """The number of the row that holds ``offset``."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def range_of(self, row: int) -> Range:
        """Where the row starts and ends."""
        if self.table.places:
            return self._starts[row], self.table.start + self.table.places[row][0][1]
        last = row + 1 == len(self._starts)
        return self._starts[row], self.table.end if last else self._starts[row + 1] - 1

    def is_heading(self, row: int) -> bool:
        """Whether the row holds the headings of columns."""
        return row in self._headings

    def is_rule(self, row: int) -> bool:
        """Whether the row is only a line drawn between others."""
        number, found = self._ruled
        if number != row:
            found = _RULE.match(self.text, *self.range_of(row)) is not None
            self._ruled = row, found
        return found

    def is_data(self, row: int) -> bool:
        """Whether the row is neither a heading nor a rule."""
        return not self.is_heading(row) and not self.is_rule(row)

    @cached_property
    def parts(self) -> list[Range]:
        """The first row of each part and the row behind it: below other headings, a table begins anew."""
        starts, known = [0], list[str]()
        for number, row in enumerate(self.table.headings):
            if number and self._is_next(number):
                continue
            run = list(takewhile(lambda own: not self.is_data(own), range(row, len(self))))
            texts = [self.text[cell.start : cell.end] for own in run for cell in self.cells(own) if not cell.is_empty]
            if known and texts != known:
                starts.append(row)
            known = texts
        return list(pairwise([*starts, len(self)]))

    def cells(self, row: int) -> list[Cell]:
        """The row's cells from the first column on, empty ones included."""
        found = self._kept.get(row)
        if found is None:
            found = self._read(row)
            if self._room <= 0:
                self._kept, self._room = {}, _KEPT_CELLS
            self._kept[row] = found
            self._room -= 1 + len(found)
        return found

    def _read(self, row: int) -> list[Cell]:
        if self.table.places:
            first = self.table.start
            places = enumerate(self.table.places[row][1:])
            return [Cell(row, column, first + start, first + end) for column, (start, end) in places]
        start, end = self.range_of(row)
        if self.table.columns:
            return self._aligned_cells(row, start, end)
        start = _QUOTED.match(self.text, start, end).end()  # type: ignore[union-attr]
        edges = [edge.start() for edge in islice(EDGE.finditer(self.text, start, end), MAX_COLUMNS + 1)]
        if not edges or self.text[start : edges[0]].strip():
            edges.insert(0, start - 1)
        if self.text[edges[-1] + 1 : end].strip():
            edges.append(end)
        return [
            Cell(row, column, *_stripped(self.text, left + 1, right))
            for column, (left, right) in enumerate(pairwise(edges))
        ]

    def _aligned_cells(self, row: int, start: int, end: int) -> list[Cell]:
        """The cells of a row in which they are apart by spaces."""
        line = self.text.rfind("\n", 0, start) + 1
        edges = [line, *(line + column for column in self.table.columns[1:]), max(end, line)]
        found = list[Cell]()
        for column, (left, right) in enumerate(pairwise(edges)):
            found.append(Cell(row, column, *_stripped(self.text, max(left, start), min(right, end))))
        while len(found) > 1 and found[-1].is_empty:
            found.pop()
        return found

    def words_of(self, cell: Cell) -> list[Range]:
        """The cell's characters as they are read: without the markup and line breaks within."""
        if not self.table.places:
            return [(cell.start, cell.end)]
        gaps = [gap.span() for gap in _MARKUP.finditer(self.text, cell.start, cell.end)]
        edges = [cell.start, *(edge for gap in gaps for edge in gap), cell.end]
        return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]

    def cell_at(self, offset: int) -> Cell | None:
        """The cell that holds ``offset``; None where that is between cells."""
        return next((cell for cell in self.cells(self.row_at(offset)) if cell.start <= offset < cell.end), None)

    def column_headings(self, row: int, column: int) -> list[Cell]:
        """The headings above a cell, outermost first: those of the nearest heading rows above it."""
        last = bisect_right(self.table.headings, row - 1)
        number, numbers, known = self._above
        if number != last:
            numbers, known = self._run_before(last), {}
            self._above = last, numbers, known
        if column not in known:
            found = (self._across(self.table.headings[number], column) for number in numbers)
            known[column] = [_heading(cell) for cell in found if cell and not cell.is_empty]
        return known[column]

    def _run_before(self, last: int) -> range:
        """The numbers of the heading rows one after the other that end before heading row ``last``."""
        first = last
        while first > max(0, last - _DEEPEST) and (first == last or self._is_next(first)):
            first -= 1
        return range(first, last)

    def row_headings(self, row: int, column: int | None = None) -> list[Cell]:
        """The headings of a row, outermost first: those of its groups, then its labels left of ``column`` (None: all).

        A label may span the row and rows above it.
        """
        above = [next((cell for cell in self.cells(own) if not cell.is_empty), None) for own in self._groups(row)]
        labels = range(min(self.table.labels, self.table.labels if column is None else column))
        own = [self._down(row, label) for label in labels]
        return [_heading(cell) for cell in (*above, *own) if cell and not cell.is_empty]

    def _groups(self, row: int) -> list[int]:
        """The rows that head the groups of a row, outermost first."""
        groups, found = self.table.groups, list[int]()
        number = bisect_left(groups, row, key=lambda group: group.row) - 1
        while number >= 0 and len(found) < _DEEPEST:
            if row <= groups[number].last:
                found.append(groups[number].row)
            number = self._outer[number]
        return found[::-1]

    def _is_next(self, number: int) -> bool:
        """Whether nothing but rules is between the heading row of that number and the one before it."""
        before, after = self.table.headings[number - 1], self.table.headings[number]
        return after - before <= 2 and all(self.is_rule(row) for row in range(before + 1, after))

    def _across(self, row: int, column: int) -> Cell | None:
        """The cell of the row that stands in the column, or that spans it from the left."""
        cells = self.cells(row)[:MAX_COLUMNS]
        if column < len(cells) and not cells[column].is_empty:
            return cells[column]
        found = _last(self._wide.get(row, ()), lambda cell: cell.column, column)
        spans = found is not None and found.column < len(cells) and column < found.column + found.columns
        return cells[found.column] if found and spans else None

    def _down(self, row: int, column: int) -> Cell | None:
        """The cell of the column that stands in the row, or that spans it from above."""
        cells = self.cells(row)
        if column < len(cells) and not cells[column].is_empty:
            return cells[column]
        found = _last(self._tall.get(column, ()), lambda cell: cell.row, row)
        above = self.cells(found.row) if found and row < found.row + found.rows else []
        return above[column] if column < len(above) else None


def _by(key: Callable[[Merged], int], merged: Iterable[Merged]) -> dict[int, list[Merged]]:
    """The merged cells by row or column, in order."""
    found: dict[int, list[Merged]] = {}
    for cell in sorted(merged, key=lambda own: (own.row, own.column)):
        found.setdefault(key(cell), []).append(cell)
    return found


def _last(merged: Sequence[Merged], place: Callable[[Merged], int], most: int) -> Merged | None:
    """The last of the merged cells that begins in row or column ``most`` or before."""
    number = bisect_right(merged, most, key=place) - 1
    return merged[number] if number >= 0 else None


def _heading(cell: Cell) -> Cell:
    """As much of the cell as is read with others."""
    return cell._replace(end=cell.start + _LONGEST) if cell.end - cell.start > _LONGEST else cell


def joint(text: str, start: int, end: int) -> str:
    """What is read between two parts of a cell that the markup ``text[start:end]`` is between: a space or nothing."""
    return " " if _APART.search(text, start, end) else ""


def _outer(groups: Sequence[Group]) -> list[int]:
    """For each group, the number of the one that holds it (-1: none)."""
    open_ones, outer = list[int](), list[int]()
    for number, group in enumerate(groups):
        while open_ones and groups[open_ones[-1]].last < group.row:
            open_ones.pop()
        outer.append(open_ones[-1] if open_ones else -1)
        open_ones.append(number)
    return outer


def with_repeated(headings: Sequence[int], rows: Sequence[object]) -> tuple[int, ...]:
    """The heading rows, with the rows further down that are the first of them again, as in tables printed by pages."""
    first = [row for place, row in enumerate(headings) if row == headings[0] + place]
    top = [rows[row] for row in first]
    starts = range(first[-1] + 1, len(rows) - len(top) + 1) if top else ()
    again = (start for start in starts if rows[start] == top[0] and [*rows[start : start + len(top)]] == top)
    return tuple(sorted({*headings, *(start + place for start in again for place in range(len(top)))}))


def _stripped(text: str, start: int, end: int) -> Range:
    if start >= end:
        return end, end
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def grid_of(text: str, table: Table) -> Grid:
    """The table's Grid. The last ones made are kept: passages of one table are asked about one after the other.

    They are found by identity: to compare long texts for each row takes longer than reading the row.
    """
    key = id(text), id(table)
    found = _grids.get(key)
    if found is None or found.text is not text or found.table is not table:
        found = Grid(text, table)
        if len(_grids) >= _KEPT:
            _grids.clear()
        _grids[key] = found
    return found


_KEPT = 64
_grids: dict[tuple[int, int], Grid] = {}


def shown_cell(text: str) -> str:
    """A cell's text in the line of its row."""
    return " ".join(text.split()).replace("|", r"\|")


def row_text(cells: list[str]) -> str:
    """A row's line; a "|" within a cell is written as in Markdown."""
    shown = list(map(shown_cell, cells))
    while shown and not shown[-1]:
        shown.pop()
    return f"| {' | '.join(shown)} |" if shown else ""
