"""Which lines of a page form a table: those with numbers side by side, and their headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from documents.formats.pdf_cells import Cell, Row
from documents.formats.pdf_columns import Column, columns_of, is_heading_row
from documents.formats.pdf_layout import Line

_MOST_HEADINGS = 14  # lines
_HEADING_GAP = 1.6  # below a heading, relative to the height of its letters
_FARTHEST_TITLE = 4.0  # above a title of rows in a table
_FAR_HEADING = 3.0  # the same where it can only be above columns
_LONGEST_HEADING = 60  # letters in a column's heading
_LONGEST_TITLE = 120  # and of a title of rows that reaches over columns
_LARGER = 1.12  # times the height of a table's letters: a heading of the text
_LONGEST_LABEL = 200  # and of a heading of rows
_TIGHT = 1.4  # distance between two lines of a label, relative to the height of its letters
_NEARER = 0.7  # points by which they are nearer to each other than rows are


def split_tables(rows: Sequence[Row]) -> Iterator[tuple[bool, Sequence[Row]]]:
    """Runs of rows, each with whether the run is a table."""
    start = 0
    for first, last in _tables(rows):
        if start < first:
            yield False, rows[start:first]
        yield True, rows[first:last]
        start = last
    if start < len(rows):
        yield False, rows[start:]


def _tables(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """(first, end) of each table: numeric rows, the short lines between them and the headings above."""
    done, number = 0, 0
    while number < len(rows):
        if not rows[number].is_numeric:
            number += 1
            continue
        last = number + 1
        edge = min(cell.left for cell in rows[number].values)
        while last < len(rows):
            reach = last
            while reach < len(rows) and reach - last < 4 and not rows[reach].is_numeric:
                if not _is_between(rows, reach, edge):
                    reach = len(rows)
                    break
                reach += 1
            if reach >= len(rows) or not rows[reach].is_numeric or _is_far(rows[last - 1], rows[last]):
                break
            edge = min(edge, *(cell.left for cell in rows[reach].values))
            last = reach + 1
        numeric = [row for row in rows[number:last] if row.is_numeric]
        if len(numeric) >= 2 or len(numeric[0].values) >= 2:
            first = _first_heading(rows, number, last, done)
            last = _end_of_label(rows, number, last)
            yield from _parts(rows, first, last)
            done = last
        number = last


def _end_of_label(rows: Sequence[Row], first: int, last: int) -> int:
    """The end of a table whose last label goes on below it, in lines that are closer than its rows."""
    steps = [below.line.top - above.line.top for above, below in pairwise(rows[first:last])]
    edge = min(cell.left for row in rows[first:last] for cell in row.values)
    while steps and last < len(rows):
        above, row = rows[last - 1], rows[last]
        step = row.line.top - above.line.top
        is_label = len(row.cells) == 1 and row.line.right < edge and bool(above.label)
        is_same = abs(row.line.left - above.line.left) < row.line.height and row.line.bold == _is_bold(above)
        is_close = 0 < step < min(median(steps) - _NEARER, _TIGHT * row.line.height)
        if not (is_label and is_same and is_close):
            break
        last += 1
    return last


def _is_bold(row: Row) -> bool:
    """Whether the row's label is bold."""
    return Line(tuple(row.label_words)).bold


def _parts(rows: Sequence[Row], first: int, last: int) -> Iterator[tuple[int, int]]:
    """(first, end) of tables one below the other: headings in the middle begin one whose columns are elsewhere."""
    columns = columns_of(rows[first:last])
    begin = first
    for number in range(first + 1, last):
        above, row = rows[number - 1], rows[number]
        is_new = not row.values and is_heading_row(row, columns)
        is_new = is_new and bool(above.values or not is_heading_row(above, columns))
        if is_new and not _is_aligned(columns_of(rows[begin:number]), columns_of(rows[number:last])):
            yield begin, 1 + max(above for above in range(begin, number) if rows[above].values or above == begin)
            following = next(below for below in range(number, last) if rows[below].is_numeric)
            begin = _first_heading(rows, following, last, number)
    yield begin, last


def _is_aligned(above: Sequence[Column], below: Sequence[Column]) -> bool:
    """Whether the columns of two tables are in the same places; without any there is nothing to tell them apart."""
    if not above or not below:
        return True
    return len(above) == len(below) and all(
        one.left < other.right and other.left < one.right for one, other in zip(above, below, strict=True)
    )


def _is_far(above: Row, below: Row) -> bool:
    return below.line.top - above.line.bottom > 4 * above.line.height


def _is_between(rows: Sequence[Row], number: int, edge: float) -> bool:
    """Whether a row without numbers may belong to a table: as a row heading, a wrapped label or column headings."""
    row, above = rows[number], rows[number - 1]
    if len(row.cells) > 1:
        return len(row.cells[-1].text) <= _LONGEST_HEADING
    cell = row.cells[0]
    if len(cell.text) > _LONGEST_LABEL or row.line.height > _LARGER * above.line.height:
        return False
    if cell.right <= edge + 2 * row.line.height or cell.left >= edge - 2 * row.line.height:
        return True
    is_left = abs(cell.left - above.line.left) < row.line.height
    is_title = row.line.bold and len(cell.text) <= _LONGEST_TITLE
    return is_title and is_left and _gap_above(rows, number) < _FARTHEST_TITLE


def _first_heading(rows: Sequence[Row], number: int, last: int, least: int) -> int:
    """The number of the first line above rows ``number`` to ``last`` that is a heading of these or of their columns."""
    edge, labels, most = _reach_of_labels(rows[number:last])
    first = above = number
    while above > least and number - above < _MOST_HEADINGS:
        row = rows[above - 1]
        is_right = row.cells[0].left > min(edge, labels)  # of all labels, so that it can only be above the columns
        over = [cell for cell in row.cells if cell.middle > edge]
        if _gap_above(rows, above) > (_FAR_HEADING if is_right or len(over) > 1 else _HEADING_GAP):
            break
        label = [cell for cell in row.cells if cell.middle <= edge]
        if len(label) > most or _are_too_long(over, label):
            break
        if len(row.cells) == 1 and rows[number].label and _is_over_all(row.cells[0], rows[number].line):
            break
        above -= 1
        if over and (len(row.cells) > 1 or is_right):
            first = above
        elif over or label[0].right > edge + 6 * row.line.height:
            break
    return first


def _reach_of_labels(rows: Sequence[Row]) -> tuple[float, float, int]:
    """Of rows of a table: where their values begin at most, where their labels end, and how many cells these have."""
    numeric = [row for row in rows if row.is_numeric]
    edge = min(cell.left for row in numeric for cell in row.values) - 3 * rows[0].line.height
    labels = max((cell.right for row in numeric for cell in row.label), default=edge)
    return edge, labels, max(1, *(len(row.label) for row in numeric))


def _are_too_long(over: Sequence[Cell], label: Sequence[Cell]) -> bool:
    """Whether cells over the columns, or those over the labels, are too long for headings."""
    longest = max((len(cell.text) for cell in over), default=0)
    return longest > _LONGEST_HEADING or bool(label and len(label[0].text) > _LONGEST_TITLE)


def _gap_above(rows: Sequence[Row], number: int) -> float:
    """The space between a row and the one above it, relative to the height of the latter."""
    return (rows[number].line.top - rows[number - 1].line.bottom) / rows[number - 1].line.height


def _is_over_all(cell: Cell, line: Line) -> bool:
    """Whether a cell is centred over the whole table including its labels, as a caption is."""
    return abs(cell.middle - (line.left + line.right) / 2) < 0.04 * (line.right - line.left)
