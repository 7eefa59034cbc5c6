"""The cell that answers, with its headings alone: what the verifier judges beside the whole row.

Titles, other years and other columns distract it: of 30 questions for a cell of a filing, 10 are answered rightly where
it sees the whole row below its titles, and 22 where it also sees the cell alone (``benchmarks.filing_questions``).
"""

from __future__ import annotations

from documents.grid import grid_of
from documents.linearise import linearise
from qa.read.evidence import Evidence
from qa.read.tables.words import stems
from qa.understand.question import Question


def cell_alone(question: Question, own: Evidence) -> str | None:
    """The row's headings and the cell of the span, with that of its column: ``| Revenue | 2022: 805 |``.

    None outside tables, where the span is no value of the row, and where the question has no word of the row's
    headings: then nothing tells that the row is the one asked for.
    """
    document = own.passage.chunk.document
    table = document.table_at(own.start)
    if table is None or not own.start <= own.span[0] < own.end:
        return None
    grid = grid_of(document.text, table)
    row, cell = grid.row_at(own.start), grid.cell_at(own.span[0])
    if cell is None or cell.row != row or own.span[1] > cell.end or cell.column < table.labels or not grid.is_data(row):
        return None
    headings = [other for other in grid.cells(row) if other.column < table.labels and not other.is_empty]
    asked = stems(question.text)
    if not any(stems(document.text[heading.start : heading.end]) & asked for heading in headings):
        return None
    read = (linearise(document.text, document.tables, own.start, own.end).text for own in (*headings, cell))
    return f"| {' | '.join(text.strip('| ') for text in read)} |"
