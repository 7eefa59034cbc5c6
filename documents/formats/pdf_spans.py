"""Which heading of a table on a page is above which columns: by where it stands and what is underlined."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from documents.formats.pdf_cells import Cell, Row
from documents.formats.pdf_columns import Column, nearest, shared
from documents.formats.pdf_rules import Rule
from documents.formats.pdf_words import Word

_CENTRED = 0.18  # largest offset, relative to the width of several columns, of a heading centred over all of them
_WIDER = 3.0  # points of additional offset that are accepted for each further column
_TIGHT = 1.4  # distance between two lines of one heading, relative to the height of the first
_ALIGNED = 3.0  # points between the middles of lines of one heading
_OFF = 4.0  # points between the middle of a heading and that of the columns which it is surely above


class HeadingLine(NamedTuple):
    """A line of headings: for each column the cell above it, and the cells that are above none."""

    above: list[Cell | None]
    loose: list[Cell]


def heading_lines(rows: Sequence[Row], columns: Sequence[Column], rules: Sequence[Rule]) -> list[HeadingLine]:
    """Which cell of these lines of headings is above which column; ``rules`` are the page's horizontal lines."""
    lines = [[part for cell in row.cells for part in _by_column(cell, columns)] for row in rows]
    known: dict[int, range] = {}
    for row, cells in zip(rows, lines, strict=True):
        known.update(_underlined(cells, row.line.height, columns, rules))
    placed = list(zip(rows, lines, strict=True))
    close = [
        (upper, lower)
        for (above, upper), (below, lower) in pairwise(placed)
        if below.line.top - above.line.top < _TIGHT * above.line.height
    ]
    for upper, lower in (*reversed(close), *close):
        known.update(_stacked(upper, lower, columns, known))
    return [_above(cells, columns, known) for cells in lines]


def _underlined(
    cells: Sequence[Cell], height: float, columns: Sequence[Column], rules: Sequence[Rule]
) -> Iterator[tuple[int, range]]:
    """The columns below the lines that are drawn closely below one cell each."""
    if not cells:
        return
    bottom = max(word.bottom for cell in cells for word in cell.words)
    middles = [column.middle for column in columns]
    first = bisect_left(rules, bottom - 0.4 * height, key=lambda rule: rule.at)
    for rule in rules[first:]:
        if rule.at > bottom + 0.6 * height:
            break
        over = [cell for cell in cells if rule.covers(cell.middle)]
        below = range(bisect_left(middles, rule.first), bisect_left(middles, rule.last))
        if len(over) == 1 and below and rule.first > columns[0].left - 6 * height:
            yield id(over[0]), below


def _stacked(
    upper: Sequence[Cell], lower: Sequence[Cell], columns: Sequence[Column], known: Mapping[int, range]
) -> Iterator[tuple[int, range]]:
    """The columns of cells of two close lines that are lines of one heading."""
    for cell in upper:
        for other in lower:
            if abs(cell.middle - other.middle) >= _ALIGNED:
                continue
            own = _own(cell, columns) | _own(other, columns)
            if id(other) in known or id(cell) in known:
                yield from _same_columns(cell, other, upper, columns, known)
                yield from _same_columns(other, cell, lower, columns, known)
            elif len(own) == 1:
                (number,) = own
                for part in (cell, other):
                    if not _is_centred(part, columns, number):
                        yield id(part), range(number, number + 1)


def _same_columns(
    cell: Cell, other: Cell, line: Sequence[Cell], columns: Sequence[Column], known: Mapping[int, range]
) -> Iterator[tuple[int, range]]:
    """The columns of ``cell`` where they are those of ``other``, as nothing else in its line is above these."""
    if id(cell) not in known and id(other) in known:
        beside = {number for each in line if each is not cell for number in _own(each, columns)}
        if _own(cell, columns) <= {*known[id(other)]} and beside.isdisjoint(known[id(other)]):
            yield id(cell), known[id(other)]


def _own(cell: Cell, columns: Sequence[Column]) -> set[int]:
    """The columns that the cell reaches over, or else the nearest one."""
    reached = {number for number, column in enumerate(columns) if shared(cell, column) > 0}
    return reached or {nearest(cell, columns)}


def _is_centred(cell: Cell, columns: Sequence[Column], number: int) -> bool:
    """Whether the cell is exactly above the middle of several columns around that one."""
    runs = zip(columns[number::-1][1:], columns[number + 1 :], strict=False)
    return any(abs((before.left + after.right) / 2 - cell.middle) < _OFF for before, after in runs)


def _by_column(cell: Cell, columns: Sequence[Column]) -> list[Cell]:
    """A cell of headings, split where the headings of two columns are adjacent."""
    parts: list[Cell] = []
    closest = [min(columns, key=lambda column: abs(column.middle - _middle(word))) for word in cell.words]
    gaps = [after.left - before.right for before, after in pairwise(cell.words)]
    inner = [gap for gap, (one, other) in zip(gaps, pairwise(closest), strict=True) if one is other]
    for word, gap, (before, column) in zip(cell.words, [0.0, *gaps], pairwise([None, *closest]), strict=True):
        if parts and (column is before or gap <= 1.15 * max(inner, default=0.0)):
            parts[-1].words.append(word)
        else:
            parts.append(Cell([word]))
    return parts if inner else [cell]


def _middle(word: Word) -> float:
    return (word.left + word.right) / 2


def _above(cells: Sequence[Cell], columns: Sequence[Column], known: Mapping[int, range]) -> HeadingLine:
    """For each column the cell above it, or one centred over several; ``known`` are those of some cells, by ``id``."""
    chosen: list[Cell | None] = []
    for number, column in enumerate(columns):
        over = [cell for cell in cells if number in known.get(id(cell), ()) or _is_over(cell, column, known)]
        chosen.append(max(over, key=lambda cell: shared(cell, column)) if over else None)
    spread = list(chosen)
    for cell in cells:
        own = [number for number, above in enumerate(chosen) if above is cell]
        for number in known.get(id(cell)) or _spanned(cell, own, chosen, columns):
            spread[number] = cell
    _place_beside(cells, spread, columns)
    if None in spread:  # a cell exactly above one column may be the heading of that one only
        exact = _between(chosen, spread, columns, known)
        spread = [own or other for own, other in zip(chosen, exact, strict=True)]
    return HeadingLine(spread, [cell for cell in cells if not any(cell is other for other in spread)])


def _is_over(cell: Cell, column: Column, known: Mapping[int, range]) -> bool:
    return id(cell) not in known and cell.left < column.right and column.left < cell.right


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
    chosen: Sequence[Cell | None], spread: Sequence[Cell | None], columns: Sequence[Column], known: Mapping[int, range]
) -> Iterator[Cell | None]:
    """For each column, the cell spread over it, or None where that cell is exactly above a single column."""
    for cell in spread:
        own = [column for column, above in zip(columns, chosen, strict=True) if above is cell]
        exact = cell and id(cell) not in known and len(own) == 1 and (
            abs(own[0].middle - cell.middle) < 4 or abs(own[0].right - cell.right) < 2
        )  # fmt: skip
        yield None if exact else cell
