"""Tables with drawn lines: cells lie between the rules, or between these and the gaps that all rows share."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from statistics import median

from documents.formats.pdf_bands import NEAR, Band, bands_of, covered, fragments, frames, in_lines, runs
from documents.formats.pdf_cells import Cell
from documents.formats.pdf_elements import Extent, Ruled, Slot
from documents.formats.pdf_rules import Rule, Rules
from documents.formats.pdf_words import Word

_CURRENCY = re.compile(r"(?:[A-Z]{0,3}[$€£¥₹])\Z")
_GUTTER = 3.0  # least width, in points, of the gap between two columns
_LONGEST_CELL = 600  # characters
_USUAL_CELL = 120  # in a table without vertical rules; columns of prose have more
_MOST_NUMBERS = 1 / 3  # of the cells in a table without vertical rules
_MOST_COLUMNS = 60
_MOST_FRAMES = 60  # of a page


def ruled_tables(words: Sequence[Word], rules: Rules) -> Iterator[Ruled]:
    """The tables with rules, from top to bottom; none holds a word of another."""
    by_middle = sorted(words, key=lambda word: word.middle)
    middles = [word.middle for word in by_middle]
    used = set[int]()
    for frame in frames(rules.horizontal)[:_MOST_FRAMES]:
        left, right = frame[0].first, frame[0].last
        near = by_middle[bisect_left(middles, frame[0].at) : bisect_right(middles, frame[-1].at)]
        inside = [word for word in near if left - 1 <= (word.left + word.right) / 2 <= right + 1]
        down = [rule for rule in rules.vertical if left - NEAR <= rule.at <= right + NEAR]
        for run in runs(bands_of(frame, rules.horizontal, down, inside), right - left):
            found = _table(run, rules.horizontal, down, (left, right))
            if found and used.isdisjoint(map(id, found.words)):
                used.update(map(id, found.words))
                yield found


def _table(run: Sequence[Band], horizontal: Sequence[Rule], down: Sequence[Rule], ends: Extent) -> Ruled | None:
    """The table of these bands; None where that is no safe guess."""
    edges = _vertical_edges(run, down, ends)
    is_drawn = len(edges) > 2
    columns = [*pairwise(edges)] if is_drawn else _gutter_columns(run)
    if not 1 < len(columns) <= _MOST_COLUMNS:
        return None
    bands = list(run) if len(run) > 3 else [part for band in run for part in _split(band, columns)]
    if any(_holds_rows(band, columns) or _holds_columns(band, columns) for band in bands):
        return None
    rows = _drawn_rows(bands, columns, horizontal, down) if is_drawn else [_slots(band, columns) for band in bands]
    rows = _without_empty_rows(rows)
    if not _are_filled(rows, is_drawn=is_drawn):
        return None
    if _is_numeric(rows, is_drawn=is_drawn):
        return None  # columns of numbers are read better by their edges (``pdf_rows``)
    words = tuple(word for row in rows for slot in row for word in slot.words)
    return Ruled(words, tuple(map(tuple, rows)), tuple(columns))


def _are_filled(rows: Sequence[Sequence[Slot]], *, is_drawn: bool) -> bool:
    """Whether most rows have several cells, and these are as short as cells are."""
    sizes = [sum(len(word.text) + 1 for word in slot.words) for row in rows for slot in row]
    full = sum(len(row) > 1 for row in rows)
    if full < 2 or 2 * full < len(rows) or max(sizes) > _LONGEST_CELL:
        return False
    return is_drawn or median(sizes) <= _USUAL_CELL


def _is_numeric(rows: Sequence[Sequence[Slot]], *, is_drawn: bool) -> bool:
    """Whether many of the cells are numbers, or the sign of a currency is apart from its number.

    Drawn cells are cells; there a sign may have one of its own.
    """
    cells = [Cell(list(slot.words)) for row in rows for slot in row]
    if any(_CURRENCY.match(cell.words[-1].text) for cell in cells if not is_drawn or len(cell.words) > 1):
        return True
    return not is_drawn and sum(cell.is_value and not cell.is_year for cell in cells) > _MOST_NUMBERS * len(cells)


def _without_empty_rows(rows: Sequence[Sequence[Slot]]) -> list[list[Slot]]:
    full = [bool(row) for row in rows]
    return [
        [slot._replace(rows=max(1, sum(full[number : number + slot.rows]))) for slot in row]
        for number, row in enumerate(rows)
        if row
    ]


def _vertical_edges(run: Sequence[Band], down: Sequence[Rule], ends: Extent) -> list[float]:
    """The edges of columns that are drawn along at least a third of the rows."""
    middles = [band.middle for band in run]
    crossed: dict[int, set[int]] = {}
    places: list[float] = []
    for rule in down:  # from left to right
        if not places or rule.at - places[-1] > NEAR:
            places.append(rule.at)
        crossed.setdefault(len(places) - 1, set()).update(covered(rule, middles))
    kept = [place for number, place in enumerate(places) if 3 * len(crossed[number]) >= len(run)]
    inner = [place for place in kept if ends[0] + NEAR < place < ends[1] - NEAR]
    return [ends[0], *inner, ends[1]]


def _gutter_columns(run: Sequence[Band]) -> list[Extent]:
    """The ranges across that words take up in rows of several cells; headings of several columns are left out."""
    lines = [line for band in run for line in band.lines if len(fragments(line)) > 1]
    most = max((len(fragments(line)) for line in lines), default=0)
    for chosen in (lines, [line for line in lines if len(fragments(line)) == most]):
        columns: list[list[float]] = []
        spans = sorted((part[0].left, part[-1].right) for line in chosen for part in fragments(line))
        for left, right in spans:
            if columns and left < columns[-1][1] + _GUTTER:
                columns[-1][1] = max(columns[-1][1], right)
            else:
                columns.append([left, right])
        if len(columns) > 1:
            return [(left, right) for left, right in columns]
    return []


def _split(band: Band, columns: Sequence[Extent]) -> list[Band]:
    """The rows of a band without rules between these: each begins in the first column or fills all columns."""
    if len(band.lines) < 3:
        return [band]
    parts: list[list[tuple[Word, ...]]] = []
    for line in band.lines:
        filled = {_column_of(word, columns) for word in line}
        if not parts or len(filled) == len(columns) or (0 in filled and len(filled) > 1):
            parts.append([])
        parts[-1].append(line)
    tops = [band.top, *(min(word.top for word in part[0]) - 0.1 for part in parts[1:]), band.bottom]
    return [
        Band(top, bottom, tuple(part), band.is_crossed)
        for part, (top, bottom) in zip(parts, pairwise(tops), strict=True)
    ]


def _column_of(word: Word, columns: Sequence[Extent]) -> int:
    """The number of the column that the word is in or nearest to."""
    middle = (word.left + word.right) / 2
    number = max(0, bisect_right(columns, (middle, float("inf"))) - 1)
    beyond = number + 1 < len(columns) and columns[number + 1][0] - middle < middle - columns[number][1]
    return number + 1 if beyond else number


def _holds_rows(band: Band, columns: Sequence[Extent]) -> bool:
    """Whether numbers of the band stand one below the other, so that it holds several rows."""
    count = [0] * len(columns)
    for line in band.lines:
        for part in fragments(line):
            cell = Cell(part)
            if cell.is_value and not cell.is_year:
                count[_column_of(part[0], columns)] += 1
    return max(count) > 1


def _holds_columns(band: Band, columns: Sequence[Extent]) -> bool:
    """Whether a number stands apart from other words of its cell, so that this is several cells."""
    for line in band.lines:
        parts = fragments(line)
        for before, part in pairwise(parts):
            if Cell(part).is_value and _column_of(before[-1], columns) == _column_of(part[0], columns):
                return True
    return False


def _slots(band: Band, columns: Sequence[Extent]) -> list[Slot]:
    """The cells of a row; what stands alone across several columns spans them."""
    parts = [part for line in band.lines for part in fragments(line)]
    if len(band.lines) == 1:
        spans = [(_column_of(part[0], columns), _column_of(part[-1], columns), part) for part in parts]
        starts = [first for first, *_ in spans]
        if len(set(starts)) == len(starts) and all(last < first for (_, last, _), (first, *_) in pairwise(spans)):
            return [Slot(first, part, last - first + 1) for first, last, part in spans]
    cells: dict[int, list[Word]] = {}
    for line in band.lines:
        for word in line:
            cells.setdefault(_column_of(word, columns), []).append(word)
    return [Slot(column, words) for column, words in sorted(cells.items())]


def _drawn_rows(
    bands: Sequence[Band], columns: Sequence[Extent], horizontal: Sequence[Rule], down: Sequence[Rule]
) -> list[list[Slot]]:
    """The rows of a table whose cells are drawn; a cell without a rule at its right or below goes on there."""
    middles = [band.middle for band in bands]
    edges = [left for left, _ in columns]
    right_of, below = set[tuple[int, int]](), set[tuple[int, int]]()
    for rule in down:
        column = bisect_left(edges, rule.at - NEAR) - 1
        right_of.update((row, column) for row in covered(rule, middles))
    bottoms = [band.bottom for band in bands]
    centres = [(left + right) / 2 for left, right in columns]
    for rule in horizontal:
        row = bisect_left(bottoms, rule.at - 1)
        if row < len(bands) and abs(bottoms[row] - rule.at) < 1:
            below.update((row, column) for column in covered(rule, centres))
    for row in {*range(len(bands))} - {row for row, _ in below}:  # it ends without a rule (``_split``)
        below.update((row, column) for column in range(len(columns)))
    words: dict[tuple[int, int], list[Word]] = {}
    for row, band in enumerate(bands):
        for line in band.lines:
            for word in line:
                words.setdefault((row, _column_of(word, columns)), []).append(word)
    return _merged_cells(len(bands), len(columns), right_of, below, words)


def _merged_cells(
    rows: int,
    columns: int,
    right_of: Set[tuple[int, int]],
    below: Set[tuple[int, int]],
    words: Mapping[tuple[int, int], Sequence[Word]],
) -> list[list[Slot]]:
    """The cells, each as wide and as high as no rule ends it."""
    taken = set[tuple[int, int]]()
    found: list[list[Slot]] = [[] for _ in range(rows)]
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            last = column
            while last + 1 < columns and (row, last) not in right_of and (row, last + 1) not in taken:
                last += 1
            bottom = row
            while bottom + 1 < rows and not any((bottom, place) in below for place in range(column, last + 1)):
                bottom += 1
            own = [(down, across) for down in range(row, bottom + 1) for across in range(column, last + 1)]
            taken.update(own)
            inside = [word for place in own for word in words.get(place, ())]
            if inside:
                ordered = [word for line in in_lines(inside) for word in line]
                found[row].append(Slot(column, ordered, last - column + 1, bottom - row + 1))
    return found
