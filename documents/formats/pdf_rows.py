"""The lines or the cells of a table on a page -> its cells, headings, labels and groups of rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.blocks import Group, Table
from documents.formats.build import structure_of_rows
from documents.formats.pdf_cells import Cell, Row
from documents.formats.pdf_columns import Column, columns_of, is_heading_row, label_columns, nearest
from documents.formats.pdf_elements import Element, Ruled, Slot
from documents.formats.pdf_grid import grid_pieces, merged, slot_text
from documents.formats.pdf_headings import heading_rows
from documents.formats.pdf_layout import Line
from documents.formats.pdf_rules import Rule
from documents.formats.pdf_words import Word
from documents.grid import with_repeated
from documents.vocabulary import listed

_FEWEST_STEPS = 3  # between rows, that tell the usual distance
_CLOSE = 0.75  # distance between two lines of a label, relative to that between rows
_NEARER = 0.7  # points by which a line is nearer to the one that it continues than to the next row
_SPACE = 0.2  # between two words, relative to their height
_CODE = re.compile(r"\d[.-]\d")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\Z")
_CARRIED = (",", "—", "-", *(f" {word}" for word in listed("never_end_labels")))


def table(lines: Sequence[Row], rules: Sequence[Rule] = ()) -> Element:
    """The table that these lines form; ``rules`` are the horizontal lines drawn on the page."""
    columns = columns_of(lines)
    reading = _Reading(lines, columns, rules)
    waiting: list[Row] = []
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if not line.values and is_heading_row(line, columns):
            if waiting or not reading.is_row(line):
                waiting.append(line)
            else:
                reading.add_cells(line, [cell for cell in line.cells if cell.right > columns[0].left])
            continue
        reading.add_headings(waiting)
        waiting = []
        if line.values:
            reading.add_cells(line, line.values)
        else:
            reading.add_label(line, following)
    reading.add_headings(waiting)
    return reading.element()


def ruled_table(ruled: Ruled, *, guess: bool = True) -> Element:
    """The table with these cells; its headings are bold or, with ``guess``, its first row where this can hold them."""
    width = len(ruled.columns)
    texts = [[""] * width for _ in ruled.rows]
    bold = set[tuple[int, int]]()
    for row, slots in enumerate(ruled.rows):
        for slot in slots:
            texts[row][slot.column] = slot_text(slot)
            if all(word.bold for word in slot.words):
                bold.add((row, slot.column))
    if 2 * len(bold) > sum(map(len, ruled.rows)):
        bold = set()
    is_headed = all((0, slot.column) in bold for slot in ruled.rows[0])
    found = structure_of_rows(texts, merged(ruled.rows), frozenset(bold), None if guess or is_headed else False)
    guessed = bool(found.headings) and not is_headed
    return Element(
        "table", grid_pieces(ruled.rows), median(word.height for word in ruled.words),
        table=found, columns=ruled.columns, guessed=guessed,
    )  # fmt: skip


@dataclass(slots=True)
class _Open:
    """A heading of the rows below it: of those ``indented`` further or, where none are, of those up to their total."""

    left: float
    row: int
    text: str
    indented: bool
    last: int = 0

    def ends_with(self, label: str) -> bool:
        """Whether a row of that label sums up the group, so that it is the last one."""
        return not self.indented and (label.startswith("total") or self.text in label)


class _Reading:
    """The rows that were read so far."""

    def __init__(self, lines: Sequence[Row], columns: Sequence[Column], rules: Sequence[Rule]) -> None:
        self._lines, self._columns, self._rules = lines, columns, rules
        self._labels = label_columns(lines, columns)
        self._pitch = _pitch(lines)
        self._repeated = Counter(_label(line) for line in lines if line.values)
        self._shift = len(self._labels)
        self._rows: list[list[Slot]] = []
        self._headings: list[int] = []
        self._open: list[_Open] = []  # the groups that may hold the next row
        self._groups: list[_Open] = []
        self._wrapped: list[Word] = []  # the first lines of a label
        self._above: Row | None = None  # the line before, where it has values
        self._last: Row | None = None  # the same, or the last line that continues its label

    def add_headings(self, lines: Sequence[Row]) -> None:
        """Add lines of headings one below the other."""
        if lines:
            self._flush()
            rows = heading_rows(lines, self._columns, self._labels, self._rules)
            self._headings += range(len(self._rows), len(self._rows) + len(rows))
            self._rows += rows
            self._above = None

    def is_row(self, line: Row) -> bool:
        """Whether a line of words is a row itself: headings have no label or years, or are bold or above all rows."""
        has_label = line.cells[0].right < self._columns[0].left and line.cells[0].text[0] != "("
        if not has_label or line.line.bold or any(cell.is_year for cell in line.cells):
            return False
        is_first = not self._rows or len(self._rows) - 1 in self._headings
        return not is_first or any(_CODE.search(cell.text) and not _DATE.match(cell.text) for cell in line.cells[1:])

    def add_cells(self, line: Row, values: Sequence[Cell]) -> None:
        """Add a line with these values, below the columns; its other cells are its label."""
        label = [cell for cell in line.cells if not any(cell is value for value in values)]
        self._enter([word for cell in label for word in cell.words])
        cells = dict[int, list[Word]]()
        for cell in label:
            cells.setdefault(nearest(cell, self._labels), []).extend(cell.words)
        if self._wrapped:
            cells[0] = [*self._wrapped, *cells.get(0, [])]
            self._wrapped = []
        for cell in values:
            cells.setdefault(self._shift + nearest(cell, self._columns), []).extend(cell.words)
        self._add_parent(line)
        self._rows.append([Slot(column, words) for column, words in sorted(cells.items())])
        self._above = self._last = line

    def _add_parent(self, line: Row) -> None:
        """A label that several rows have, further right than that of the row above, is one of the latter's."""
        above, text = self._above, _label(line)
        is_same = above and (not above.label or not line.label or text == _label(above))
        if above and not is_same and self._repeated[text] > 1 and line.line.left > above.line.left + 1:
            row = len(self._rows)
            self._groups.append(_Open(above.line.left, row - 1, "", indented=True, last=row))

    def add_label(self, line: Row, following: Row | None) -> None:
        """Add a line without values: a part of a label, or a heading of the rows below it."""
        if self._above and self._last and self._continues(self._above, self._last, line, following):
            self._extend(line)
            self._last = line
        elif following and _wraps(line, following, self._columns, self._pitch):
            self._wrapped += line.line.words
            self._above = None
        else:
            self._add_group(line, following)

    def _continues(self, above: Row, last: Row, line: Row, following: Row | None) -> bool:
        """Whether a line without values continues the label of row ``above``, whose last line is ``last``."""
        step = line.line.top - last.line.top
        if not above.label or len(line.cells) > 1 or step > 1.6 * above.line.height:
            return False
        first = line.line.words[0].text[0]
        same_letters = line.line.bold == Line(tuple(above.label_words)).bold
        is_close = (step < _CLOSE * self._pitch or self._is_broken(last, line, following)) and same_letters
        return first.islower() or is_close or (first == "(" and line.line.left > above.line.left + 1)

    def _is_broken(self, last: Row, line: Row, following: Row | None) -> bool:
        """Whether the line is nearer to the one before than to the next row, and its first word did not fit there."""
        step = line.line.top - last.line.top
        is_near = not self._pitch or step < self._pitch - _NEARER
        if following:
            is_near = is_near and step < following.line.top - line.line.top - (0 if self._pitch else _NEARER)
        word = line.line.words[0]
        end = last.label_words[-1].right if last.values else last.line.right
        edge = self._labels[0].right if self._labels else end
        return is_near and end + _SPACE * word.height + (word.right - word.left) > edge

    def _extend(self, line: Row) -> None:
        """Add the line to the label of the row before it."""
        row = self._rows[-1]
        own = [slot.words for slot in row if slot.column == 0]
        row[:] = [Slot(0, [*(own[0] if own else ()), *line.line.words]), *(slot for slot in row if slot.column)]

    def _add_group(self, line: Row, following: Row | None) -> None:
        words = [*self._wrapped, *line.line.words]
        self._wrapped, self._above = [], None
        left = line.line.left
        self._open = [group for group in self._open if group.left < left - 1]
        if following:
            indented = following.line.left > left + 1
            if indented or words[-1].text.endswith(":") or (line.line.bold and not following.line.bold):
                text = " ".join(word.text for word in words).lower().rstrip(": ")
                self._open.append(_Open(left, len(self._rows), text, indented))
                self._groups.append(self._open[-1])
        self._rows.append([Slot(0, words)])

    def _enter(self, label: Sequence[Word]) -> None:
        """Put the next row, with that label, into the groups that hold it; those that end with it are closed."""
        left = min((word.left for word in label), default=float("inf"))
        self._open = [group for group in self._open if group.left < left - 1 or not group.indented]
        for group in self._open:
            group.last = len(self._rows)
        text = " ".join(word.text for word in label).lower()
        self._open = [group for group in self._open if not group.ends_with(text)]

    def _flush(self) -> None:
        """Give lines of a label that no row followed a row of their own."""
        if self._wrapped:
            self._rows.append([Slot(0, self._wrapped)])
            self._wrapped = []

    def _label_count(self) -> int:
        """How many first columns name the rows: one where its labels differ and the others have headings."""
        if self._shift < 2 or not self._headings:
            return self._shift
        headed = {slot.column for row in self._headings for slot in self._rows[row]}
        starts = {group.row for group in self._groups}
        names = Counter[tuple[int, str]]()
        group = -1
        for number, row in enumerate(self._rows):
            group = number if number in starts else group
            if number not in self._headings and len(row) > 1:
                names[group, slot_text(row[0]) if not row[0].column else ""] += 1
        is_named = all(count == 1 for count in names.values()) and all(text for _, text in names)
        return 1 if is_named and set(range(1, self._shift)) <= headed else self._shift

    def element(self) -> Element:
        """The table."""
        self._flush()
        pieces = grid_pieces(self._rows)
        size = sum(len(piece.text) for piece in pieces)
        width = self._shift + len(self._columns)
        groups = sorted(self._groups, key=lambda group: (group.row, -group.last))
        found = Table(
            0,
            size,
            with_repeated(self._headings, [[(slot.column, slot_text(slot)) for slot in row] for row in self._rows]),
            self._label_count() or int(width > 1),
            None,
            merged(self._rows),
            tuple(Group(group.row, group.last) for group in groups if group.last > group.row),
        )
        extents = tuple((column.left, column.right) for column in (*self._labels, *self._columns))
        return Element("table", pieces, self._lines[0].line.height, table=found, columns=extents)


def _label(line: Row) -> str:
    return " ".join(word.text for word in line.label_words)


def _wraps(line: Row, following: Row, columns: Sequence[Column], pitch: float) -> bool:
    """Whether the line begins a label that continues in the next line."""
    text, after = line.line.text, following.line.words[0].text
    if text.endswith(":") or len(line.cells) > 1 or not following.label:
        return False
    step = following.line.top - line.line.top
    carried = text.lower().endswith(_CARRIED)
    full = not following.values and line.line.right > columns[0].left
    goes_on = after[0].islower() or carried or full or after[0] == "("
    return step < 1.6 * line.line.height and (goes_on or step < _CLOSE * pitch)


def _pitch(lines: Sequence[Row]) -> float:
    """The usual distance between the tops of rows with values one after the other, in points; 0 where few are so."""
    with_values = (pair for pair in pairwise(lines) if all(line.values for line in pair))
    steps = [below.line.top - above.line.top for above, below in with_values]
    return median(steps) if len(steps) >= _FEWEST_STEPS else 0.0
