"""The rows of a table, and the columns, that an aggregation is about; None where the table leaves that open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from documents.grid import Cell
from qa.read.compute.aggregation import NEUTRAL, TOTALS, Aggregation
from qa.read.compute.columns import AmountColumns
from qa.read.compute.conditions import Conditions
from qa.read.compute.profile import TableProfile
from qa.read.tables.amounts import Amount
from qa.read.tables.named import Named
from qa.read.tables.words import TableWords, stems
from qa.understand.phrases import asked_noun


class SelectedCells(NamedTuple):
    """The cells that are counted or added up, one or more a row, and their column (None: rows are counted)."""

    cells: list[Cell]
    column: int | None
    where: str


@dataclass(frozen=True)
class RowSelector:
    """Selects the rows of one table that an aggregation is about."""

    aggregation: Aggregation
    named: Named
    file_name: str

    @property
    def table(self) -> TableWords:
        """The table."""
        return self.named.table

    @cached_property
    def profile(self) -> TableProfile:
        """What the table is made of."""
        return TableProfile(self.table, self.file_name)

    @cached_property
    def _conditions(self) -> Conditions:
        return Conditions(self.aggregation, self.profile)

    @cached_property
    def _columns(self) -> AmountColumns:
        return AmountColumns(self.aggregation, self.named, self.profile)

    def selected_cells(self) -> SelectedCells | None:
        """The cells to count or to add up; None if they are not certain."""
        fulfilling = self._fulfilling()
        if fulfilling is None or self._is_open():
            return None
        where = self._where(fulfilling)
        rows = self._compared(fulfilling)
        if rows is None:
            return None
        column = self._columns.compared if self.aggregation.comparison else None
        if column is not None and self.aggregation.operation == "count":
            return SelectedCells([cell for row in rows if (cell := self.table.cell(row, column))], None, where)
        if not rows:
            return None
        columns = self._columns.added_up
        if columns is not None:
            return self._sum(rows, columns, where)
        is_its_label = len(rows) == 1 and self._conditions.words & self.table.label_words[rows[0]]
        if is_its_label or not self._is_counted():
            return None
        return SelectedCells([self._shown(row) for row in rows], None, where)

    def selected_rows(self) -> list[int] | None:
        """The rows that the aggregation is about; None where the table leaves that open."""
        fulfilling, words = self._fulfilling(), self._conditions.words
        is_open = self.aggregation.negated and not (words and words <= self._conditions.categories_named)
        return None if fulfilling is None or is_open else self._compared(fulfilling)

    def _fulfilling(self) -> list[int] | None:
        """The rows that fulfil the conditions, but for a comparison of amounts; None if these are not certain."""
        if not self._conditions.are_certain:
            return None
        return [row for row in self.profile.rows if self._conditions.hold(row)]

    def _is_open(self) -> bool:
        """Whether it is not clear what is negated, or of what the question asks how often it happened."""
        conditions = self._conditions
        if self.aggregation.negated and bool(conditions.words) == bool(conditions.flags):
            return True
        return self.aggregation.is_frequency and not conditions.words

    def _compared(self, rows: list[int]) -> list[int] | None:
        """The rows for which the comparison holds, all if there is none; None if its column is not certain."""
        comparison = self.aggregation.comparison
        if comparison is None:
            return rows
        column = self._columns.compared
        if column is None:
            return None
        amounts = self.profile.amounts[column]
        return [row for row in rows if row in amounts and comparison.holds(amounts[row].value)]

    def _sum(self, rows: Sequence[int], columns: Sequence[int], where: str) -> SelectedCells | None:
        """The cells of these rows and columns, if there are several and all are amounts or empty."""
        if self._total_is_stated(rows):
            return None
        places = [
            (row, column) for row in rows for column in columns if not self.table.is_blank(self.table.cell(row, column))
        ]
        cells = [cell for row, column in places if (cell := self.table.cell(row, column))]
        if len(cells) < 2 or any(row not in self.profile.amounts[column] for row, column in places):
            return None
        return SelectedCells(cells, columns[0], where)

    def _total_is_stated(self, rows: Sequence[int]) -> bool:
        """Whether the question names a total row, whose cell is the answer, also to a question about some rows.

        Or the table's own total of these rows says that it is of something narrower: "Total digital media revenue".
        """
        totals = [row for row in self.table.rows if row not in self.profile.rows]
        labels = self.table.label_words
        if len(rows) < len(self.profile.rows):
            return any(self.named.label_is_named(row) and labels[row] - TOTALS for row in totals)
        of_all = [row for row in totals if row > rows[-1] and labels[row] & TOTALS]
        return any(map(self.named.label_is_named, totals)) or any(
            labels[row] - TOTALS - self.named.words for row in of_all
        )

    def _is_counted(self) -> bool:
        """Whether the rows are what is to be counted, not the values in columns of amounts.

        The document's title does not tell: a handbook "for pupils" has tables of other things than pupils.
        """
        texts = [heading for n, heading in enumerate(self.table.heading_words) if n not in self.profile.amounts]
        cells = (self.table.row_words[row] for row in self.profile.rows)
        thing = None if self.aggregation.is_frequency else asked_noun(self.aggregation.question.text)
        things = stems(thing.text) - NEUTRAL if thing else frozenset[str]()
        near = stems(f"{self.table.near}\n{self.file_name}").union(*texts, *cells)
        return bool(self.aggregation.words & (self.profile.about | near)) and (not things or bool(things & near))

    def _shown(self, row: int) -> Cell:
        """The cell to cite for a counted row: one with the condition, else the first."""
        return (self._saying(row) or self.table.filled(row))[0]

    def _saying(self, row: int) -> list[Cell]:
        """The row's cells with the conditions' words, preferably those that say nothing else."""
        words = self._conditions.words
        some = (cell for cell in self.table.filled(row) if stems(self.table.text(cell)) & words)
        return self.profile.cells_of(row, words) or list(some)

    def _where(self, rows: Sequence[int]) -> str:
        """The conditions in words."""
        said = [self.table.text(cell) for row in rows for cell in self._saying(row)] if self._conditions.words else []
        parts = [f"“{text}”" for text in list(dict.fromkeys(said))[:2] if len(text) <= 60]
        if self.aggregation.comparison:
            parts.append(self.aggregation.comparison.text)
        return " and ".join(parts)


def summed(selector: RowSelector, selected: SelectedCells) -> Iterator[Amount]:
    """The amounts of the selected cells."""
    assert selected.column is not None
    return (selector.profile.amounts[cell.column][cell.row] for cell in selected.cells)
