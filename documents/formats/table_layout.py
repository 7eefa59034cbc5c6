"""Rows of cells as a format gives them -> each cell in its place, and the table's headings, labels and groups."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from documents.blocks import Group, Merged
from documents.normalise import normalise
from documents.words import word_set

_MOST_COLUMNS = 1_000
_MOST_FILLED = 20  # times as many places as cells: beyond, a table is not what its cells claim to span
_LOOKED_AT = 50  # rows
_MOST_RANKS = 3  # groups of groups of rows
_LONGEST_HEADING = 80  # characters of a cell that may head a column
_FIGURE = re.compile(r"[-+(]*[$€£¥]?\s?\d[\d.,\s%)]*\Z")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_PERIOD = re.compile(r"(?:19|20)\d\d(?:[/–-]\d\d(?:\d\d)?)?|\b[QH]\d\b")
_WORD = re.compile(r"[^\W\d_]+")
_TOTALS = word_set("total totals subtotal sum totale totaal summe gesamt zwischensumme suma somme")

Place = tuple[int, int]  # row and column, counted from 0


class GridCell(NamedTuple):
    """A cell as a format gives it; ``is_heading`` where the format says that it is one."""

    text: str
    columns: int = 1
    rows: int = 1
    is_heading: bool = False


class Layout(NamedTuple):
    """The texts of a table's cells by row and column, each in its place, without empty rows.

    ``called`` are the places of the cells that the format calls headings; ``alone`` says of each row whether its
    first cell takes the whole of it, rather than standing before empty ones.
    """

    rows: list[list[str]]
    merged: list[Merged]
    called: frozenset[Place]
    alone: list[bool]

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
        )


def lay_out(grid: Sequence[Sequence[str | GridCell]]) -> Layout:
    """Cells that span rows push those of the rows below to the right, as HTML lays out tables.

    Spans that would make the table many times larger than its cells are not followed.
    """
    is_spanned = not _is_blown_up(grid)
    rows, merged, called, alone = list[list[str]](), list[Merged](), set[Place](), list[bool]()
    below = dict[int, int]()  # by column, how many more rows a cell from above covers
    for given in grid:
        row, column, covered = list[str](), 0, below
        below = {place: left - 1 for place, left in covered.items() if left > 1}
        for cell in given[:_MOST_COLUMNS]:
            text, columns, height, is_heading = cell if isinstance(cell, GridCell) else GridCell(cell)
            while column in covered:
                column += 1
            if column >= _MOST_COLUMNS:
                break
            columns = min(columns, _MOST_COLUMNS - column) if is_spanned and columns > 1 else 1
            height = min(height, len(grid) - len(rows)) if is_spanned and height > 1 else 1
            row += [""] * (column - len(row))
            row.append(one_line(text))
            if columns > 1 or height > 1:
                merged.append(Merged(len(rows), column, height, columns))
            if height > 1:
                below.update(dict.fromkeys(range(column, column + columns), height - 1))
            if is_heading:
                called.add((len(rows), column))
            column += columns
        rows.append(row)
        alone.append(len(given) == 1 and not covered)
    return _without_empty_rows(Layout(rows, merged, frozenset(called), alone))


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
                places += max(1, min(cell.columns, _MOST_COLUMNS)) * max(1, min(cell.rows, len(grid) - number))
    return places > _MOST_FILLED * cells + _MOST_COLUMNS


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
    )


def caption_rows(layout: Layout) -> int:
    """How many first rows are a title or notes above the table: single cells above a wider row."""
    rows, count = layout.rows, 0
    tall = {cell.row for cell in layout.merged if cell.column == 0 and cell.rows > 1}
    while count < len(rows) - 1 and _is_single(rows[count]) and count not in tall:
        count += 1
    if not count or _filled(rows[count]) < 2:
        return 0
    is_title = all(layout.alone[:count]) or layout.width > 2 or looks_like_header(layout.below(count))
    return count if is_title else 0


def heading_rows(layout: Layout, heading: bool | None) -> tuple[int, ...]:
    """The rows that hold column headings.

    ``heading`` says whether the first row does (None: cells say so, or guess).
    """
    rows = layout.rows
    if heading is False or len(rows) < 2:
        return ()
    called = [number for number in range(len(rows)) if _is_called(layout, number)]
    while called and called[-1] == len(rows) - 1:
        called.pop()  # there is nothing below it
    if called:
        return tuple(called)
    if not heading and (layout.called or not looks_like_header(layout)):
        return ()
    count, wide = 1, {cell.row for cell in layout.merged if cell.columns > 1}
    while count < len(rows) - 1 and count - 1 in wide and not any(map(_is_figure, rows[count])):
        count += 1
    return tuple(range(count))


def _is_called(layout: Layout, number: int) -> bool:
    """Whether the format calls all cells of a row headings; a single one at the left is the label of an empty row.

    Below the first rows, figures among them show a row of totals.
    """
    cells = [column for column, text in enumerate(layout.rows[number]) if text]
    if not all((number, column) in layout.called for column in cells) or cells == [0]:
        return False
    return number < 2 or not any(_is_figure(layout.rows[number][column]) for column in cells)


def label_columns(layout: Layout, headings: Sequence[int]) -> int:
    """How many first columns hold the headings of their rows: those called headings, else the first of several.

    A label that spans rows has the labels of these rows beside it.
    """
    width, known = layout.width, frozenset(headings)
    rows = [number for number in range(len(layout.rows)) if number not in known]
    height = {(cell.row, cell.column): cell.rows for cell in layout.merged}
    called = 0
    while called < width - 1 and layout.called:
        column = ((row, called) for row in rows)
        if 2 * sum(height.get(place, 1) for place in column if place in layout.called) <= len(rows):
            break
        called += 1
    if called or width < 2:
        return called
    count = next((n for n in range(width - 1) if any(n < len(layout.rows[r]) and layout.rows[r][n] for r in rows)), 0)
    tall = {cell.column for cell in layout.merged if cell.rows > 1 and cell.row not in known}
    while count in tall and count < width - 2 and not _holds_figures(layout, rows, count + 1):
        count += 1
    return count + 1


def _holds_figures(layout: Layout, rows: Sequence[int], column: int) -> bool:
    """Whether a column holds figures, by its first rows."""
    return any(_is_figure(layout.rows[row][column]) for row in rows[:_LOOKED_AT] if column < len(layout.rows[row]))


def groups(layout: Layout, headings: Sequence[int]) -> list[Group]:
    """Rows of a single cell at the left, each a heading of the rows down to the next one or to their total.

    Where several of them follow each other, the first is the outermost: it reaches to the next run of as many.
    """
    found: list[Group] = []
    open_ones: list[Place] = []  # row and rank of the groups that the next row belongs to, outermost first

    def close(rank: int, last: int) -> None:
        while open_ones and open_ones[-1][1] <= rank:
            row, _ = open_ones.pop()
            if row < last:
                found.append(Group(row, last))

    rows, ranks, had_total = layout.rows, _ranks(layout, frozenset(headings)), False
    for number in range(len(rows)):
        if number in ranks:
            close(ranks[number], number - 1)
            open_ones.append((number, ranks[number]))
        elif open_ones and (words := _WORD.findall(rows[number][0].lower())) and words[0] in _TOTALS:
            is_own = len(words) == 1 and (number < len(rows) - 1 or had_total)
            had_total = had_total or is_own
            close(open_ones[-1][1], number if is_own else number - 1)
    close(len(rows), len(rows) - 1)
    return sorted(found, key=lambda group: (group.row, -group.last))


def _ranks(layout: Layout, headings: frozenset[int]) -> dict[int, int]:
    """The rows that head a group, with their distance from the end of the run of such rows that they are in."""
    found: dict[int, int] = {}
    if layout.width < 2:
        return found
    for number in range(len(layout.rows) - 1, -1, -1):
        row = layout.rows[number]
        is_heading = layout.alone[number] or layout.width > 2 or row[0].endswith((":", "："))
        if is_heading and _is_single(row) and number not in headings:
            found[number] = min(found.get(number + 1, 0) + 1, _MOST_RANKS)
    return found


def looks_like_header(layout: Layout) -> bool:
    """Whether the first row looks like column headings: distinct words above a table of several columns."""
    rows = layout.rows
    if len(rows) < 2 or layout.width < 2:
        return False
    first, below = [cell for cell in rows[0] if cell], rows[1]
    if not first or any(_is_figure(cell) or len(cell) > _LONGEST_HEADING for cell in first):
        return False
    if any(cell.row == 0 and 1 < cell.columns < layout.width for cell in layout.merged):
        return True
    if len(first) < 2 or len(set(first)) < len(first) or len(first) < sum(map(bool, below)) - 1:
        return False
    return layout.width > 2 or not (first[0].endswith((":", "：")) or re.search(r"\d", _PERIOD.sub("", first[1])))


def _is_figure(text: str) -> bool:
    """Whether a cell holds a number that is no year."""
    return bool(_FIGURE.match(text)) and not _YEAR.match(text)


def _is_single(row: Sequence[str]) -> bool:
    """Whether the row's only text is at the left."""
    return bool(row[0]) and _filled(row) == 1


def _filled(row: Sequence[str]) -> int:
    """How many cells of the row are not empty."""
    return len(row) - row.count("")
