"""A row of a table that a model wrote -> the row of a document that has its cells.

What is shown is the document's own row, under its own headings: a cell that the model got wrong, or set under another
heading, has the document's in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from documents.grid import Grid, grid_of
from documents.linearise import tables_within
from index.passage import Passage
from qa.answer import Citation, Statement
from qa.answer.cell_units import cell_text
from qa.check.injection.recogniser import Recogniser
from qa.check.support import QUOTED
from qa.write.nearest import LEAST_NEAR


class FoundRow(NamedTuple):
    """A row as it is quoted, and whether it has every cell that was written."""

    statement: Statement
    citation: Citation
    is_whole: bool


def row_of(cells: Sequence[str], passages: Sequence[Passage], recogniser: Recogniser) -> FoundRow | None:
    """The row that has the most of the written ``cells``, the first of equals.

    None where no row has half of them, one of them its heading; nor is a row quoted that has an injected instruction.
    """
    wanted = [folded for cell in cells if (folded := _folded(cell))]
    best, most = None, 0
    for passage, grid, row in _rows(passages):
        headings = {_folded(cell_text(grid, cell)) for cell in grid.row_headings(row)}
        held = headings.union(_folded(cell_text(grid, cell)) for cell in grid.cells(row))
        found = sum(cell in held for cell in wanted)
        if found > most and (not headings or not headings.isdisjoint(wanted)):
            best, most = Citation(0, passage, *grid.range_of(row)), found
    if best is None or most < LEAST_NEAR * len(wanted):
        return None
    if not recogniser.free(best.document.text, [(best.start, best.end)]):
        return None
    return FoundRow(Statement(best.quote, (0,), QUOTED, "quoted", "row"), best, most == len(wanted))


def _rows(passages: Sequence[Passage]) -> Iterator[tuple[Passage, Grid, int]]:
    """The rows below headings that the passages hold whole."""
    for passage in passages:
        start, end = passage.chunk.start, passage.chunk.end
        for table in tables_within(passage.document.tables, start, end):
            grid = grid_of(passage.document.text, table)
            for row in range(grid.row_at(max(start, table.start)), grid.row_at(min(end, table.end) - 1) + 1):
                first, last = grid.range_of(row)
                if grid.is_data(row) and start <= first and last <= end:
                    yield passage, grid, row


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
