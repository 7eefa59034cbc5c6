"""The cells of a sheet, or of a CSV file -> its tables, with their titles, notes, headings and labels.

Empty rows and columns separate tables, unless what follows them goes on with the same columns. Lines above a table are
its title and notes, or names and values; lines below it are notes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from documents.blocks import Merged
from documents.formats.build import Builder, GridCell
from documents.formats.row_labels import label_columns
from documents.formats.table_structure import is_figure, looks_like_header
from documents.vocabulary import any_of

Row = Sequence[str]

_MOST_LINES = 15  # lines above a table's headings, and heading rows
_MOST_TABLES = 50  # side by side
_SAMPLE = 2_000  # rows of a table that are looked at to tell what its columns hold
_TITLE = 150  # characters of the longest title; a longer line is a note
_NOTE = 40  # characters from which on a lone cell below a table is a note
_LEAST_WORDS = 4  # of a sentence
_NOTE_SIGNS = re.compile(rf"[*†‡#¹²³]|\(\w\)|\[\w\]|{any_of('note')}s?\b", re.IGNORECASE)
_NUMBER = re.compile(r"[-+(]*[$€£¥]?\s?\d[\d.,\s%)]*\Z")
_UNIT = re.compile(r"\(.+\)\Z|\[.+\]\Z|%\Z|[$€£¥]\Z")


@dataclass(frozen=True)
class Sheet:
    """Cells by row and column from 0; rows have no empty cells at their ends. ``merged`` are in the same places."""

    rows: Sequence[Row]
    merged: Sequence[Merged] = ()


class _Area(NamedTuple):
    """Rows ``top`` to ``bottom`` (exclusive) and columns ``left`` to ``right`` (exclusive) of a sheet."""

    top: int
    bottom: int
    left: int
    right: int

    def row(self, sheet: Sheet, number: int) -> Row:
        return sheet.rows[number][self.left : self.right]

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """The rows that are not empty."""
        return (row for row in (self.row(sheet, number) for number in range(self.top, self.bottom)) if any(row))

    def sample(self, sheet: Sheet) -> list[Row]:
        return list(self._replace(bottom=min(self.bottom, self.top + _SAMPLE)).rows(sheet))


def add_tables(builder: Builder, sheet: Sheet) -> None:
    """Add the tables of the sheet and the lines around them, in their order."""
    areas = list(_joined(sheet, _areas(sheet)))
    are_lines = [all(_filled(row) == 1 for row in area.rows(sheet)) for area in areas]
    for area, is_lines in zip(areas, are_lines, strict=True):
        if not is_lines:
            _add(builder, sheet, area)
        elif area.bottom - area.top > _MOST_LINES:
            builder.rows([["".join(row)] for row in area.rows(sheet)], labels=0)
        else:
            lines = "\n".join("".join(row) for row in area.rows(sheet))
            builder.paragraph(lines, None if all(are_lines) else "caption")


def _areas(sheet: Sheet) -> Iterator[_Area]:
    """Runs of rows that are not empty, divided into tables that stand side by side."""
    for run in _runs(sheet, _Area(0, len(sheet.rows), 0, max(map(len, sheet.rows), default=0))):
        parts = _side_by_side(sheet, run)
        for part in parts:
            yield from _runs(sheet, part) if len(parts) > 1 else parts


def _runs(sheet: Sheet, area: _Area) -> Iterator[_Area]:
    """The area's runs of rows that are not empty."""
    top = None
    for number in range(area.top, area.bottom):
        if any(area.row(sheet, number)):
            top = number if top is None else top
        elif top is not None:
            yield area._replace(top=top, bottom=number)
            top = None
    if top is not None:
        yield area._replace(top=top)


def _side_by_side(sheet: Sheet, area: _Area) -> list[_Area]:
    """The tables that empty columns separate; a table has headings and labels of its own, so two columns at least."""
    filled = sorted({column for row in area.rows(sheet) for column, text in enumerate(row, start=area.left) if text})
    starts = [number for number, column in enumerate(filled) if number == 0 or filled[number - 1] < column - 1]
    parts = list[_Area]()
    first = 0  # of the columns, as all these numbers
    for start, end in pairwise([*starts[:_MOST_TABLES], len(filled)]):
        own = area._replace(left=filled[start], right=filled[end - 1] + 1)
        if not parts or (start - first > 1 and _is_table(sheet, own)):
            parts.append(own)
            first = start
        else:
            parts[-1] = parts[-1]._replace(right=own.right)
    return parts


