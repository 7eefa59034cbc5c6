"""The columns of a table in a PDF, and the headings of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from documents.formats.pdf_cells import PREFIX, Cell, Row
from documents.formats.pdf_words import Word

_CENTRED = 0.18  # largest offset, relative to the width of several columns, of a heading centred over all of them
_WIDER = 3.0  # points of additional offset that are accepted for each further column


@dataclass(slots=True)
class Column:
    """The horizontal extent of a column's values, and its headings from the top down."""

    left: float
    right: float
    headings: list[list[Word]] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def columns_of(rows: Sequence[Row]) -> list[Column]:
    """The columns of values from left to right: ranges in which values overlap horizontally."""
    columns: list[Column] = []
    spans = sorted(_span(cell) for row in rows if row.is_numeric for cell in row.values if cell.is_value)
    for left, right in spans:
        if columns and left < columns[-1].right - 0.5:
            columns[-1].right = max(columns[-1].right, right)
        else:
            columns.append(Column(left, right))
    return columns


def _span(cell: Cell) -> tuple[float, float]:
    """The extent of the cell's number without its currency sign, which may reach into the column beside it."""
    figures = [word for word in cell.words if not PREFIX.match(word.text)] or cell.words
    return min(word.left for word in figures), max(word.right for word in figures)


def is_heading_row(row: Row, columns: Sequence[Column]) -> bool:
    """Whether a row without values lies above the columns of values."""
    if not columns:
        return False
    last = row.cells[-1]
    return last.right > columns[0].left and last.middle > columns[0].left - 6 * row.line.height


def assign_headings(rows: Sequence[Row], columns: Sequence[Column]) -> list[Cell]:
    """Replace the columns' headings by those in ``rows``; returns the cells that are above no column."""
    loose: list[Cell] = []
    for column in columns:
        column.headings = []
    for row in rows:
        cells = [part for cell in row.cells for part in _by_column(cell, columns)]
        loose += _add_headings(cells, columns)
    return loose


def _by_column(cell: Cell, columns: Sequence[Column]) -> list[Cell]:
    """A cell of headings, split where the headings of two columns are adjacent."""
    parts: list[Cell] = []
    nearest = [min(columns, key=lambda column: abs(column.middle - _middle(word))) for word in cell.words]
    gaps = [after.left - before.right for before, after in pairwise(cell.words)]
    inner = [gap for gap, (one, other) in zip(gaps, pairwise(nearest), strict=True) if one is other]
    for word, gap, (before, column) in zip(cell.words, [0.0, *gaps], pairwise([None, *nearest]), strict=True):
        if parts and (column is before or gap <= 1.15 * max(inner, default=0.0)):
            parts[-1].words.append(word)
        else:
            parts.append(Cell([word]))
    return parts if inner else [cell]


def _middle(word: Word) -> float:
    return (word.left + word.right) / 2


def _add_headings(cells: Sequence[Cell], columns: Sequence[Column]) -> list[Cell]:
    """Add to each column the cell above it, or one centred over several; returns the cells above no column."""
    chosen: list[Cell | None] = []
    for column in columns:
        over = [cell for cell in cells if cell.left < column.right and column.left < cell.right]
        chosen.append(max(over, key=lambda cell: shared(cell, column)) if over else None)
    spread = list(chosen)
    for cell in cells:
        own = [number for number, above in enumerate(chosen) if above is cell]
        for number in _spanned(cell, own, chosen, columns):
            spread[number] = cell
    _place_beside(cells, spread, columns)
    if None in spread:  # a cell exactly above one column may be the heading of that one only
        spread = [own or other for own, other in zip(chosen, _between(chosen, spread, columns), strict=True)]
    for column, above in zip(columns, spread, strict=True):
        if above:
            column.headings.append(above.words)
    return [cell for cell in cells if not any(cell is other for other in spread)]


def _place_beside(cells: Sequence[Cell], spread: list[Cell | None], columns: Sequence[Column]) -> None:
    """Assign each cell that is above no column to the nearest column, if that is close and has no cell."""
    middles = [column.middle for column in columns]
    reach = 0.6 * min((after - before for before, after in pairwise(middles)), default=60.0)
    for cell in cells:
        if not any(cell is other for other in spread):
            near = min(range(len(columns)), key=lambda number: abs(middles[number] - cell.middle))
            if spread[near] is None and abs(middles[near] - cell.middle) < reach:
                spread[near] = cell


def _spanned(cell: Cell, own: Sequence[int], chosen: Sequence[Cell | None], columns: Sequence[Column]) -> range:
    """The run of columns without another heading over which the cell is centred best; longer runs are preferred."""
    if not own:
        own = [min(range(len(columns)), key=lambda number: abs(columns[number].middle - cell.middle))]
    best, least = range(0), float("inf")
    for first in range(own[0] + 1):
        for last in range(own[-1], len(columns)):
            run, width = range(first, last + 1), columns[last].right - columns[first].left
            off = abs((columns[first].left + columns[last].right) / 2 - cell.middle)
            centred = off < _CENTRED * width and off < _CENTRED * 2 * (cell.right - cell.left)
            free = all(chosen[number] in (None, cell) for number in run)
            if free and centred and off - _WIDER * len(run) < least:
                best, least = run, off - _WIDER * len(run)
    return best


def _between(
    chosen: Sequence[Cell | None], spread: Sequence[Cell | None], columns: Sequence[Column]
) -> Iterator[Cell | None]:
    """For each column, the cell spread over it, or None where that cell is exactly above a single column."""
    for cell in spread:
        own = [column for column, above in zip(columns, chosen, strict=True) if above is cell]
        exact = cell and len(own) == 1 and (
            abs(own[0].middle - cell.middle) < 4 or abs(own[0].right - cell.right) < 2
        )  # fmt: skip
        yield None if exact else cell


def without_shared(headings: Sequence[list[Word]], before: Sequence[list[Word]]) -> Sequence[list[Word]]:
    """The headings without the leading ones that the previous column has too."""
    same = 0
    while same < min(len(headings), len(before)) and headings[same] is before[same]:
        same += 1
    return headings[same:]


def shared(cell: Cell, column: Column) -> float:
    return min(cell.right, column.right) - max(cell.left, column.left)
