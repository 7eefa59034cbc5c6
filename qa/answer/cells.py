"""The cells of a table that a citation rests on, each with its headings and unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from documents.blocks import Range
from documents.document import Document
from documents.grid import Cell, Grid, grid_of
from qa.answer.cell_units import cell_text, is_sign, unit_of

MOST_CELLS = 50  # of one citation


@dataclass(frozen=True, slots=True)
class CitedCell:
    """``text[start:end]`` of a document, a cell of a table.

    ``row`` and ``columns`` are the texts of the headings of its row and its columns, outermost first; ``unit`` is what
    a heading, the corner or the caption says its numbers are counted in ("" where none does).
    """

    start: int
    end: int
    row: tuple[str, ...]
    columns: tuple[str, ...]
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form."""
        return {
            "start": self.start,
            "end": self.end,
            "row": list(self.row),
            "columns": list(self.columns),
            "unit": self.unit,
        }


def cited_cells(document: Document, start: int, end: int, spans: Sequence[Range] = ()) -> tuple[CitedCell, ...]:
    """The cells of the rows ``start`` to ``end`` that the ``spans`` touch, such as the short answer.

    Where they touch none, all filled cells of these rows but the headings; ``MOST_CELLS`` at most, and none outside
    tables.
    """
    table = document.table_at(start)
    if table is None:
        return ()
    grid = grid_of(document.text, table)
    cells = [
        cell
        for row in range(grid.row_at(start), grid.row_at(min(end, table.end) - 1) + 1)
        for cell in grid.cells(row)
        if not cell.is_empty and start <= cell.start and cell.end <= end
    ]
    touched = [cell for cell in cells if any(cell.start < last and first < cell.end for first, last in spans)]
    values = [
        cell
        for cell in cells
        if cell.column >= table.labels and not grid.is_heading(cell.row) and not is_sign(cell_text(grid, cell))
    ]
    return tuple(_cited(document, grid, cell) for cell in (touched or values)[:MOST_CELLS])


def _cited(document: Document, grid: Grid, cell: Cell) -> CitedCell:
    headings = () if grid.is_heading(cell.row) else grid.column_headings(cell.row, cell.column)
    return CitedCell(
        cell.start,
        cell.end,
        tuple(cell_text(grid, own) for own in grid.row_headings(cell.row, cell.column)),
        tuple(cell_text(grid, own) for own in headings),
        unit_of(document, grid, cell),
    )