def _is_table(sheet: Sheet, area: _Area) -> bool:
    """Whether the area has column headings, and words rather than numbers in its first column."""
    rows = area.sample(sheet)
    if area.right - area.left < 2 or not rows or not rows[0][0]:
        return False
    body = rows[1:] if _filled(rows[0]) == 1 else rows  # without its title
    first = [row[0] for row in body[1:] if row[0]]
    return looks_like_header(body) and 2 * sum(map(_is_number, first)) < len(first)


def _joined(sheet: Sheet, areas: Iterator[_Area]) -> Iterator[_Area]:
    """Areas, those that go on with the columns of the one before together with it, and with the lines between."""
    lines: list[_Area] = []  # areas of lone cells since the last table
    table: _Area | None = None
    for area in areas:
        if all(_filled(row) == 1 for row in area.rows(sheet)):
            lines.append(area)
        elif table and _goes_on(sheet, table, area):
            table = table._replace(bottom=area.bottom)
            lines = []
        else:
            yield from filter(None, (table, *lines))
            table, lines = area, []
    yield from filter(None, (table, *lines))


def _goes_on(sheet: Sheet, table: _Area, area: _Area) -> bool:
    """Whether the area has the columns of the table above it and no headings of its own."""
    if area.left < table.left or area.right > table.right or area.top < table.bottom:
        return False
    rows = area.sample(sheet)
    titles = 0
    while titles < len(rows) and _filled(rows[titles]) == 1:
        titles += 1
    body = rows[titles:]
    if not looks_like_header(body):
        return True
    numbers = any(
        not _is_number(head) and 2 * sum(_is_number(cell) for cell in below) > len(below)
        for head, below in ((head, [row[n] for row in body[1:] if row[n : n + 1]]) for n, head in enumerate(body[0]))
        if head and below
    )
    return not numbers and not titles and area.right == table.right


def _add(builder: Builder, sheet: Sheet, area: _Area) -> None:
    """Add a table, with the lines above and below it, or lines alone."""
    top, title = _add_lines_above(builder, sheet, area)
    bottom = area.bottom
    notes = list[str]()
    while bottom - 1 > top and (note := _note(sheet, area, bottom - 1)) is not None:
        notes.insert(0, note)
        bottom -= 1
    if top < bottom:
        own = area._replace(top=top, bottom=bottom)
        heads = _heading_rows(sheet, own)
        heading = own._replace(bottom=own.top + heads).sample(sheet)
        body = own._replace(top=own.top + heads).sample(sheet)
        named = [row for row in body if row not in heading]  # it may be repeated
        builder.rows(_cells(sheet, own, heads), caption=title, labels=label_columns(named))
    for note in filter(None, notes):
        builder.paragraph(note, "caption")


def _add_lines_above(builder: Builder, sheet: Sheet, area: _Area) -> tuple[int, str]:
    """Add the lines above the headings but for the title; returns the first row of the table and the title."""
    sample = area.sample(sheet)
    usual = median(map(_filled, sample))
    least = max(2.0, 0.6 * usual)
    first = area.top
    lines = list[Row]()
    while first < min(area.bottom, area.top + _MOST_LINES) and _is_line(row := area.row(sheet, first), least):
        lines.append([text for text in row if text])
        first += 1
    if first == area.bottom or first - area.top == _MOST_LINES:
        return area.top, ""  # these are rows of the table
    title = lines.pop()[0] if lines and len(lines[-1]) == 1 and len(lines[-1][0]) <= _TITLE else ""
    if not title and lines and len(lines[0]) == 1 and len(lines[0][0]) <= _TITLE:
        builder.paragraph(lines.pop(0)[0], "caption")
    for texts in lines:
        if len(texts) == 2:
            builder.field(texts[0].rstrip(":"), texts[1])
        else:
            builder.paragraph(" ".join(texts), "caption")
    return first, title


def _is_line(row: Row, least: float) -> bool:
    """Whether the row has fewer cells than a table's rows, from the left on and no gap between, or none."""
    filled = _filled(row)
    return filled < least and all(row[:filled])


def _note(sheet: Sheet, area: _Area, number: int) -> str | None:
    """The text of a row that is a note below the table, or is empty; None for any other row."""
    row = area.row(sheet, number)
    if not any(row):
        return ""
    is_note = (
        _filled(row) == 1 and row[0] and (len(row[0]) >= _NOTE or _NOTE_SIGNS.match(row[0]) or _is_sentence(row[0]))
    )
    return row[0] if is_note else None


