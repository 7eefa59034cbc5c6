"""Tables of words without rules: lines of short cells one below the other, in columns with clear space between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from documents.formats.pdf_cells import Cell, Row
from documents.formats.pdf_columns import Column, joined, nearest, shared
from documents.formats.pdf_elements import Ruled, Slot
from documents.formats.pdf_paragraphs import BULLET

_FEWEST_ROWS = 3  # with several cells; 4 where there are only two columns
_FARTHEST = 2.5  # space between two rows, relative to the height of their letters
_TIGHT = 1.35  # distance between the lines of one cell, relative to it
_USUAL_CELL = 40  # characters
_LONGEST_CELL = 150
_ALIGNED = 3.0  # points between the left, middle or right of cells one below the other
_PROSE = 0.3  # share of cells that begin with a small letter: more are lines of sentences


def word_tables(rows: Sequence[Row]) -> Iterator[tuple[Ruled | None, Sequence[Row]]]:
    """Runs of lines, each with the table that they form, if they do."""
    start = number = 0
    while number < len(rows):
        last = _before_crossing(rows, number, _end(rows, number))
        found = _table(rows[number:last]) if last - number >= _FEWEST_ROWS else None
        if found and start < number and _is_heading(rows[number - 1], rows[number:last]):
            number -= 1
            found = _table(rows[number:last]) or found
        if found:
            if start < number:
                yield None, rows[start:number]
            yield found, rows[number:last]
            start = last
        number = max(last, number + 1)
    if start < len(rows):
        yield None, rows[start:]


def _end(rows: Sequence[Row], first: int) -> int:
    """The end of the run of lines like those of a table that begins with line ``first``."""
    if len(rows[first].cells) < 2:
        return first
    last = first + 1
    while last < len(rows) and _is_next(rows[last - 1], rows[last]):
        last += 1
    while len(rows[last - 1].cells) < 2 and not _is_tight(rows[last - 2], rows[last - 1]):
        last -= 1
    return last


def _is_heading(above: Row, rows: Sequence[Row]) -> bool:
    """Whether a line of a single bold cell is the heading of a column other than the first."""
    columns = _columns(rows)
    is_one = len(above.cells) == 1 and above.line.bold and _reached(above.cells[0], columns) == 1
    return is_one and nearest(above.cells[0], columns) > 0 and above.line.bottom > rows[0].line.top - above.line.height


def _before_crossing(rows: Sequence[Row], first: int, last: int) -> int:
    """The number of the first of these lines that reaches over several columns; ``last`` where none does."""
    columns = _columns(rows[first:last])
    alone = (number for number in range(first, last) if len(rows[number].cells) == 1)
    return next((number for number in alone if _reached(rows[number].cells[0], columns) > 1), last)


def _columns(rows: Sequence[Row]) -> list[Column]:
    """The columns of the lines with most cells."""
    most = max((len(row.cells) for row in rows), default=0)
    return joined((cell.left, cell.right) for row in rows if len(row.cells) == most for cell in row.cells)


def _reached(cell: Cell, columns: Sequence[Column]) -> int:
    """How many columns the cell is in."""
    return sum(shared(cell, column) > 0 for column in columns)


def _is_next(above: Row, below: Row) -> bool:
    height = above.line.height
    gap = below.line.top - above.line.bottom
    if not -height < gap < _FARTHEST * height or abs(below.line.height - height) > 0.15 * height:
        return False
    return len(below.cells) > 1 or _is_tight(above, below)


def _is_tight(above: Row, below: Row) -> bool:
    return below.line.top - above.line.top < _TIGHT * above.line.height


def _table(rows: Sequence[Row]) -> Ruled | None:
    """The table of these lines; None where that is no safe guess."""
    columns = _columns(rows)
    several = [row for row in rows if len(row.cells) > 1]
    if len(columns) < 2 or len(several) < _FEWEST_ROWS + (len(columns) == 2) or 2 * len(several) < len(rows):
        return None
    cells = [cell for row in rows for cell in row.cells]
    if any(_reached(cell, columns) != 1 for cell in cells):
        return None
    by_column: list[list[Cell]] = [[] for _ in columns]
    for cell in cells:
        by_column[nearest(cell, columns)].append(cell)
    if not all(map(_is_aligned, by_column)) or not _are_short(cells) or _is_list(by_column):
        return None
    table = tuple(map(tuple, _joined_rows(rows, columns)))
    words = tuple(word for row in table for slot in row for word in slot.words)
    return Ruled(words, table, tuple((column.left, column.right) for column in columns))


def _is_aligned(cells: Sequence[Cell]) -> bool:
    """Whether most cells of a column begin, end or are centred at the same place."""
    for places in ([c.left for c in cells], [c.middle for c in cells], [c.right for c in cells]):
        usual = median(places)
        if 4 * sum(abs(place - usual) < _ALIGNED for place in places) >= 3 * len(places):
            return True
    return False


def _are_short(cells: Sequence[Cell]) -> bool:
    lengths = [len(cell.text) for cell in cells]
    small = sum(cell.text[0].islower() for cell in cells)
    return median(lengths) <= _USUAL_CELL and max(lengths) <= _LONGEST_CELL and small <= _PROSE * len(cells)


def _is_list(columns: Sequence[Sequence[Cell]]) -> bool:
    """Whether the first column holds the signs of items, or the names of fields."""
    marks = sum(bool(BULLET.match(cell.text)) or cell.text.endswith(":") for cell in columns[0])
    return 2 * marks > len(columns[0])


def _joined_rows(rows: Sequence[Row], columns: Sequence[Column]) -> list[list[Slot]]:
    """The rows; a line close below another that leaves columns empty continues the cells of that."""
    found: list[list[Slot]] = []
    for above, row in zip([None, *rows], rows, strict=False):
        slots = [Slot(nearest(cell, columns), cell.words) for cell in row.cells]
        own = {slot.column: slot for slot in found[-1]} if found else {}
        goes_on = above and _is_tight(above, row) and len(slots) < len(columns) and all(s.column in own for s in slots)
        is_part = slots[0].column > 0 and 2 * len(slots) <= len(columns)
        if goes_on and (is_part or row.cells[0].text[0].islower()):
            for slot in slots:
                own[slot.column] = own[slot.column]._replace(words=[*own[slot.column].words, *slot.words])
            found[-1] = list(own.values())
        else:
            found.append(slots)
    return found
