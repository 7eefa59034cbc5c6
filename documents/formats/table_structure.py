"""Cells in their places -> the table's headings, labels, groups of rows and caption."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from documents.blocks import Group, Merged, Range, Table
from documents.formats.table_layout import Layout, Place, text_of
from documents.grid import with_repeated
from documents.outline import COLONS
from documents.vocabulary import words_of

_LOOKED_AT = 50  # rows
_MOST_RANKS = 3  # groups of groups of rows
_LONGEST_HEADING = 80  # characters of a cell that may head a column
_FEWEST_ROWS = 3  # of a form
_LONGEST_LABEL = 40  # characters of a label in it
_FIGURE = re.compile(r"[-+(]*[$€£¥]?\s?\d[\d.,\s%)]*\Z")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_PERIOD = re.compile(r"(?:19|20)\d\d(?:[/–-]\d\d(?:\d\d)?)?|\b[QH]\d\b")
_WORD = re.compile(r"[^\W\d_]+")
_TOTALS = words_of("totals")


def structure(
    layout: Layout,
    start: int,
    end: int,
    *,
    heading: bool | None = None,
    labels: int | None = None,
    caption: Range | None = None,
) -> Table:
    """The table whose text is at ``start`` to ``end``.

    ``heading`` says whether the first row holds column headings, ``labels`` how many first columns hold those of their
    rows (None: cells say so, or guess).
    """
    headings = with_repeated(heading_rows(layout, heading), layout.rows)
    return Table(
        start,
        end,
        headings,
        label_columns(layout, headings) if labels is None else labels,
        caption,
        tuple(layout.merged),
        tuple(groups(layout, headings)),
    )


def structure_of_rows(
    rows: Sequence[Sequence[str]],
    merged: Sequence[Merged] = (),
    headings: Collection[Place] = (),
    heading: bool | None = None,
) -> Table:
    """The structure of a table of these rows alone, whose cells at ``headings`` are shown as headings.

    ``heading`` says whether the first row holds column headings (None: cells say so, or guess).
    """
    layout = Layout([list(row) for row in rows], list(merged), frozenset(headings), [len(row) == 1 for row in rows])
    return structure(layout, 0, len(text_of(layout)), heading=heading)


def caption_rows(layout: Layout) -> int:
    """How many first rows are a title or notes above the table: single cells above a wider row."""
    rows, count = layout.rows, 0
    tall = {cell.row for cell in layout.merged if cell.column == 0 and cell.rows > 1}
    while count < len(rows) - 1 and _is_single(rows[count]) and count not in tall:
        count += 1
    if not count or _filled(rows[count]) < 2:
        return 0
    is_title = all(layout.alone[:count]) or layout.width > 2 or _is_headed(layout.below(count))
    return count if is_title else 0


def heading_rows(layout: Layout, heading: bool | None) -> tuple[int, ...]:
    """The rows that hold column headings.

    ``heading`` says whether the first row does (None: cells say so, or guess).
    """
    rows = layout.rows
    if heading is False or len(rows) < 2:
        return ()
    called = [number for number in range(len(rows)) if _is_called(layout, number)]
    while called and called[-1] == len(rows) - 1:
        called.pop()  # there is nothing below it
    if called:
        return (*called, *_below_spanning(layout, called))
    if not heading and (layout.called or not _is_headed(layout) or _is_form(layout)):
        return ()
    count, wide = 1, {cell.row for cell in layout.merged if cell.columns > 1}
    while count < len(rows) - 1 and count - 1 in wide and not any(map(is_figure, rows[count])):
        count += 1
    return tuple(range(count))


def _below_spanning(layout: Layout, called: Sequence[int]) -> list[int]:
    """The row below the first headings, where these span columns that it names apart and it has no label."""
    last = len(called) - 1
    if called[-1] != last or last + 2 >= len(layout.rows) or layout.rows[last + 1][0]:
        return []
    row = [text for text in layout.rows[last + 1] if text]
    spans = sum(cell.columns for cell in layout.merged if cell.row == last and cell.columns > 1)
    return [last + 1] if 1 < spans <= len(row) and not any(map(is_figure, row)) else []


def _is_called(layout: Layout, number: int) -> bool:
    """Whether the format calls all cells of a row headings; a single one at the left is the label of an empty row.

    Below the first rows, figures among them show a row of totals.
    """
    cells = [column for column, text in enumerate(layout.rows[number]) if text]
    if not all((number, column) in layout.called for column in cells) or cells == [0]:
        return False
    return number < 2 or not any(is_figure(layout.rows[number][column]) for column in cells)


def headed_by_bold(rows: Iterable[Sequence[bool | None]]) -> bool | None:
    """Whether the first row holds headings, as the cells in bold tell; None where they do not.

    It does where all of it is in bold, and does not where of two columns all labels are, and no value. Cells without
    text are None.
    """
    rows = iter(rows)
    first = next(rows, ())
    filled = [cell for cell in first if cell is not None]
    if all(filled):
        return bool(filled) or None
    is_form = all(len(row) == 2 and row[0] is True and row[1] is not True for row in chain((first,), rows))
    return False if is_form else None


def label_columns(layout: Layout, headings: Sequence[int]) -> int:
    """How many first columns hold the headings of their rows: those called headings, else the first of several.

    A label that spans rows has the labels of these rows beside it.
    """
    width, known = layout.width, frozenset(headings)
    rows = [number for number in range(len(layout.rows)) if number not in known]
    height = {(cell.row, cell.column): cell.rows for cell in layout.merged}
    called = 0
    while called < width - 1 and layout.called:
        column = ((row, called) for row in rows)
        if 2 * sum(height.get(place, 1) for place in column if place in layout.called) <= len(rows):
            break
        called += 1
    if called or width < 2:
        return called
    count = next((n for n in range(width - 1) if any(n < len(layout.rows[r]) and layout.rows[r][n] for r in rows)), 0)
    tall = {cell.column for cell in layout.merged if cell.rows > 1 and cell.row not in known}
    while count in tall and count < width - 2 and not _holds_figures(layout, rows, count + 1):
        count += 1
    return count + 1


def _holds_figures(layout: Layout, rows: Sequence[int], column: int) -> bool:
    """Whether a column holds figures, by its first rows."""
    return any(is_figure(layout.rows[row][column]) for row in rows[:_LOOKED_AT] if column < len(layout.rows[row]))


def groups(layout: Layout, headings: Sequence[int]) -> list[Group]:
    """Rows of a single cell at the left, each a heading of the rows down to the next one or to their total.

    Where several of them follow each other, the first is the outermost: it reaches to the next run of as many.
    """
    found: list[Group] = []
    open_ones: list[Place] = []  # row and rank of the groups that the next row belongs to, outermost first

    def close(rank: int, last: int) -> None:
        while open_ones and open_ones[-1][1] <= rank:
            row, _ = open_ones.pop()
            if row < last:
                found.append(Group(row, last))

    rows, ranks, had_total = layout.rows, _ranks(layout, frozenset(headings)), False
    for number in range(len(rows)):
        if number in ranks:
            close(ranks[number], number - 1)
            open_ones.append((number, ranks[number]))
        elif open_ones and (words := _WORD.findall(rows[number][0].lower())) and words[0] in _TOTALS:
            is_own = len(words) == 1 and (number < len(rows) - 1 or had_total)
            had_total = had_total or is_own
            close(open_ones[-1][1], number if is_own else number - 1)
    close(len(rows), len(rows) - 1)
    return sorted(found, key=lambda group: (group.row, -group.last))


def _ranks(layout: Layout, headings: frozenset[int]) -> dict[int, int]:
    """The rows that head a group, with their distance from the end of the run of such rows that they are in."""
    found: dict[int, int] = {}
    width = layout.width
    for number in range(len(layout.rows) - 1, -1, -1):
        row = layout.rows[number]
        is_heading = width > 1 and (layout.alone[number] or width > 2 or row[0].endswith(COLONS))
        if is_heading and _is_single(row) and number not in headings:
            found[number] = min(found.get(number + 1, 0) + 1, _MOST_RANKS)
    return found


def looks_like_header(rows: Sequence[Sequence[str]], merged: Sequence[Merged] = ()) -> bool:
    """Whether the first row looks like column headings: distinct words above a table of several columns."""
    width = max(map(len, rows), default=0)
    if len(rows) < 2 or width < 2:
        return False
    first, below = [cell for cell in rows[0] if cell], rows[1]
    long = sum(len(cell) > _LONGEST_HEADING for cell in first)  # as the questions of a form are
    if not first or any(map(is_figure, first)) or 2 * long > len(first):
        return False
    if any(cell.row == 0 and 1 < cell.columns < width for cell in merged):
        return True
    if len(first) < 2 or len(set(first)) < len(first) or len(first) < sum(map(bool, below)) - 1:
        return False
    return width > 2 or not (first[0].endswith(COLONS) or re.search(r"\d", _PERIOD.sub("", first[1])))


def _is_headed(layout: Layout) -> bool:
    return looks_like_header(layout.rows, layout.merged)


def _is_form(layout: Layout) -> bool:
    """Whether two columns are surely labels and values, of which the first row is no other than those below it.

    So it is where its value comes again, where its label is a single letter, as of keys, or where the values are of
    several kinds: words, figures, and an address of a mail or page.
    """
    if (
        layout.width != 2
        or len(layout.rows) < _FEWEST_ROWS
        or not all(len(row) == 2 and all(row) for row in layout.rows)
    ):
        return False
    first, *others = layout.rows
    values = [value for _, value in others]
    if any(value == first[1] and label != first[0] for label, value in others):
        return True
    if len(first[0]) == 1 and first[0].isascii() and first[0].isalpha():
        return not any(map(is_figure, values))
    labels = {label for label, _ in layout.rows}
    is_named = len(labels) == len(layout.rows) and max(map(len, labels)) <= _LONGEST_LABEL
    return is_named and _are_of_several_kinds(values)


def _are_of_several_kinds(values: Sequence[str]) -> bool:
    """Whether some values, but not most, are addresses of mails or pages, and others hold figures."""
    addresses = [value for value in values if "@" in value or "://" in value]
    others = (value for value in values if value not in addresses)
    return 0 < 2 * len(addresses) < len(values) and any(any(map(str.isdigit, value)) for value in others)


def is_figure(text: str) -> bool:
    """Whether a cell holds a number that is no year."""
    return bool(_FIGURE.match(text)) and not _YEAR.match(text)


def _is_single(row: Sequence[str]) -> bool:
    """Whether the row's only text is at the left."""
    return bool(row[0]) and _filled(row) == 1


def _filled(row: Sequence[str]) -> int:
    """How many cells of the row are not empty."""
    return len(row) - row.count("")
