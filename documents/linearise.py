"""A range of a document as models read it: rows of tables say their headings, inline marks (``documents.marks``) are
left out. A map leads back to the document.

In the document a table's row is ``| Revenue | 805 | 1,048 |``; read alone, nobody knows what its numbers are. A model
gets ``| Revenue | 2022: 805 | 2023: 1,048 |``, and what it finds there is looked up in the map.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from documents.blocks import Range, Table
from documents.grid import Cell, Grid, grid_of, joint
from documents.marks import marks

_MOST_REPEATED = 4_000  # characters of headings that a row is read with: twice what a model reads


class Piece(NamedTuple):
    """The document's characters ``start`` to ``end``, read at offset ``at`` of the linearised text.

    ``row`` is the row of a table that they stand in or, where they are a heading repeated, that they are read with;
    None outside tables.
    """

    at: int
    start: int
    end: int
    row: Range | None = None

    @property
    def is_repeated(self) -> bool:
        """Whether they are a heading that stands elsewhere than in the row."""
        return self.row is not None and not self.row[0] <= self.start < self.row[1]


class Linearised(NamedTuple):
    """The text to read, and its pieces in order; what lies between the pieces is punctuation."""

    text: str
    pieces: tuple[Piece, ...]

    def within(self, start: int, end: int) -> list[Piece]:
        """The parts of pieces in ``text[start:end]``."""
        first = max(0, bisect_right(self.pieces, start, key=lambda piece: piece.at) - 1)
        found: list[Piece] = []
        for piece in self.pieces[first:]:
            if piece.at >= end:
                break
            left, right = max(start, piece.at), min(end, piece.at + piece.end - piece.start)
            if left < right:
                found.append(Piece(left, piece.start + left - piece.at, piece.start + right - piece.at, piece.row))
        return found

    def place(self, start: int, end: int) -> Place | None:
        """Where ``text[start:end]`` is in the document: of what spans a cell and its headings, the cell."""
        parts = self.within(start, end)
        own = [piece for piece in parts if not piece.is_repeated] or parts[-1:]
        own = [piece for piece in own if piece.row == own[0].row]
        return Place(own[0].start, own[-1].end, own[0].row) if own else None

    def find(self, start: int, end: int) -> Range | None:
        """Where the document's characters ``start`` to ``end`` are read, not where they are repeated as a heading.

        None where they are not read by themselves: a table's headings.
        """
        own = [piece for piece in self.pieces if not piece.is_repeated and piece.start < end and start < piece.end]
        if not own:
            return None
        first, last = own[0], own[-1]
        return first.at + max(0, start - first.start), last.at + min(end, last.end) - last.start


class Place(NamedTuple):
    """The document's characters ``start`` to ``end``, read in ``row`` of a table (None: outside tables).

    A heading that was repeated in the row stands elsewhere itself.
    """

    start: int
    end: int
    row: Range | None


def linearise(text: str, tables: Sequence[Table], start: int, end: int) -> Linearised:
    """``text[start:end]`` of a document without inline marks, and with the rows of these ``tables`` linearised."""
    own = tables_within(tables, start, end)
    writer, done = _Writer(text), start
    for table in own:
        if done < table.start:
            writer.copy(done, table.start)
        first, done = max(start, table.start), min(end, table.end)
        if table.places and table.caption and first <= table.caption[0] < table.caption[1] <= done:
            writer.copy(*table.caption)  # of markup, a caption is within its table
            writer.write("\n")
        _add_rows(writer, grid_of(text, table), first, done)
    if done < end:
        writer.copy(done, end)
    return Linearised("".join(writer.parts), tuple(writer.pieces))


def tables_within(tables: Sequence[Table], start: int, end: int) -> Sequence[Table]:
    """The tables that have characters from ``start`` to ``end``."""
    first = bisect_right(tables, start, key=lambda table: table.end)
    last = bisect_right(tables, end - 1, key=lambda table: table.start)
    return tables[first:last]


class _Writer:
    """Joins pieces and the punctuation between them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._size = 0
        self.parts: list[str] = []
        self.pieces: list[Piece] = []

    def copy(self, start: int, end: int, row: Range | None = None) -> None:
        """Add the document's characters ``start`` to ``end`` without the marks among them."""
        for left, right in marks(self._text, start, end):
            self._add(start, left, row)
            start = right
        self._add(start, end, row)

    def _add(self, start: int, end: int, row: Range | None) -> None:
        if start < end:
            self.pieces.append(Piece(self._size, start, end, row))
            self.write(self._text[start:end])

    def write(self, text: str) -> None:
        self.parts.append(text)
        self._size += len(text)


