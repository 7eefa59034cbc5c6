"""Which rows and columns of a table a question names.

A question names a column by a word or period in its heading that not all columns have, and a row by the words of its
cells. "2023" names the column of a year and excludes the columns of other years.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from documents.grid import Cell
from documents.words import word_set
from qa.read.periods import Kind, Periods, conflict, periods, shared
from qa.read.tables.words import TableWords, Words, rarity, stems
from qa.understand.phrases import asked_noun, asks_when, lower_words
from qa.understand.question import Question

_HOW_MUCH = re.compile(r"\bhow (?:much|many)\b", re.IGNORECASE)
_PERIOD = 3.0  # the weight of a period beside the rarity of words
_PAST = word_set("was were did had last previous")
_DIMENSION = 2  # rows whose headings name a period of a kind, for the rows to be of periods


@dataclass(frozen=True)
class Named:
    """What ``question`` names of a table."""

    question: Question
    table: TableWords

    @cached_property
    def words(self) -> Words:
        """The question's words."""
        return stems(self.question.text)

    @cached_property
    def periods(self) -> Periods:
        """The question's periods."""
        return periods(self.question.text)

    @cached_property
    def column(self) -> int | None:
        """The column of values that the question names best; None for no column or a tie."""
        scores = {column: self._column_score(column) for column in self.columns}
        best = max(scores.values(), default=0.0)
        found = [column for column, score in scores.items() if score == best]
        return found[0] if best > 0 and len(found) == 1 else None

    @cached_property
    def asked_column(self) -> int | None:
        """The column that is asked for by its heading or, with "when", by its dates; None for no column or several."""
        thing = None if _HOW_MUCH.search(self.question.text) else asked_noun(self.question.text)
        head = stems(thing.head) if thing else frozenset[str]()
        found = [column for column in range(self.table.width) if head & self.table.heading_words[column]]
        if not found and asks_when(self.question.text):
            found = self.table.of_days
        return found[0] if len(found) == 1 else None

    @cached_property
    def columns(self) -> list[int]:
        """The columns of values, without those of other periods than the ones asked for."""
        headings = self.table.heading_periods
        values = range(self.table.table.labels, self.table.width)
        return [column for column in values if not conflict(self.periods, headings[column])]

    def newest(self, cell: Cell) -> Cell:
        """The row's filled cell of the newest year, among columns that differ only in their year.

        Returns the cell itself if the question names a year or asks about the past.
        """
        if "year" in self.periods or _PAST & set(lower_words(self.question.text)):
            return cell
        alike = [
            (max(heading["year"]), -column, other)
            for column, heading in enumerate(self.table.heading_periods)
            if heading.keys() == {"year"} == self.table.heading_periods[cell.column].keys()
            and self._kind_of(column) == self._kind_of(cell.column)
            and (other := self.table.cell(cell.row, column))
            and not self.table.is_blank(other)
        ]
        return max(alike)[-1] if alike else cell

    def _kind_of(self, column: int) -> Words:
        """The words of the column's headings without numbers, and so without the year."""
        return frozenset(word for word in self.table.heading_words[column] if not word.isdigit())

    def lacks_period(self, row: int) -> bool:
        """Whether the table has columns or rows for periods, but neither these nor this row match those asked for."""
        row_periods = self.table.row_periods.get(row, {})
        return any(not values & self._dimension(kind) and not values & row_periods.get(kind, frozenset())
                   for kind, values in self.periods.items() if self._dimension(kind))  # fmt: skip

    def _dimension(self, kind: Kind) -> frozenset[int]:
        """The periods of that kind which columns or rows represent."""
        columns = [heading[kind] for heading in self.table.heading_periods if kind in heading]
        rows = [label[kind] for label in self.table.label_periods.values() if kind in label]
        return frozenset().union(*columns, *(rows if len(rows) >= _DIMENSION else ()))

    def row_words(self, row: int) -> Words:
        """The question's words and periods that the row has, without those of the column asked for."""
        left_out = self._asked_words(row)
        found = (self.words & self.table.row_words.get(row, frozenset())) - left_out
        dated = self.table.row_periods.get(row, {})
        return found | {f"{kind} {n}" for kind, values in self.periods.items() for n in values & dated.get(kind, set())}

    @cached_property
    def _rows_by_words(self) -> dict[Words, list[int]]:
        found: dict[Words, list[int]] = {}
        for row in self.table.rows:
            found.setdefault(self.row_words(row), []).append(row)
        return found

    def label_is_named(self, row: int) -> bool:
        """Whether the question has every word of the row's own heading."""
        label = self.table.label_words.get(row, frozenset())
        return bool(label) and label <= self.words

    def better_row(self, row: int) -> int | None:
        """The one row that matches all that ``row`` matches of the question, and more; else None.

        Among equal matches a row wins whose whole heading is named: "Day ticket" over "Family day ticket".
        """
        if self.table.width < 2:
            return None
        given = self.row_words(row)
        better = {words: rows for words, rows in self._rows_by_words.items() if words > given}
        best = [rows for words, rows in better.items() if not any(words < other for other in better)]
        if not best and given and not self.label_is_named(row):
            best = [[other for other in self._rows_by_words[given] if self.label_is_named(other)]]
        return best[0][0] if len(best) == 1 and len(best[0]) == 1 else None

    def thing_is_absent(self) -> bool:
        """Whether what is to be measured or counted ("how much mercury") is nowhere in the table or around it.

        What "which" or "what" asks for may be absent: a time of day needs no word "time".
        """
        thing = asked_noun(self.question.text) if _HOW_MUCH.search(self.question.text) else None
        words = stems(thing.text) if thing else frozenset()
        return bool(words) and not words & self.table.all_words

    def _asked_words(self, row: int) -> Words:
        """The words that the row has only in the column asked for."""
        cell = self.table.cell(row, self.column) if self.column is not None else None
        if cell is None or stems(self.table.text(cell)) <= self.words:  # the question has it: it is no answer
            return frozenset()
        others = (stems(self.table.text(other)) for other in self.table.filled(row) if other.column != cell.column)
        return stems(self.table.text(cell)).difference(self.table.label_words[row], *others)

    def _column_score(self, column: int) -> float:
        said = self.table.heading_words[column] & self.words
        weights = rarity([self.table.heading_words[other] for other in range(self.table.width)])
        score = sum(weights[word] for word in said)
        return score + (_PERIOD if shared(self.periods, self.table.heading_periods[column]) else 0.0)


def is_given(words: Collection[str], named: Named) -> bool:
    """Whether the question itself has all of the words."""
    return bool(words) and all(word in named.words for word in words)
