"""Rows of cells as a format gives them -> each cell in its place."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from documents.blocks import MAX_COLUMNS, Merged, Range
from documents.formats.inline_code import placed, solid
from documents.grid import row_text, shown_cell
from documents.normalise import normalise

_MOST_FILLED = 20  # times as many places as cells: beyond, a table is not what its cells claim to span

_BEFORE = frozenset({"$", "€", "£", "¥", "US$"})
_BEHIND = frozenset({")", "%", ")%"})
_SIGNS = _BEFORE | _BEHIND
_FIGURE = re.compile(r"[-+–(]{0,2}[.,]?\d")

Place = tuple[int, int]  # row and column, counted from 0


class GridCell(NamedTuple):
    """A cell as a format gives it; ``is_heading`` where the format says that it is one.

    ``code`` is the inline code in it (``documents.formats.inline_code``).
    """

    text: str
    columns: int = 1
    rows: int = 1
    is_heading: bool = False
    code: tuple[Range, ...] = ()


_NO_CODE: Mapping[Place, tuple[Range, ...]] = MappingProxyType({})


class Layout(NamedTuple):
    """The texts of a table's cells by row and column, each in its place, without empty rows.

    ``called`` are the places of the cells that the format calls headings; ``alone`` says of each row whether its
    first cell takes the whole of it, rather than standing before empty ones; ``code`` is the inline code in cells.
    """

    rows: list[list[str]]
    merged: list[Merged]
    called: frozenset[Place]
    alone: list[bool]
    code: Mapping[Place, tuple[Range, ...]] = _NO_CODE

    @property
    def width(self) -> int:
        """The number of columns."""
        return max(map(len, self.rows), default=0)

    def below(self, count: int) -> Layout:
        """The table without its first ``count`` rows."""
        merged = [cell for cell in self.merged if cell.row >= count]
        return Layout(
            self.rows[count:],
            [Merged(cell.row - count, cell.column, cell.rows, cell.columns) for cell in merged],
            frozenset((row - count, column) for row, column in self.called if row >= count),
            self.alone[count:],
            {(row - count, column): own for (row, column), own in self.code.items() if row >= count},
        )


def text_of(layout: Layout) -> str:
    """The text of the table, a line a row."""
    return "\n".join(map(row_text, layout.rows))


def code_of(layout: Layout, start: int) -> Iterator[Range]:
    """Where the inline code of the table is, whose text begins at ``start``."""
    for number, row in enumerate(layout.rows if layout.code else ()):
        at = start
        for column, text in enumerate(row):
            at += len("| ")
            shown = shown_cell(text)
            yield from placed(layout.code.get((number, column), ()), text, shown, at)
            at += len(shown) + len(" ")
        start += len(row_text(row)) + len("\n")


def lay_out(grid: Sequence[Sequence[str | GridCell]]) -> Layout:
    """Cells that span rows push those of the rows below to the right, as HTML lays out tables.

    Spans that would make the table many times larger than its cells are not followed, nor those beyond the columns
    that have headings (``documents.grid``).
    """
    is_spanned = not _is_blown_up(grid)
    rows, merged, called, alone = list[list[str]](), list[Merged](), set[Place](), list[bool]()
    in_code = dict[Place, tuple[Range, ...]]()
    below = dict[int, int]()  # by column, how many more rows a cell from above covers
    for given in grid:
        row, column, covered = list[str](), 0, below
        below = {place: left - 1 for place, left in covered.items() if left > 1}
        for cell in given:
            text, columns, height, is_heading, code = cell if isinstance(cell, GridCell) else GridCell(cell)
            while column in covered:
                column += 1
            columns = max(1, min(columns, MAX_COLUMNS - column)) if is_spanned else 1
            height = min(height, len(grid) - len(rows)) if is_spanned and height > 1 else 1
            row += [""] * (column - len(row))
            row.append(one_line(text))
            if columns > 1 or height > 1:
                merged.append(Merged(len(rows), column, height, columns))
            if height > 1:
                below.update(dict.fromkeys(range(column, column + columns), height - 1))
            if is_heading:
                called.add((len(rows), column))
            if code and solid(text) == solid(row[-1]):
                in_code[len(rows), column] = code
            column += columns
        rows.append(row if _SIGNS.isdisjoint(row) else _with_signs(row))
        alone.append(len(given) == 1 and not covered)
    return _without_empty_rows(Layout(rows, merged, frozenset(called), alone, in_code))


def _with_signs(row: Sequence[str]) -> list[str]:
    """The row with signs that stand in cells of their own, as in statements of accounts, joined to their figures."""
    found = list(row)
    for column, text in enumerate(row):
        following = row[column + 1] if column + 1 < len(row) else ""
        if text in _BEFORE and _FIGURE.match(following):
            found[column], found[column + 1] = "", f"{text}{following}"
        elif text in _BEHIND and column and _FIGURE.match(row[column - 1]):
            found[column], found[column - 1] = "", f"{found[column - 1]}{text}"
    return found


def one_line(text: str) -> str:
    """The normalised text in one line."""
    plain = text.isascii() and text.isprintable()
    return " ".join((text if plain else normalise(text)).split())


def _is_blown_up(grid: Sequence[Sequence[str | GridCell]]) -> bool:
    """Whether the places that cells claim to span are many times as many as the cells."""
    cells = places = 0
    for number, given in enumerate(grid):
        for cell in given:
            cells += 1
            if isinstance(cell, GridCell):
                places += max(1, min(cell.columns, MAX_COLUMNS)) * max(1, min(cell.rows, len(grid) - number))
    return places > _MOST_FILLED * cells + MAX_COLUMNS


def _without_empty_rows(layout: Layout) -> Layout:
    kept = [number for number, row in enumerate(layout.rows) if any(row)]
    if len(kept) == len(layout.rows):
        return layout
    place = {number: new for new, number in enumerate(kept)}
    merged = [
        Merged(place[cell.row], cell.column, bisect_left(kept, cell.row + cell.rows) - place[cell.row], cell.columns)
        for cell in layout.merged
        if cell.row in place
    ]
    return Layout(
        [layout.rows[number] for number in kept],
        [cell for cell in merged if cell.rows > 1 or cell.columns > 1],
        frozenset((place[row], column) for row, column in layout.called if row in place),
        [layout.alone[number] for number in kept],
        {(place[row], column): own for (row, column), own in layout.code.items() if row in place},
    )