def _add_rows(writer: _Writer, grid: Grid, start: int, end: int) -> None:
    """Add the rows from ``start`` to ``end``; a range that begins or ends within a row gets its cells from there on."""
    is_first = True
    for row in range(grid.row_at(start), grid.row_at(end - 1) + 1):
        cells = [_clipped(cell, start, end) for cell in _cells_within(grid.cells(row), start, end)]
        if grid.is_rule(row) or all(cell.is_empty for cell in cells):
            continue
        writer.write("" if is_first else "\n")
        is_first = False
        _add_row(writer, grid, row, cells)


def _add_row(writer: _Writer, grid: Grid, row: int, cells: Sequence[Cell]) -> None:
    place, room = grid.range_of(row), _MOST_REPEATED
    for number, (labels, headings, cell) in enumerate(_with_headings(grid, row, cells)):
        room -= sum(own.end - own.start for own in (*labels, *headings))
        if room < 0:
            labels = headings = ()
        writer.write(" | " if number else "| ")
        read = [*labels, *headings, *([] if cell.is_empty else [cell])]
        for position, own in enumerate(read, start=1):
            last = own.start
            for start, end in grid.words_of(own):
                writer.write(joint(grid.text, last, start) if last > own.start else "")
                writer.copy(start, end, place)
                last = end
            if position < len(read):
                ends = position <= len(labels) or position == len(labels) + len(headings)
                writer.write(": " if ends and grid.text[own.end - 1] != ":" else " ")
    writer.write(" |")


def _with_headings(
    grid: Grid, row: int, cells: Sequence[Cell]
) -> Iterator[tuple[Sequence[Cell], Sequence[Cell], Cell]]:
    """Each cell of the row that says something, after the row headings and the column headings to repeat before it."""
    if grid.is_heading(row):
        yield from (((), (), cell) for cell in cells if not cell.is_empty)
        return
    labels = [cell for cell in grid.row_headings(row) if cell.row != row]
    before: list[Cell] = []
    for cell in cells:
        if cell.is_empty and not (labels and cell.column >= grid.table.labels):
            continue
        headings = [own for own in grid.column_headings(row, cell.column) if not _is_same(grid, own, cell)]
        shown = [] if cell.is_empty else _without_shared(headings, before) or headings[-1:]
        if labels and cell.column >= grid.table.labels:
            yield labels, (), cell._replace(end=cell.start)  # the row has no label of its own
            labels = []
        if not cell.is_empty:
            yield labels, shown, cell
            labels = []
        if cell.column >= grid.table.labels:
            before = headings


def _is_same(grid: Grid, heading: Cell, cell: Cell) -> bool:
    size = heading.end - heading.start
    return size == cell.end - cell.start and grid.text.startswith(grid.text[heading.start : heading.end], cell.start)


def _without_shared(headings: list[Cell], before: list[Cell]) -> list[Cell]:
    """The headings without the first ones that the cell before has too."""
    same = 0
    while same < min(len(headings), len(before)) and headings[same] == before[same]:
        same += 1
    return headings[same:]


def _cells_within(cells: Sequence[Cell], start: int, end: int) -> Sequence[Cell]:
    first = bisect_right(cells, start, key=lambda cell: cell.end)
    return cells[first and first - 1 : bisect_left(cells, end, key=lambda cell: cell.start)]


def _clipped(cell: Cell, start: int, end: int) -> Cell:
    first, last = max(cell.start, start), min(cell.end, end)
    return cell._replace(start=first, end=last) if first < last else cell._replace(start=first, end=first)
