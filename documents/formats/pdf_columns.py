"""The columns of a table in a PDF."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from documents.formats.pdf_cells import PREFIX, Cell, Row


@dataclass(slots=True)
class Column:
    """The horizontal extent of a column's cells."""

    left: float
    right: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def columns_of(rows: Sequence[Row]) -> list[Column]:
    """The columns of values from left to right: ranges in which numbers, or words beside these, overlap."""
    numbers = joined(_span(cell) for row in rows if row.is_numeric for cell in row.values if cell.is_value)
    words = joined(
        (cell.left, cell.right)
        for row in rows
        if row.is_numeric
        for cell in row.values
        if not cell.is_value and all(shared(cell, column) <= 0 for column in numbers)
    )
    return sorted([*numbers, *words], key=lambda column: column.left)


def label_columns(rows: Sequence[Row], columns: Sequence[Column]) -> list[Column]:
    """The columns of words left of the values: several only where many rows have a cell in each."""
    labelled = [row.label for row in rows if row.label and row.values]
    several = [cells for cells in labelled if len(cells) > 1]
    found = joined((cell.left, cell.right) for cells in several for cell in cells)
    if len(several) > 1 and len(found) > 1 and 3 * len(several) > len(labelled):
        alone = [cells[0] for cells in labelled if len(cells) == 1]
        if 2 * sum(_is_across(cell, found) for cell in alone) <= len(several):
            return found
    each = (row.label for row in rows if row.values or not is_heading_row(row, columns))
    return joined((label[0].left, max(cell.right for cell in label)) for label in each if label)[:1]


def _is_across(cell: Cell, columns: Sequence[Column]) -> bool:
    return sum(shared(cell, column) > 0 for column in columns) > 1


def joined(spans: Iterable[tuple[float, float]]) -> list[Column]:
    """The ranges in which these overlap."""
    columns: list[Column] = []
    for left, right in sorted(spans):
        if columns and left < columns[-1].right - 0.5:
            columns[-1].right = max(columns[-1].right, right)
        else:
            columns.append(Column(left, right))
    return columns


def nearest(cell: Cell, columns: Sequence[Column]) -> int:
    """The number of the column that the cell shares most with, or is nearest to."""
    return max(range(len(columns)), key=lambda number: shared(cell, columns[number]))


def _span(cell: Cell) -> tuple[float, float]:
    """The extent of the cell's number without its currency sign, which may reach into the column beside it."""
    figures = [word for word in cell.words if not PREFIX.match(word.text)] or cell.words
    return min(word.left for word in figures), max(word.right for word in figures)


def is_heading_row(row: Row, columns: Sequence[Column]) -> bool:
    """Whether a row without values lies above the columns of values."""
    if not columns:
        return False
    last, edge, height = row.cells[-1], columns[0].left, row.line.height
    is_title = len(row.cells) == 1 and last.left < edge - 12 * height  # it begins above the labels
    return last.right > edge and last.middle > edge - 6 * height and not is_title


def shared(cell: Cell, column: Column) -> float:
    return min(cell.right, column.right) - max(cell.left, column.left)
