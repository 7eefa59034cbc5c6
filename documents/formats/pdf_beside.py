"""Two short blocks side by side at the top of a page, as of a letter or an invoice: the sender, and date and number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from documents.formats.pdf_cells import Cell, Row
from documents.formats.pdf_layout import Line
from documents.formats.pdf_paragraphs import FIELD

_TOP = 0.45  # of a page's height, in which such blocks begin
_RIGHT = 0.4  # of the text's width, which the right block leaves free at least
_GUTTER = 2.5  # space between the blocks, relative to the height of their letters
_TIGHT = 1.7  # distance between two lines of a block, relative to it
_ALIGNED = 3.0  # points between the edges of lines below each other
_LONGEST = 60  # characters of a line
_MOST_ROWS = 20


class Top(NamedTuple):
    """What tells the top of a page: where it ends, and between which edges the page's text is."""

    bottom: float
    left: float
    right: float

    @classmethod
    def of(cls, lines: Sequence[Line], height: float) -> Top:
        """That of a page with these lines."""
        left, right = min((line.left for line in lines), default=0.0), max((line.right for line in lines), default=0.0)
        return cls(_TOP * height, left, right)


class _Pair(NamedTuple):
    """The cells of some rows on either side of a gutter, row by row."""

    left: list[list[Cell]]
    right: list[list[Cell]]

    @property
    def gutter(self) -> tuple[float, float]:
        """Where it begins and ends."""
        return max(cell.right for row in self.left for cell in row), min(
            cell.left for row in self.right for cell in row
        )


def beside(rows: Sequence[Row], top: Top, *, with_fields: bool) -> Iterator[tuple[bool, Sequence[Row]]]:
    """Runs of rows, each with whether it is a block: of two blocks side by side the left one, then the right one.

    ``with_fields`` asks for those of which the right one has lines of a name and a value, which no table has. Others
    are to be looked for in what is known to be no table.
    """
    start = number = 0
    while number < len(rows) and rows[number].line.top < top.bottom:
        last = _end(rows, number)
        if start < number and _is_close(rows[number - 1], rows[number]):
            last = number  # it goes on with what is above it
        ends = range(last, number + 1 if with_fields else max(last - 1, number + 1), -1)
        pairs = ((end, pair) for end in ends if (pair := _split(rows[number:end])))
        found = next(((end, pair) for end, pair in pairs if _are_blocks(pair, top, with_fields=with_fields)), None)
        if not found:
            number += 1
            continue
        if start < number:
            yield False, rows[start:number]
        start = number = found[0]
        for side in found[1]:
            yield True, [Row(line, cells) for line, cells in zip(_lines(side), filter(None, side), strict=True)]
    if start < len(rows):
        yield False, rows[start:]


def _end(rows: Sequence[Row], first: int) -> int:
    """The end of the run of short lines close to each other that begins with row ``first``."""
    last = first
    while last < min(len(rows), first + _MOST_ROWS) and _is_short(rows[last]):
        if last > first and not _is_close(rows[last - 1], rows[last]):
            break
        last += 1
    return last


def _is_short(row: Row) -> bool:
    return not row.line.ruled and all(len(cell.text) <= _LONGEST for cell in row.cells)


def _is_close(above: Row, below: Row) -> bool:
    return below.line.top - above.line.top < _TIGHT * max(above.line.height, below.line.height)


def _split(rows: Sequence[Row]) -> _Pair | None:
    """The rows on either side of the widest gap that a row has; None where a cell reaches over it."""
    gaps = ((right.left - left.right, left, right) for row in rows for left, right in pairwise(row.cells))
    widest = max(gaps, key=lambda gap: gap[0], default=None)
    if widest is None:
        return None
    middle = (widest[1].right + widest[2].left) / 2
    if any(cell.left < middle < cell.right for row in rows for cell in row.cells):
        return None
    return _Pair(
        [[cell for cell in row.cells if cell.right <= middle] for row in rows],
        [[cell for cell in row.cells if cell.left >= middle] for row in rows],
    )


def _are_blocks(pair: _Pair, top: Top, *, with_fields: bool) -> bool:
    """Whether these are two blocks rather than rows of labels and values."""
    lefts, rights = _lines(pair.left), _lines(pair.right)
    first, last = pair.gutter
    height = max(line.height for line in lefts)
    is_far = last - first >= _GUTTER * height and last - top.left >= _RIGHT * (top.right - top.left)
    if not is_far or len(lefts) < 2:
        return False
    if any(line.text.endswith(":") for line in lefts) or max(len(line.text.split()) for line in lefts) < 2:
        return False
    if not (_is_flush(lefts) and (_is_flush(rights) or abs(rights[0].right - rights[-1].right) < _ALIGNED)):
        return False  # it is centred
    if with_fields:
        return 2 * sum(bool(FIELD.match(line.text)) for line in rights) > len(rights)
    return _is_apart(pair, lefts, rights)


def _is_apart(pair: _Pair, lefts: Sequence[Line], rights: Sequence[Line]) -> bool:
    """Whether the right block stands beside the left one as no values do: these have labels, and go on below them."""
    is_staggered = not pair.left[0] and not pair.right[-1]
    has_values = any(cell.is_value for row in pair.right for cell in row)
    is_whole = _is_whole(pair.left) and _is_whole(pair.right)
    return is_whole and not has_values and (is_staggered or len(rights) < len(lefts))


def _is_flush(lines: Sequence[Line]) -> bool:
    """Whether the lines begin below each other."""
    return max(line.left for line in lines) - min(line.left for line in lines) < _ALIGNED


def _is_whole(side: Sequence[Sequence[Cell]]) -> bool:
    """Whether one side of the rows has no gaps within it, as a column of values may have."""
    filled = [number for number, row in enumerate(side) if row]
    return filled[-1] - filled[0] == len(filled) - 1


def _lines(side: Sequence[Sequence[Cell]]) -> list[Line]:
    return [Line(tuple(word for cell in row for word in cell.words)) for row in side if row]
