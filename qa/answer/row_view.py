"""Quoted rows of a table as people read them: under the headings of their columns, the asked cell marked.

In the document a row is ``| Total revenue | 17,606 | 15,785 |``; the command line shows
``Total revenue — 2022: 17,606; 2021: 15,785``, and the chat a small table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from documents.blocks import Range, Table
from documents.document import Document
from documents.grid import Cell, Grid, grid_of
from qa.answer.answer import Answer, Citation, Statement
from qa.answer.cell_units import cell_text

MOST_ROWS = 12  # of those that a count or sum rests on
MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell's text, whether the answer rests on it, and where its words stand, if they are those of one cell."""

    text: str
    is_asked: bool = False
    places: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownRow:
    """The headings of a row, outermost first, and its cells below the headings of their columns; who ``cites`` it."""

    labels: tuple[ShownCell, ...]
    cells: tuple[ShownCell, ...]
    cites: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownTable:
    """Rows of one table of a document: ``over_labels`` above their labels, ``over_cells`` above their cells.

    ``unit`` is what the cells that the answer rests on are counted in, where no heading shown says so; ``left_out`` is
    how many further rows there are.
    """

    document: Document
    over_labels: tuple[ShownCell, ...]
    over_cells: tuple[ShownCell, ...]
    rows: tuple[ShownRow, ...]
    unit: str = ""
    left_out: int = 0


def is_row(statement: Statement) -> bool:
    """Whether the statement quotes what may be a row: of one of the things compared, it may be a sentence too."""
    return statement.role in ("row", "side") and statement.status == "quoted"


def tables_of(answer: Answer, statement: Statement) -> list[ShownTable]:
    """The rows that the statement quotes or is computed from, by their tables; none for what is no row.

    None either for what is computed from rows that other statements quote.
    """
    if not (is_row(statement) or statement.status == "computed"):
        return []
    quoted = {number for own in answer.statements if own.status == "quoted" for number in own.citations}
    if statement.status == "computed" and quoted >= set(statement.citations):
        return []
    cited = [citation for citation in answer.citations if citation.number in statement.citations]
    found = []
    for table, own in groupby(cited, key=lambda one: one.table):
        if table:
            found.append(_shown(table, list(own)))
    return found


def runs_of(answer: Answer, statements: Sequence[Statement]) -> list[tuple[Statement, ...]]:
    """The statements in order, those that quote rows of one table together."""
    citations = {citation.number: citation for citation in answer.citations}

    def table(numbered: tuple[int, Statement]) -> object:
        number, statement = numbered
        if not is_row(statement) or not statement.citations:
            return number
        citation = citations[statement.citations[0]]
        own = citation.table
        part = None if statement.role == "side" else statement.part
        return (citation.document.id, own, part) if own else number

    return [tuple(statement for _, statement in run) for _, run in groupby(enumerate(statements), key=table)]


def table_of_run(answer: Answer, run: Sequence[Statement]) -> ShownTable | None:
    """The table of the rows that the statements of a run quote; None where they quote none."""
    if not all(map(is_row, run)):
        return None
    numbers = {number for statement in run for number in statement.citations}
    cited = [citation for citation in answer.citations if citation.number in numbers]
    table = cited[0].table if cited else None
    return _shown(table, cited, len(cited)) if table else None


def row_as_text(answer: Answer, statement: Statement) -> str:
    """The quoted row in a line: its headings, and each value after the heading of its column."""
    lines = [_line(table, row) for table in tables_of(answer, statement) for row in table.rows]
    return "\n".join(lines) or statement.text


def citation_as_text(citation: Citation) -> str:
    """What is cited: a row of a table as its line, with the headings of its cells."""
    table = _shown(citation.table, [citation]) if citation.table else None
    return "\n".join(_line(table, row) for row in table.rows) if table else citation.quote


def short_as_text(answer: Answer) -> str | None:
    """The short answer; where it covers several cells of a row, without the lines between them."""
    short = answer.short_answer
    first = answer.citations[0] if answer.citations else None
    in_table = first is not None and first.table is not None
    return "; ".join(part.strip() for part in short.split(" | ")) if short and in_table else short


def _line(table: ShownTable, row: ShownRow) -> str:
    values = [
        f"{heading.text}: {cell.text}" if heading.text else cell.text
        for heading, cell in zip(table.over_cells, row.cells, strict=True)
        if cell.text
    ]
    label = ", ".join(cell.text for cell in row.labels if cell.text)
    unit = f" ({table.unit})" if table.unit else ""
    return " — ".join(part for part in (label, "; ".join(values)) if part) + unit


def _shown(table: Table, citations: Sequence[Citation], most: int = MOST_ROWS) -> ShownTable:
    grid = grid_of(citations[0].document.text, table)
    spans = [span for citation in citations for span in citation.spans]
    rows = [row for own in citations for row in range(grid.row_at(own.start), grid.row_at(own.end - 1) + 1)]
    shown = rows[:most]
    cites = {row: tuple(own.number for own in citations if grid.row_at(own.start) == row) for row in shown}
    asked = {(row, cell.column) for row in shown for cell in grid.cells(row) if _is_touched(cell, spans)}
    columns = _columns(grid, shown, {column for _, column in asked})
    corner = tuple(_heading(grid, shown[0], column) for column in range(table.labels))
    headings = tuple(_heading(grid, shown[0], column) for column in columns)
    units = {cell.unit for citation in citations for cell in citation.cells if cell.unit}
    unit = next(iter(units)) if len(units) == 1 and asked else ""
    unit = "" if any(unit in heading.text for heading in (*corner, *headings)) else unit
    return ShownTable(
        citations[0].document,
        corner,
        headings,
        tuple(replace(_row(grid, row, columns, asked), cites=cites[row]) for row in shown),
        unit,
        len(rows) - len(shown),
    )


def _columns(grid: Grid, rows: Sequence[int], asked: set[int]) -> list[int]:
    """The columns with values, those asked for in any case and the first of the others."""
    filled = {cell.column for row in rows for cell in grid.cells(row) if not cell.is_empty}
    values = sorted(column for column in filled if column >= grid.table.labels)
    kept = [column for column in values if column in asked]
    kept += [column for column in values if column not in asked][: max(0, MOST_COLUMNS - len(kept))]
    return sorted(kept[:MOST_COLUMNS])


def _row(grid: Grid, row: int, columns: Sequence[int], asked: set[tuple[int, int]]) -> ShownRow:
    cells = {
        cell.column: ShownCell(cell_text(grid, cell), (row, cell.column) in asked, tuple(grid.words_of(cell)))
        for cell in grid.cells(row)
    }
    labels = [cells.get(column, ShownCell("")) for column in range(grid.table.labels)]
    above = [cell for cell in grid.row_headings(row) if cell.row != row]
    if above and labels:
        said = ", ".join([*(cell_text(grid, cell) for cell in above), *([labels[0].text] if labels[0].text else [])])
        labels[0] = ShownCell(said, labels[0].is_asked)
    return ShownRow(tuple(labels), tuple(cells.get(column, ShownCell("")) for column in columns))


def _heading(grid: Grid, row: int, column: int) -> ShownCell:
    """What is said above the column; the columns of labels have it in the corner."""
    above = grid.column_headings(row, column)
    text = " ".join(cell_text(grid, cell) for cell in above)
    return ShownCell(text, places=tuple(grid.words_of(above[0])) if len(above) == 1 else ())


def _is_touched(cell: Cell, spans: Sequence[tuple[int, int]]) -> bool:
    return not cell.is_empty and any(cell.start < end and start < cell.end for start, end in spans)
