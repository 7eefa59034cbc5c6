"""Which heading of a table on a page is above which columns: by where it stands and what is underlined."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from documents.formats.pdf_cells import Cell, Row
from documents.formats.pdf_columns import Column, nearest, shared
from documents.formats.pdf_rules import Rule
from documents.formats.pdf_runs import over_runs
from documents.formats.pdf_words import Word

_CENTRED = 0.18  # largest offset, relative to the width of several columns, of a heading centred over all of them
_WIDER = 3.0  # points of additional offset that are accepted for each further column
_TIGHT = 1.4  # distance between two lines of one heading, relative to the height of the first
_TIGHTEST = 1.2  # the same where nothing else can be meant
_ALIGNED = 3.0  # points between the middles or the ends of lines of one heading
_SPACE = 0.5  # widest gap between two words of a heading, relative to the height of their letters
_OFF = 4.0  # points between the middle of a heading and that of the columns which it is surely above


class HeadingLine(NamedTuple):
    """A line of headings: for each column the cell above it, and the cells that are above none."""

    above: list[Cell | None]
    loose: list[Cell]


def heading_lines(
    rows: Sequence[Row], columns: Sequence[Column], labels: Sequence[Column], rules: Sequence[Rule]
) -> list[HeadingLine]:
    """Which cell of these lines of headings is above which column; ``rules`` are the page's horizontal lines."""
    drawn = [row.cells for row in rows]
    lines = [
        [
            part
            for cell in cells
            for own in _as_in(cell, [*before, *after], columns)
            for part in _by_column(own, columns)
        ]
        for before, cells, after in zip([[], *drawn], drawn, [*drawn[1:], []], strict=False)
    ]
    known: dict[int, range] = {}
    for row, cells in zip(rows, lines, strict=True):
        height = row.line.height
        edge = min(columns[0].left - 6 * height, max((label.right for label in labels), default=0.0) - height)
        known.update(_underlined(cells, height, columns, [rule for rule in rules if rule.first > edge]))
    are_drawn = any(len(run) > 1 for run in known.values())
    in_runs = over_runs(lines, columns)
    pairs = []
    for (above, upper), (below, lower) in pairwise(zip(rows, lines, strict=True)):
        step = (below.line.top - above.line.top) / above.line.height
        known.update({**_over_several(upper, lower, columns), **in_runs, **known})
        if step < _TIGHT:
            pairs.append((upper, lower, are_drawn or step < _TIGHTEST))
    for upper, lower, is_sure in (*reversed(pairs), *pairs):
        known.update(_stacked(upper, lower, columns, known, is_sure=is_sure))
    return [_above(cells, columns, labels, known) for cells in lines]


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
        off = abs((rule.first + rule.last) / 2 - over[0].middle) if over else 0.0
        if len(over) == 1 and below and off < _OFF + _CENTRED / 2 * (rule.last - rule.first):
            yield id(over[0]), below
        elif 1 < len(over) < len(below):
            yield from _shares(over, below, columns)


def _shares(over: Sequence[Cell], below: range, columns: Sequence[Column]) -> Iterator[tuple[int, range]]:
    """The columns of several cells above one line, where each cell is above the middle of its share."""
    for cell in over:
        near = (min(over, key=lambda other: abs(other.middle - columns[number].middle)) for number in below)
        own = [number for number, nearest_one in zip(below, near, strict=True) if nearest_one is cell]
        if own and abs((columns[own[0]].left + columns[own[-1]].right) / 2 - cell.middle) < _CENTRED / 2 * (
            columns[own[-1]].right - columns[own[0]].left
        ):
            yield id(cell), range(own[0], own[-1] + 1)


def _over_several(upper: Sequence[Cell], lower: Sequence[Cell], columns: Sequence[Column]) -> dict[int, range]:
    """The columns of cells that are exactly above the middle of an even number of headings, between two of these."""
    found: dict[int, range] = {}
    for cell in upper:
        right = next((number for number, other in enumerate(lower) if other.middle > cell.middle), 0)
        for width in range(1, min(right, len(lower) - right) + 1):
            first, last = lower[right - width], lower[right + width - 1]
            beside = [other for other in upper if other is not cell and first.left < other.middle < last.right]
            if abs((first.left + last.right) / 2 - cell.middle) < _OFF and not beside:
                found[id(cell)] = range(_closest(first, columns), _closest(last, columns) + 1)
    return {key: run for key, run in found.items() if len(run) > 1}


def _stacked(
    upper: Sequence[Cell],
    lower: Sequence[Cell],
    columns: Sequence[Column],
    known: Mapping[int, range],
    *,
    is_sure: bool,
) -> Iterator[tuple[int, range]]:
    """The columns of cells of two close lines that are lines of one heading.

    ``is_sure``: they are so even where the upper one is exactly above the middle of several columns.
    """
    for cell in upper:
        for other in lower:
            if not _is_aligned(cell, other) or max(cell.right, other.right) < columns[0].left:
                continue
            own = _own(cell, columns) | _own(other, columns)
            if id(other) in known or id(cell) in known:
                yield from _same_columns(cell, other, upper, columns, known)
                yield from _same_columns(other, cell, lower, columns, known)
            elif len(own) == 1:
                (number,) = own
                for part in (cell, other):
                    if is_sure or not _is_centred(part, columns, number):
                        yield id(part), range(number, number + 1)


