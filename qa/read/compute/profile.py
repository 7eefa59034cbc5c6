"""What a table is made of, whatever is asked: its rows without totals, its columns of amounts and of categories."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from documents.grid import Cell
from documents.number_words import UNIT_OF
from qa.answer.cell_units import unit_of
from qa.read.compute.aggregation import is_total_label
from qa.read.compute.measures import measure
from qa.read.periods import Kind, Periods, periods
from qa.read.tables.amounts import Amount, amount, has_decimal_comma
from qa.read.tables.words import TableWords, Words, stems

_MOST_CATEGORIES = 8


@dataclass(frozen=True)
class TableProfile:
    """The rows of a ``table`` of the file ``file_name``, and what its columns hold."""

    table: TableWords
    file_name: str

    @cached_property
    def about(self) -> Words:
        """The words of what the table is about, its file's name, and the headings above its row labels."""
        labels = self.table.heading_words[: self.table.table.labels]
        return self.table.about_words.union(stems(self.file_name), *labels)

    @cached_property
    def about_periods(self) -> Periods:
        """The periods of what the table is about, and of its file's name."""
        return periods(f"{self.table.about}\n{self.file_name}")

    @cached_property
    def years(self) -> frozenset[int]:
        """The years that the table, what it is about or its file's name has."""
        named = (self.about_periods, *self.table.heading_periods, *self.table.row_periods.values())
        return frozenset[int]().union(*(each.get("year", ()) for each in named))

    @cached_property
    def rows(self) -> list[int]:
        """The rows, without those that add up others."""
        rows = [row for row in self.table.rows if self.table.filled(row)]
        plain = [row for row in rows if not is_total_label(self.table.label_words[row])]
        return plain[:-1] if plain and plain[-1] == rows[-1] and self._adds_up(*plain) else plain

    def periods_of_rows(self, kind: Kind) -> frozenset[int]:
        """The periods of that kind that rows have."""
        return frozenset().union(*(self.table.row_periods[row].get(kind, ()) for row in self.rows))

    # --- columns of amounts ---

    @cached_property
    def amounts(self) -> dict[int, dict[int, Amount]]:
        """The amounts by column and row, for columns in which nearly every filled cell is an amount."""
        found = {}
        for column in self._value_columns:
            texts = {row: self.table.text(cell) for row in self.table.rows if (cell := self.table.cell(row, column))}
            texts = {row: text for row, text in texts.items() if text and any(map(str.isalnum, text))}
            comma = has_decimal_comma(list(texts.values()))
            by_row = {row: value for row, text in texts.items() if (value := amount(text, decimal_comma=comma))}
            if by_row and len(by_row) >= 0.8 * len(texts):
                found[column] = by_row
        return found

    @cached_property
    def years_columns(self) -> list[int]:
        """The columns of amounts that may all be years."""
        return [column for column, each in self.amounts.items() if all(value.may_be_year for value in each.values())]

    def has_shares(self, column: int) -> bool:
        """Whether a column of amounts has shares of a whole, which are not added up."""
        return any(value.is_share for value in self.amounts[column].values())

    def units(self, column: int) -> set[str]:
        """The units of a column of amounts, as they are written and by their common names."""
        amounts = self.amounts[column]
        cell = self.table.cell(next(iter(amounts)), column)
        unit = unit_of(self.table.document, self.table.grid, cell) if cell else ""
        written = {sign for value in amounts.values() for sign in (value.before, value.after) if sign}
        return written | {unit} | unit_names({unit, *written})

    def _adds_up(self, *rows: int) -> bool:
        """Whether the last of the rows holds the sum of the others in every column of amounts."""
        *above, row = rows
        if len(above) < 3 or not self.amounts:
            return False
        sums = [
            (amounts[row].value, sum((amounts[other].value for other in above if other in amounts), Decimal(0)))
            for column, amounts in self.amounts.items()
            if row in amounts and not self.has_shares(column)
        ]
        return len(sums) > 0 and all(stated == added for stated, added in sums)

    # --- columns of categories ---

    @cached_property
    def categories(self) -> list[int]:
        """The columns that sort the rows into a few categories, such as paid and unpaid."""
        return [column for column in self._value_columns if self._is_category(column)]

    def kinds(self, column: int) -> frozenset[str]:
        """What the cells of a column say, each once."""
        cells = (self.table.cell(row, column) for row in self.rows)
        return frozenset(self.table.text(cell).casefold() for cell in cells if cell and not cell.is_empty)

    def _is_category(self, column: int) -> bool:
        texts = [self.table.text(cell) for row in self.rows if (cell := self.table.cell(row, column))]
        texts = [text for text in texts if text]
        counts = Counter(texts)
        wordy = all(not (amount(text) or periods(text) or ((found := measure(text)) and found.kind)) for text in counts)
        return wordy and 1 < len(counts) <= min(_MOST_CATEGORIES, len(texts) - 1)

    @property
    def _value_columns(self) -> range:
        return range(self.table.table.labels, self.table.width)

    # --- cells ---

    def cells_of(self, row: int, words: Words) -> list[Cell]:
        """The row's cells with exactly these words."""
        return [cell for cell in self.table.filled(row) if stems(self.table.text(cell)) == words]

    def has_in_one_cell(self, row: int, words: Words) -> bool:
        """Whether a cell of the row has all the words."""
        return any(words <= stems(self.table.text(cell)) for cell in self.table.filled(row))


def unit_names(units: set[str]) -> set[str]:
    """The units' common names, such as "dollar" for "$"."""
    names = {UNIT_OF[unit.lower()] for unit in units if unit.lower() in UNIT_OF}
    return names | ({"sterling"} if "£" in units else set())