def _is_sentence(text: str) -> bool:
    return text.endswith((".", "!")) and len(text.split()) >= _LEAST_WORDS


def _heading_rows(sheet: Sheet, area: _Area) -> int:
    """How many first rows hold column headings: rows with headings of several columns, those of each, their units."""
    rows = area._replace(bottom=min(area.bottom, area.top + _MOST_LINES)).sample(sheet)
    if area.right - area.left < 2:
        return 0
    number = 0
    used = frozenset(column for row in area.sample(sheet) for column, text in enumerate(row) if text)
    while number < len(rows) - 2 and _has_gaps(rows[number], used) and looks_like_header(_below(rows, number)):
        number += 1
    if not looks_like_header(_below(rows, number - 1)):
        return 0
    number += 1
    units = [text for text in rows[number] if text]
    return number + int(len(rows) > number + 1 and all(_UNIT.match(text) for text in units))


def _below(rows: Sequence[Row], number: int) -> Sequence[Row]:
    """The rows below that one, the first of them with the headings that it spans them with: "2023 Plan".

    Figures stay figures: they are no headings, whatever stands above them.
    """
    first, *others = rows[number + 1 :]
    if number < 0:
        return [first, *others]
    spanning = [""]
    for column in range(len(first)):
        above = rows[number][column : column + 1]
        spanning.append(above[0] if any(above) else spanning[-1])
    headed = zip(spanning[1:], first, strict=True)
    return [[f"{above} {text}" if text and not is_figure(text) else text for above, text in headed], *others]


def _has_gaps(row: Row, used: Collection[int]) -> bool:
    """Whether cells between those that are filled are empty: a heading before them may be of several columns.

    Columns that are not ``used``, in which no row of the table has anything, only keep others apart.
    """
    filled = [column for column, text in enumerate(row) if text]
    if len(filled) == 1:
        return filled[0] > 0
    return bool(filled) and sum(filled[0] <= column <= filled[-1] for column in used) > len(filled)


def _cells(sheet: Sheet, area: _Area, heads: int) -> Sequence[Sequence[str | GridCell]]:
    """The area's cells as a Builder takes them: merged ones once, those of heading rows called headings."""
    numbers = [number for number in range(area.top, area.bottom) if any(area.row(sheet, number))]
    spans = _spans(sheet, area, numbers[: max(0, heads - 1)])
    if not spans:
        headings = [[GridCell(text, is_heading=True) for text in area.row(sheet, number)] for number in numbers[:heads]]
        return [*headings, *(area.row(sheet, number) for number in numbers[heads:])]
    covered = set[tuple[int, int]]()
    found: list[list[str | GridCell]] = []
    last_heading = numbers[heads - 1] if heads else -1
    for number in range(area.top, area.bottom):
        found.append([])
        for column, text in enumerate(area.row(sheet, number)):
            if (number, column) in covered:
                continue
            rows, columns = spans.get((number, column), (1, 1))
            covered.update((number + down, column + right) for down in range(rows) for right in range(columns))
            found[-1].append(GridCell(text, columns, rows, number <= last_heading))
    return found


def _spans(sheet: Sheet, area: _Area, above: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """By row, and column of the area, how many rows and columns a cell spans where these are several.

    In the rows ``above``, which hold headings of other headings, a cell spans the empty ones behind it.
    """
    found = {
        (cell.row, cell.column - area.left): (
            min(cell.rows, area.bottom - cell.row),
            min(cell.columns, area.right - cell.column),
        )
        for cell in sheet.merged
        if area.top <= cell.row < area.bottom and area.left <= cell.column < area.right
    }
    for number in above:
        row = area.row(sheet, number)
        filled = [column for column, text in enumerate(row) if text]
        for column, following in zip(filled, [*filled[1:], area.right - area.left], strict=True):
            if following - column > 1 and (number, column) not in found:
                found[number, column] = (1, following - column)
    return found


def without_empty_end(row: list[str]) -> list[str]:
    """The row without the empty cells at its end."""
    while row and not row[-1]:
        row.pop()
    return row


def _filled(row: Row) -> int:
    """How many cells of the row are not empty."""
    return len(row) - row.count("")


def _is_number(text: str) -> bool:
    return bool(_NUMBER.match(text))
