"""Which rows and columns of a table a question names.

A question names a column by a word or period in its heading that not all columns have, and a row by the words of its
cells. "2023" names the column of a year and excludes the columns of other years.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from qa.read.periods import Periods, conflict, periods, shared
from qa.read.tables.words import TableWords, Words, rarity, stems
from qa.understand.question import Question

_PERIOD = 3.0  # the weight of a period beside the rarity of words


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
    def columns(self) -> list[int]:
        """The columns of values, without those of other periods than the ones asked for."""
        headings = self.table.heading_periods
        values = range(self.table.table.labels, self.table.width)
        return [column for column in values if not conflict(self.periods, headings[column])]

    def row_words(self, row: int) -> Words:
        """The question's words and periods that the row has, without those of the column asked for."""
        left_out = self._asked_words(row)
        found = (self.words & self.table.row_words.get(row, frozenset())) - left_out
        dated = self.table.row_periods.get(row, {})
        return found | {f"{kind} {n}" for kind, values in self.periods.items() for n in values & dated.get(kind, set())}

    def label_is_named(self, row: int) -> bool:
        """Whether the question has every word of the row's own heading."""
        label = self.table.label_words.get(row, frozenset())
        return bool(label) and label <= self.words

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
