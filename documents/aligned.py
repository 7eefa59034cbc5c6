"""Tables in plain text: rows of cells between "|", and rows whose cells stand below each other, apart by spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from documents.blocks import Group, Table
from documents.grid import EDGE, Grid, with_repeated
from documents.lines import Line

_RULE = re.compile(r"[ >|:+=-]*[-=]{2}[ >|:+=-]*\Z")
_DRAWN = re.compile(r"[-=]{2}[-= ]*")  # a rule between rows that are aligned by spaces
_GAP = re.compile(r"(?<=\S)[ ]{2,}(?=\S)")
_NUMBER = re.compile(r"[^\w\n]*\d[\d\W]*[^\W\d]{0,3}\W*\Z")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_MOST_GAPS = 50  # columns of a table that is aligned by spaces
_CORNER = 3  # columns of space, at least, above the labels of rows
_LONGEST = 400  # characters of its rows


class Gutter(NamedTuple):
    """The columns of the text from ``start`` to ``end`` in which every row has a space."""

    start: int
    end: int


class Found(NamedTuple):
    """The lines from ``first`` to ``last`` (exclusive), which are the table; without one, those that need no search."""

    first: int
    last: int
    table: Table | None = None


def pipe_table(text: str, lines: Sequence[Line], first: int) -> Found:
    """The table of cells between "|" among the lines from ``first`` on that have a "|".

    Each row begins with a "|", or a rule is below the first row, or three rows have the same number of "|".
    """
    counts, last = list[int](), first
    while last < len(lines) and not lines[last].is_blank:
        own = text[lines[last].start : lines[last].end]
        count = len(EDGE.findall(own))
        if not count and not (own.startswith("+") and _RULE.match(own)):
            break
        counts.append(count)
        last += 1
    rows = [text[line.start : line.end] for line in lines[first:last]]
    if len(rows) < 2:
        return Found(first, max(last, first + 1))
    if not all(row[0] in "|+" for row in rows):
        ruled = next((n for n in range(1, len(rows)) if "-" in rows[n] and _RULE.match(rows[n])), None)
        if ruled is None and (len(rows) < 3 or len(set(counts)) > 1):
            return Found(first, last)
        first += ruled - 1 if ruled else 0
    return Found(first, last, with_headings(text, Table(lines[first].start, lines[last - 1].end)))


def aligned_table(text: str, lines: Sequence[Line], first: int) -> Found:
    """The table of cells aligned by spaces whose first row is line ``first``."""
    gutters = [*_corner(lines, first), *_gaps(text, lines[first])]
    last, found = first + 1, [gutters]
    while gutters and last < len(lines) and not lines[last].is_blank:
        if not _DRAWN.fullmatch(text, lines[last].start, lines[last].end):
            narrowed = _narrowed(text, lines[last], gutters)
            if not narrowed:
                break
            gutters = narrowed
            found.append(_gaps(text, lines[last]))
        last += 1
    while _DRAWN.fullmatch(text, lines[last - 1].start, lines[last - 1].end) and last > first + 1:
        last -= 1
    if not _is_table(text, lines[first:last], gutters, found):
        return Found(first, last)
    columns = (min(line.indent for line in lines[first:last]), *(gutter.end for gutter in gutters))
    table = Table(lines[first].start, lines[last - 1].end, columns=columns)
    return Found(first, last, with_headings(text, table))


def _corner(lines: Sequence[Line], first: int) -> list[Gutter]:
    """The space before the first row, where nothing stands above the labels of the rows below it."""
    if first + 1 == len(lines) or lines[first + 1].is_blank or lines[first].indent - lines[first + 1].indent < _CORNER:
        return []
    return [Gutter(lines[first + 1].indent, lines[first].indent)]


def _gaps(text: str, line: Line) -> list[Gutter]:
    """The runs of two and more spaces within the line, but not that of two spaces behind a sentence."""
    if line.end - line.start > _LONGEST:
        return []
    own = text[line.start : line.end]
    gaps = [gap.span() for gap in _GAP.finditer(own)]
    ends = [(start, end) for start, end in gaps if end - start > 2 or own[start - 1] not in ".!?"]
    return [Gutter(line.indent + start, line.indent + end) for start, end in ends[:_MOST_GAPS]]


def _narrowed(text: str, line: Line, gutters: Sequence[Gutter]) -> list[Gutter]:
    """The part of each gutter that is blank in the line too; none where the line is no row with these gutters."""
    if line.end - line.start > _LONGEST:
        return []
    gaps, found, left = _gaps(text, line), list[Gutter](), 0
    stop = line.indent + line.end - line.start  # the column in which the line ends
    for number, gutter in enumerate(gutters):
        gap = next((gap for gap in gaps if gap.start < gutter.end and gutter.start < gap.end), None)
        if gap:
            found.append(Gutter(max(gap.start, gutter.start), min(gap.end, gutter.end)))
        elif _is_blank(line, gutters, number, stop):
            found.append(Gutter(gutter.start if line.indent >= gutter.end else max(gutter.start, stop), gutter.end))
        elif _is_filled(text, line, left, gutter.end):
            found.append(Gutter(gutter.end - 1, gutter.end))
        else:
            return []
        left = gutter.end
    return found


def _is_blank(line: Line, gutters: Sequence[Gutter], number: int, stop: int) -> bool:
    """Whether the line has no cell left of the gutter, but one below others, or none right of it, but two before it."""
    if line.indent >= gutters[number].end:
        return any(line.indent == gutter.end for gutter in gutters)
    return number > 0 and stop < gutters[number].end


def _is_filled(text: str, line: Line, left: int, right: int) -> bool:
    """Whether a single word fills the column from ``left`` to ``right`` but for the last space."""
    first, last = line.start + max(0, left - line.indent), line.start + right - line.indent
    own = text[first:last] if last < line.end else ""
    return own.count(" ") == 1 and own.endswith(" ")


def _is_table(text: str, lines: Sequence[Line], gutters: Sequence[Gutter], found: Sequence[Sequence[Gutter]]) -> bool:
    """Whether there are rows enough, and each gutter is wider than between words in half of them."""
    if (
        not gutters
        or len(lines) < 2
        or (len(lines) == 2 and not any(gap.end - gap.start > 2 for gaps in found for gap in gaps))
    ):
        return False
    for gutter in gutters:
        wide = sum(any(gap.start < gutter.end and gutter.start < gap.end for gap in gaps) for gaps in found)
        if 2 * wide < len(found):
            return False
    names = (text[line.start : line.start + gutters[0].start - line.indent].rstrip() for line in lines)
    if len(gutters) > 1:
        return True
    # What has a colon, or dots, between its names and values are fields.
    values = (text[line.start + gutters[0].end - line.indent : line.end].lstrip() for line in lines)
    return not all(
        name.endswith((":", "：", "...")) or value[:1] == ":" for name, value in zip(names, values, strict=True)
    )


def with_headings(text: str, table: Table) -> Table:
    """The table with its heading row, row labels and groups of rows, as far as its form shows them."""
    grid = Grid(text, table)
    rules = [row for row in range(min(len(grid), 4)) if grid.is_rule(row)]
    below = [row for row in rules if row > 0 and not grid.is_rule(row - 1)]
    headings: tuple[int, ...] = ()
    if below and below[0] < len(grid) - 1:
        headings = tuple(row for row in range(below[0]) if row not in rules)
    elif not rules and _is_heading(grid):
        headings = (0,)
    several = any(len(grid.cells(row)) > 1 for row in range(min(len(grid), 8)) if not grid.is_rule(row))
    groups = tuple(_groups(grid, len(rules) + len(headings))) if several else ()
    headings = with_repeated(headings, [text[slice(*grid.range_of(row))].rstrip() for row in range(len(grid))])
    return Table(table.start, table.end, headings, int(several), groups=groups, columns=table.columns)


def _is_heading(grid: Grid) -> bool:
    """Whether the first row has words or years where most others have numbers."""
    below = [cell for row in range(1, min(len(grid), 9)) for cell in grid.cells(row) if not cell.is_empty]
    for heading in grid.cells(0)[1:]:
        own = grid.text[heading.start : heading.end]
        column = [grid.text[cell.start : cell.end] for cell in below if cell.column == heading.column]
        numbers = sum(bool(_NUMBER.match(text)) for text in column)
        if own and numbers > len(column) / 2 and (_YEAR.match(own) or not _NUMBER.match(own)):
            return True
    return False


def _groups(grid: Grid, first: int) -> Iterator[Group]:
    """Rows of a single cell at the left, each a heading of the rows down to the next one."""
    alone = [row for row in range(first, len(grid)) if _is_alone(grid, row)]
    for row, following in pairwise([*alone, len(grid)]):
        if following - row > 1:
            yield Group(row, following - 1)


def _is_alone(grid: Grid, row: int) -> bool:
    cells = grid.cells(row)
    return bool(cells) and not cells[0].is_empty and all(cell.is_empty for cell in cells[1:]) and not grid.is_rule(row)