def _same_columns(
    cell: Cell, other: Cell, line: Sequence[Cell], columns: Sequence[Column], known: Mapping[int, range]
) -> Iterator[tuple[int, range]]:
    """The columns of ``cell`` where they are those of ``other``, as nothing else in its line is above these."""
    if id(cell) not in known and id(other) in known:
        beside = {number for each in line if each is not cell for number in _own(each, columns)}
        if _own(cell, columns) <= {*known[id(other)]} and beside.isdisjoint(known[id(other)]):
            yield id(cell), known[id(other)]


def _is_aligned(cell: Cell, other: Cell) -> bool:
    return (
        abs(cell.middle - other.middle) < _ALIGNED
        or abs(cell.right - other.right) < _ALIGNED
        or abs(cell.left - other.left) < _ALIGNED
    )


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
    for word in cell.words:
        before = parts[-1].words[-1] if parts else None
        if before and word.left - before.right <= _SPACE * min(before.height, word.height):
            parts[-1].words.append(word)
        else:
            parts.append(Cell([word]))
    joined: list[Cell] = []
    for part in parts:
        if joined and _closest(joined[-1], columns) == _closest(part, columns):
            joined[-1].words += part.words
        else:
            joined.append(part)
    return joined if len(joined) > 1 else _by_words(cell, columns)


def _closest(cell: Cell, columns: Sequence[Column]) -> int:
    """The number of the column whose middle, left or right edge is nearest to that of the cell."""

    def distance(column: Column) -> float:
        return min(
            abs(column.middle - cell.middle), abs(column.left - cell.left), abs(column.right - cell.right)
        )  # fmt: skip

    return min(range(len(columns)), key=lambda number: distance(columns[number]))


def _by_words(cell: Cell, columns: Sequence[Column]) -> list[Cell]:
    """A cell without wide gaps, split between words of two columns where the gap is wider than within each."""
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


def _as_in(cell: Cell, near: Sequence[Cell], columns: Sequence[Column]) -> list[Cell]:
    """The cell, split at a space where its first part is exactly below or above a heading of the next line."""
    for number, word in enumerate(cell.words[:-1], start=1):
        if any(abs(cell.left - other.left) < _ALIGNED and abs(word.right - other.right) < _ALIGNED for other in near):
            first, rest = Cell(cell.words[:number]), Cell(cell.words[number:])
            if _closest(first, columns) != _closest(rest, columns):
                return [first, *_as_in(rest, near, columns)]
    return [cell]


def _middle(word: Word) -> float:
    return (word.left + word.right) / 2


def _above(
    cells: Sequence[Cell], columns: Sequence[Column], labels: Sequence[Column], known: Mapping[int, range]
) -> HeadingLine:
    """For each column the cell above it, or one centred over several; ``known`` are those of some cells, by ``id``."""
    if each := _one_each(cells, columns, labels, known):
        return HeadingLine(each, [cell for cell in cells if not any(cell is other for other in each)])
    chosen: list[Cell | None] = []
    for number, column in enumerate(columns):
        over = [cell for cell in cells if number in known.get(id(cell), ()) or _is_over(cell, column, known)]
        chosen.append(max(over, key=lambda cell: shared(cell, column)) if over else None)
    spread = list(chosen)
    for cell in cells:
        below = [number for number, above in enumerate(chosen) if above is cell]
        for number in known.get(id(cell)) or _spanned(cell, below, chosen, columns):
            spread[number] = cell
    _place_beside(cells, spread, columns)
    if None in spread:  # a cell exactly above one column may be the heading of that one only
        exact = _between(chosen, spread, columns, known)
        spread = [own or other for own, other in zip(chosen, exact, strict=True)]
    return HeadingLine(spread, [cell for cell in cells if not any(cell is other for other in spread)])


def _one_each(
    cells: Sequence[Cell], columns: Sequence[Column], labels: Sequence[Column], known: Mapping[int, range]
) -> list[Cell | None]:
    """The cells in the order of the columns, where one is above or beside each; else none."""
    last = list(cells[-len(columns) :])
    if len(last) < len(columns) or any(len(known.get(id(cell), ())) > 1 for cell in last):
        return []
    if nearest(last[0], [*labels, *columns]) < len(labels):
        return []
    beside = zip(last, [None, *columns], [*columns[1:], None], strict=False)
    is_each = all(
        (not before or cell.left > before.right) and (not after or cell.right < after.left)
        for cell, before, after in beside
    )
    return [*last] if is_each else []


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
