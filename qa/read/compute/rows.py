"""The rows of a table, and the columns, that an aggregation is about; None where the table leaves that open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from documents.grid import Cell
from documents.number_words import UNIT_OF
from qa.answer.cell_units import unit_of
from qa.read.compute.aggregation import NEUTRAL, TOTALS, Aggregation, Comparison, is_total_label
from qa.read.compute.measures import measure
from qa.read.periods import Periods, periods, shared
from qa.read.tables.amounts import Amount, amount, has_decimal_comma
from qa.read.tables.named import Named
from qa.read.tables.words import TableWords, Words, stems
from qa.understand.phrases import BE, PREPOSITIONS, Word, asked_noun, is_verb, words

_MOST_CATEGORIES = 8
_THIS_YEAR = re.compile(r"\bthis year\b", re.IGNORECASE)
_YES = frozenset("yes y true x ✓ ✔ ja oui sí si da да".split())  # noqa: SIM905
_NO = frozenset("no n false - – — nein non nee ✗ ✘ нет".split())  # noqa: SIM905


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
    def about(self) -> Words:
        """The words of what the table is about, its file's name, and the headings above its row labels."""
        labels = self.table.heading_words[: self.table.table.labels]
        return self.table.about_words.union(stems(self.file_name), *labels)

    @cached_property
    def rows(self) -> list[int]:
        """The rows, without those that add up others."""
        rows = [row for row in self.table.rows if self.table.filled(row)]
        return [row for row in rows if not is_total_label(self.table.label_words[row]) and not self._adds_up(row, rows)]

    @cached_property
    def amounts(self) -> dict[int, dict[int, Amount]]:
        """The amounts by column and row, for columns in which nearly every filled cell is an amount."""
        found = {}
        for column in range(self.table.table.labels, self.table.width):
            texts = {row: self.table.text(cell) for row in self.table.rows if (cell := self.table.cell(row, column))}
            texts = {row: text for row, text in texts.items() if text and any(map(str.isalnum, text))}
            comma = has_decimal_comma(list(texts.values()))
            by_row = {row: value for row, text in texts.items() if (value := amount(text, decimal_comma=comma))}
            if by_row and len(by_row) >= 0.8 * len(texts):
                found[column] = by_row
        return found

    def selected_cells(self) -> SelectedCells | None:
        """The cells to count or to add up; None if they are not certain."""
        if not self.table.rows:
            return None
        conditions = self._conditions()
        if conditions is None or self._affirmed is None:
            return None
        if self.aggregation.negated and bool(conditions) == bool(self._affirmed):  # it is not clear what is negated
            return None
        if self.aggregation.is_frequency and not conditions:
            return None
        rows = [row for row in self.rows if self._fulfils(row, conditions)]
        where = self._where(rows, conditions)
        if self.aggregation.comparison:
            column = self._compared()
            if column is None:
                return None
            rows = [row for row in rows if self._compares(row, column, self.aggregation.comparison)]
            if self.aggregation.operation == "count":
                return SelectedCells([cell for row in rows if (cell := self.table.cell(row, column))], None, where)
        if not rows:
            return None
        if columns := self._period_columns():
            return self._sum(rows, columns, where)
        column = self._measure()
        if self.aggregation.operation == "sum" or self.aggregation.is_total or self._asks_for_amount():
            return self._sum(rows, [] if column is None else [column], where)
        if not self._is_counted() or (len(rows) == 1 and conditions & self.table.label_words[rows[0]]):
            return None
        return SelectedCells([self._shown(row, conditions) for row in rows], None, where)

    def selected_rows(self) -> list[int] | None:
        """The rows that the aggregation is about; None where the table leaves that open."""
        conditions = self._conditions() if self.table.rows else None
        if conditions is None or self._affirmed is None:
            return None
        if self.aggregation.negated and not (conditions and conditions <= self._categories_named):
            return None
        rows = [row for row in self.rows if self._fulfils(row, conditions)]
        if self.aggregation.comparison is None:
            return rows
        column = self._compared()
        return (
            None
            if column is None
            else [row for row in rows if self._compares(row, column, self.aggregation.comparison)]
        )

    def _sum(self, rows: Sequence[int], columns: Sequence[int], where: str) -> SelectedCells | None:
        """The cells of these rows and columns, if there are several and all are amounts or empty."""
        if self._total_is_named(rows):
            return None
        places = [
            (row, column) for row in rows for column in columns if not self.table.is_blank(self.table.cell(row, column))
        ]
        cells = [cell for row, column in places if (cell := self.table.cell(row, column))]
        if len(cells) < 2 or any(row not in self.amounts[column] for row, column in places):
            return None
        return SelectedCells(cells, columns[0], where)

    # --- the conditions ---

    def _conditions(self) -> Words | None:
        """The words that only some rows have; None if the table does not explain a word or period of the question."""
        headings = self.about.union(*self.table.heading_words) - self._categories_named
        headings |= {
            word for word in self.aggregation.words if {f"{word}er", f"{word}or"} & headings
        }  # "lead" of "Leader"
        left = self.aggregation.words - headings - self._period_words() - self._year_words() - self._thing_words()
        held = {word for row in self.rows for word in self.table.row_words[row]} if left else set()
        open_words = left - held
        if open_words and not self._say_nothing(open_words, left & held):
            return None
        if not self._periods_are_explained():
            return None
        return frozenset(left - open_words)

    def _fulfils(self, row: int, conditions: Words) -> bool:
        if conditions and self.aggregation.negated == self._has(row, conditions):
            return False
        if any(not self._is_affirmed(row, column) for column in self._affirmed or ()):
            return False
        row_periods = self.table.row_periods[row]
        return all(values & row_periods.get(kind, frozenset()) for kind, values in self._row_periods.items())

    @cached_property
    def _affirmed(self) -> list[int] | None:
        """The columns of yes and no that the question names; None if it names a column with other values."""
        columns = [
            column
            for column in range(self.table.table.labels, self.table.width)
            if self._is_category(column) and self.table.heading_words[column] & self.aggregation.words - self.about
        ]
        if self._categories_named:
            return []
        yes_no = [column for column in columns if self._kinds(column) <= _YES | _NO]
        return yes_no if yes_no == columns else None

    def _is_affirmed(self, row: int, column: int) -> bool:
        cell = self.table.cell(row, column)
        return cell is not None and (self.table.text(cell).casefold() in _YES) != self.aggregation.negated

    def _kinds(self, column: int) -> frozenset[str]:
        cells = (self.table.cell(row, column) for row in self.rows)
        return frozenset(self.table.text(cell).casefold() for cell in cells if cell and not cell.is_empty)

    @cached_property
    def _categories_named(self) -> Words:
        """The words of the kinds that the question names."""
        return frozenset().union(*self._kinds_named)

    @cached_property
    def _kinds_named(self) -> frozenset[Words]:
        """The values of category columns ("on loan") that the question names; none that is part of another."""
        columns = [c for c in range(self.table.table.labels, self.table.width) if self._is_category(c)]
        kinds = {stems(text) for column in columns for text in self._kinds(column)}
        named = {kind for kind in kinds if kind and kind <= self.aggregation.words}
        return frozenset(kind for kind in named if not any(kind < other for other in named))

    def _say_nothing(self, open_words: Words, conditions: Words) -> bool:
        """Whether the words are verbs that select no rows.

        That is a participle in a table without categories ("were sold"), or another verb between what is counted and
        its condition ("fields grow wheat").
        """
        if self._are_verbs(open_words) and not self._has_categories():
            return True
        asked = words(self.aggregation.question.text)
        said = [word.text for word in asked if stems(word.text) & self.aggregation.words]
        places = [n for n, text in enumerate(said) if stems(text) & open_words]
        if len(places) != 1 or not 0 < places[0] < len(said) - 1 or said[places[0]].endswith(("ed", "ing")):
            return False
        if any(before.lower in BE and stems(word.text) & open_words for before, word in self._pairs):  # "were stolen"
            return False
        before, after = said[places[0] - 1], said[places[0] + 1]
        return bool(stems(after) & conditions or periods(after)) and not stems(before) & conditions

    def _has(self, row: int, conditions: Words) -> bool:
        """Whether the row has all the words; if any row has them in a cell of their own, in such a cell."""
        if not conditions <= self.table.row_words[row]:
            return False
        if not all(self._cells_saying(row, kind) for kind in self._kinds_named if kind <= conditions):
            return False
        if not all(self._has_in_one_cell(row, phrase) for phrase in self._phrases(conditions)):
            return False
        if conditions not in self._rows_saying:
            saying = frozenset(other for other in self.rows if self._cells_saying(other, conditions))
            self._rows_saying[conditions] = saying
        exact = self._rows_saying[conditions]
        return not exact or row in exact

    def _phrases(self, conditions: Words) -> list[Words]:
        """The conditions that are adjacent in the question ("Room 4") and share a cell in some row."""
        if conditions not in self._phrases_of:
            phrases: list[set[str]] = [set()]
            for word in words(self.aggregation.question.text):
                said = stems(word.text) & (conditions - self._categories_named)
                phrases[-1].update(said)
                if not said and phrases[-1]:
                    phrases.append(set())
            several = [frozenset(phrase) for phrase in phrases if len(phrase) > 1]
            self._phrases_of[conditions] = [
                phrase for phrase in several if any(self._has_in_one_cell(r, phrase) for r in self.rows)
            ]
        return self._phrases_of[conditions]

    @cached_property
    def _phrases_of(self) -> dict[Words, list[Words]]:
        """The results of ``_phrases``."""
        return {}

    def _has_in_one_cell(self, row: int, phrase: Words) -> bool:
        return any(phrase <= stems(self.table.text(cell)) for cell in self.table.filled(row))

    @cached_property
    def _rows_saying(self) -> dict[Words, frozenset[int]]:
        """The rows with a cell of exactly these words, by words; filled on demand."""
        return {}

    def _cells_saying(self, row: int, conditions: Words) -> list[Cell]:
        return [cell for cell in self.table.filled(row) if stems(self.table.text(cell)) == conditions]

    @cached_property
    def _row_periods(self) -> Periods:
        """The question's periods that select rows: of kinds that rows have."""
        of_rows = {kind for row in self.rows for kind in self.table.row_periods[row]}
        return {
            kind: values
            for kind, values in self.aggregation.periods.items()
            if kind in of_rows and not self._names_the_document(kind)
        }

    def _periods_are_explained(self) -> bool:
        """Whether rows, columns or what the table is about have all periods of the question."""
        about = periods(f"{self.table.about}\n{self.file_name}")
        for kind, values in self.aggregation.periods.items():
            rows = frozenset().union(*(self.table.row_periods[row].get(kind, ()) for row in self.rows))
            columns = frozenset().union(*(heading.get(kind, ()) for heading in self.table.heading_periods))
            if self._names_the_document(kind):
                rows = columns = about[kind]
            if not values <= (rows or columns or about.get(kind, frozenset())):
                return False
        return True

    def _names_the_document(self, kind: str) -> bool:
        """Whether the period identifies the table: the May meeting, the meeting in May, the 2025 price list.

        It is next to a word of what the table is about, but not of its rows: "jobs in May" are some of the rows.
        """
        about = periods(f"{self.table.about}\n{self.file_name}")
        thing = asked_noun(self.aggregation.question.text)
        titles = self.about - (stems(thing.head) if thing else frozenset())
        tokens = words(self.aggregation.question.text)
        for place, word in enumerate(tokens):
            if not shared({k: v for k, v in periods(word.text).items() if k == kind}, about):
                continue
            before = tokens[place - 2 : place - 1] if place > 1 and tokens[place - 1].lower in PREPOSITIONS else []
            beside = (other for other in (*before, *tokens[place + 1 : place + 2]) if not other.function)
            if any(stems(other.text) & titles for other in beside):
                return True
        return False

    @cached_property
    def _pairs(self) -> list[tuple[Word, Word]]:
        """The words of the question in pairs, each with the next."""
        return list(pairwise(words(self.aggregation.question.text)))

    def _period_words(self) -> Words:
        tokens = words(self.aggregation.question.text)
        parts = [word.text for word in tokens if periods(word.text)]
        return stems(
            " ".join([*parts, "quarter half first second third fourth last"]) if self.aggregation.periods else ""
        )

    def _thing_words(self) -> Words:
        """The noun asked for ("jobs"), if rows of a named category are to be listed from a named table."""
        thing = asked_noun(self.aggregation.question.text) if self.aggregation.operation == "list" else None
        is_named = bool(self._kinds_named) and bool(self.aggregation.words & self.about)
        return stems(thing.head) if thing and is_named else frozenset()

    def _year_words(self) -> Words:
        """The word "year" of "this year", if the table and its file have only one year."""
        named = (
            periods(f"{self.table.about}\n{self.file_name}"),
            *self.table.heading_periods,
            *self.table.row_periods.values(),
        )
        years = frozenset[int]().union(*(each.get("year", ()) for each in named))
        return stems("year") if len(years) == 1 and _THIS_YEAR.search(self.aggregation.question.text) else frozenset()

    def _are_verbs(self, open_words: Words) -> bool:
        """Whether these are verbs, as in "were sold"."""
        tokens = [word for word in words(self.aggregation.question.text) if stems(word.text) & open_words]
        return all(_is_verb(word) for word in tokens)

    def _has_categories(self) -> bool:
        """Whether a column sorts the rows into a few categories, such as paid and unpaid."""
        return any(self._is_category(column) for column in range(self.table.table.labels, self.table.width))

    def _is_category(self, column: int) -> bool:
        texts = [self.table.text(cell) for row in self.rows if (cell := self.table.cell(row, column))]
        texts = [text for text in texts if text]
        counts = Counter(texts)
        wordy = all(not (amount(text) or periods(text) or ((found := measure(text)) and found.kind)) for text in counts)
        return wordy and 1 < len(counts) <= min(_MOST_CATEGORIES, len(texts) - 1)

    # --- the columns ---

    def _period_columns(self) -> list[int]:
        """The columns of amounts for the periods that the question names."""
        headings = self.table.heading_periods
        return [c for c in self.amounts if c in self.named.columns and shared(self.aggregation.periods, headings[c])]

    def _measure(self) -> int | None:
        """The column to add up: the one that the question names, else the only one of amounts."""
        summable = [
            column
            for column, amounts in self.amounts.items()
            if column in self.named.columns
            and not any(value.is_share for value in amounts.values())
            and not all(value.may_be_year for value in amounts.values())
        ]
        if self.named.column is not None and self._is_asked_column(self.named.column):
            return self.named.column if self.named.column in summable else None
        return summable[0] if len(summable) == 1 else None

    def _is_asked_column(self, column: int) -> bool:
        """Whether the question names the column itself, or the column is one of amounts."""
        return bool(self.named.table.heading_words[column] & self.aggregation.words) or column in self.amounts

    def _asks_for_amount(self) -> bool:
        """Whether "how many" asks for the value in a column of amounts ("Number of flats") and not for a count."""
        column = self.named.column
        if column is None or column not in self.amounts:
            return False
        thing = asked_noun(self.aggregation.question.text)
        heading = self.table.heading_words[column]
        is_number = thing is not None and heading - NEUTRAL == stems(thing.head)
        return is_number or bool((heading & self.aggregation.words) - self.about)

    def _is_counted(self) -> bool:
        """Whether the rows are what is to be counted, not the values in columns of amounts.

        The document's title does not tell: a handbook "for pupils" has tables of other things than pupils.
        """
        texts = [heading for n, heading in enumerate(self.table.heading_words) if n not in self.amounts]
        cells = (self.table.row_words[row] for row in self.rows)
        thing = None if self.aggregation.is_frequency else asked_noun(self.aggregation.question.text)
        things = stems(thing.text) - NEUTRAL if thing else frozenset[str]()
        near = stems(f"{self.table.near}\n{self.file_name}").union(*texts, *cells)
        return bool(self.aggregation.words & (self.about | near)) and (not things or bool(things & near))

    def _compared(self) -> int | None:
        """The column that the comparison is about: by its unit or heading, or as the only column of amounts."""
        comparison = self.aggregation.comparison
        assert comparison is not None
        given = {comparison.amount.before, comparison.amount.after} - {""}
        by_unit = [
            column for column in self.amounts if given & self._units(column) or _names(given) & self._units(column)
        ]
        named = self.aggregation.words | comparison.verb | stems(comparison.amount.after)
        by_heading = [column for column in self.amounts if self.table.heading_words[column] & named]
        years = [column for column, each in self.amounts.items() if all(value.may_be_year for value in each.values())]
        if comparison.amount.may_be_year and len(years) == 1:
            return years[0]
        for found in ([c for c in by_unit if c in by_heading], by_unit, by_heading if not by_unit else [], []):
            if len(found) == 1:
                return found[0]
        return next(iter(self.amounts)) if len(self.amounts) == 1 and not given else None

    def _units(self, column: int) -> set[str]:
        amounts = self.amounts[column]
        row = next(iter(amounts))
        cell = self.table.cell(row, column)
        unit = unit_of(self.table.document, self.table.grid, cell) if cell else ""
        written = {sign for value in amounts.values() for sign in (value.before, value.after) if sign}
        return written | {unit} | _names({unit, *written})

    def _compares(self, row: int, column: int, comparison: Comparison) -> bool:
        value = self.amounts[column].get(row)
        return value is not None and comparison.holds(value.value)

    # --- the rest ---

    def _adds_up(self, row: int, rows: Sequence[int]) -> bool:
        """Whether the last row holds the sum of those above it in every column of amounts."""
        if row != rows[-1] or len(rows) < 4 or not self.amounts:
            return False
        sums = [
            (amounts[row].value, sum((amounts[other].value for other in rows[:-1] if other in amounts), Decimal(0)))
            for amounts in self.amounts.values()
            if row in amounts and not any(value.is_share for value in amounts.values())
        ]
        return len(sums) > 0 and all(stated == added for stated, added in sums)

    def _total_is_named(self, rows: Sequence[int]) -> bool:
        """Whether the question names a total row: then its cell is the answer, also to a question about some rows."""
        totals = [row for row in self.table.rows if row not in self.rows and self.named.label_is_named(row)]
        is_all = len(rows) == len(self.rows)
        return any(is_all or self.table.label_words[row] - TOTALS for row in totals)

    def _shown(self, row: int, conditions: Words) -> Cell:
        """The cell to cite for a counted row: one with the condition, else the first."""
        return (self._saying(row, conditions) or self.table.filled(row))[0]

    def _saying(self, row: int, conditions: Words) -> list[Cell]:
        """The row's cells with the conditions, preferably those that say nothing else."""
        cells = self.table.filled(row)
        return self._cells_saying(row, conditions) or [c for c in cells if stems(self.table.text(c)) & conditions]

    def _where(self, rows: Sequence[int], conditions: Words) -> str:
        """The conditions in words."""
        said = [self.table.text(cell) for row in rows for cell in self._saying(row, conditions)] if conditions else []
        parts = [f"“{text}”" for text in list(dict.fromkeys(said))[:2] if len(text) <= 60]
        if self.aggregation.comparison:
            parts.append(self.aggregation.comparison.text)
        return " and ".join(parts)


def _names(units: set[str]) -> set[str]:
    """The units' common names, such as "dollar" for "$"."""
    return {UNIT_OF[unit.lower()] for unit in units if unit.lower() in UNIT_OF} | (
        {"sterling"} if "£" in units else set()
    )


def _is_verb(word: Word) -> bool:
    return is_verb(word) or word.function


def summed(selector: RowSelector, selected: SelectedCells) -> Iterator[Amount]:
    """The amounts of the selected cells."""
    assert selected.column is not None
    return (selector.amounts[cell.column][cell.row] for cell in selected.cells)
