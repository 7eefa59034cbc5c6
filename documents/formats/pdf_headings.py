"""Lines of headings above the columns of a table -> rows of cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from documents.formats.pdf_cells import Cell, Row
from documents.formats.pdf_columns import Column, nearest
from documents.formats.pdf_elements import Slot
from documents.formats.pdf_rules import Rule
from documents.formats.pdf_spans import HeadingLine, heading_lines
from documents.formats.pdf_words import Word


def heading_rows(
    lines: Sequence[Row], columns: Sequence[Column], labels: Sequence[Column], rules: Sequence[Rule]
) -> list[list[Slot]]:
    """The rows of these lines: each line with a heading over several columns, and what stands between such lines.

    The lines of a heading of one column are joined, also where one of them stands beside a heading of several.
    """
    found = _Headings(len(labels))
    for line in heading_lines(lines, columns, labels, rules):
        found.add(line, labels, columns)
    return found.rows()


class _Headings:
    """Collects the rows; ``_single`` holds, by column, what is to stand in the next row."""

    def __init__(self, shift: int) -> None:
        self._shift = shift
        self._rows: list[list[Slot]] = []
        self._single: dict[int, list[Word]] = {}
        self._ends_wide = False  # whether the last line has a heading of several columns

    def add(self, line: HeadingLine, labels: Sequence[Column], columns: Sequence[Column]) -> None:
        runs = _runs(line.above)
        wide = [Slot(self._shift + first, cell.words, last - first + 1) for first, last, cell in runs if first < last]
        if wide:
            self._add_wide(wide)
        for first, last, cell in runs:
            if first == last:
                self._single.setdefault(self._shift + first, []).extend(cell.words)
        for cell in line.loose:
            place = nearest(cell, [*labels, *columns])
            self._single.setdefault(place, []).extend(cell.words)
        self._ends_wide = bool(wide)

    def _add_wide(self, wide: list[Slot]) -> None:
        """Add a row of headings of several columns, below those of single ones that are among these."""
        covered = {column for slot in wide for column in range(slot.column, slot.column + slot.columns)}
        own = {column: words for column, words in self._single.items() if column in covered}
        if own:
            self._rows.append([Slot(column, words) for column, words in sorted(own.items())])
            self._single = {column: words for column, words in self._single.items() if column not in covered}
        above = {(slot.column, slot.columns): slot for slot in (self._rows[-1] if self._ends_wide else [])}
        if all((slot.column, slot.columns) in above for slot in wide):
            more = {(slot.column, slot.columns): slot.words for slot in wide}
            self._rows[-1] = [slot._replace(words=[*slot.words, *more.get(key, ())]) for key, slot in above.items()]
        else:
            self._rows.append(wide)

    def rows(self) -> list[list[Slot]]:
        """All rows; what stands beside the last headings of several columns is in their row."""
        last = [Slot(column, words) for column, words in sorted(self._single.items())]
        if last and self._ends_wide and not any(_is_over(slot, self._rows[-1]) for slot in last):
            self._rows[-1] = sorted([*self._rows[-1], *last], key=lambda slot: slot.column)
        elif last:
            self._rows.append(last)
        return self._rows


def _is_over(slot: Slot, row: Sequence[Slot]) -> bool:
    return any(other.column <= slot.column < other.column + other.columns for other in row)


def _runs(above: Sequence[Cell | None]) -> list[tuple[int, int, Cell]]:
    """(first column, last column, cell) of the headings; each cell once."""
    found: list[tuple[int, int, Cell]] = []
    for _, run in groupby(enumerate(above), key=lambda entry: id(entry[1])):
        numbers = list(run)
        cell = numbers[0][1]
        if cell and not any(other is cell for *_, other in found):
            found.append((numbers[0][0], numbers[-1][0], cell))
    return found
