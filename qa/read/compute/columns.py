"""The columns of amounts that a question wants added up or compared; None where the table leaves that open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from qa.read.compute.aggregation import NEUTRAL, Aggregation
from qa.read.compute.measures import is_money
from qa.read.compute.profile import TableProfile, unit_names
from qa.read.periods import shared
from qa.read.tables.named import Named
from qa.read.tables.words import stems
from qa.understand.phrases import asked_noun


@dataclass(frozen=True)
class AmountColumns:
    """The columns of amounts of a table that a question is about."""

    aggregation: Aggregation
    named: Named
    profile: TableProfile

    @property
    def added_up(self) -> list[int] | None:
        """The columns to add up, none if they are not certain; None where rows are to be counted."""
        columns = self._of_periods or self._measured
        is_count = self.aggregation.operation == "count"
        return None if is_count and not all(map(self._numbers_things, columns or ())) else columns

    @cached_property
    def compared(self) -> int | None:
        """The column that the comparison is about: by its unit or heading, or as the only column of amounts."""
        comparison, amounts = self.aggregation.comparison, self.profile.amounts
        assert comparison is not None
        given = {comparison.amount.before, comparison.amount.after} - {""}
        by_unit = [column for column in amounts if (given | unit_names(given)) & self.profile.units(column)]
        named = self.aggregation.words | comparison.verb | stems(comparison.amount.after)
        by_heading = [column for column in amounts if self.named.table.heading_words[column] & named]
        years = self.profile.years_columns
        if comparison.amount.may_be_year and len(years) == 1:
            return years[0]
        for found in ([c for c in by_unit if c in by_heading], by_unit, by_heading if not by_unit else [], []):
            if len(found) == 1:
                return found[0]
        return next(iter(amounts)) if len(amounts) == 1 and not given else None

    @property
    def _of_periods(self) -> list[int]:
        """The columns of amounts for the periods that the question names."""
        headings, columns = self.named.table.heading_periods, self.named.columns
        return [c for c in self.profile.amounts if c in columns and shared(self.aggregation.periods, headings[c])]

    @property
    def _measured(self) -> list[int] | None:
        """The column of a measure, none if it is not certain; None if the question asks for no measure."""
        if self.aggregation.operation == "sum" or self.aggregation.is_total or self._asks_for_amount:
            return [] if self._measure is None else [self._measure]
        return None

    @cached_property
    def _measure(self) -> int | None:
        """The column to add up: the one that the question names, else the only one of amounts."""
        amounts, asked = self.profile.amounts, self.named.column
        left_out = self.profile.years_columns
        summable = [
            column
            for column in amounts
            if column in self.named.columns and column not in left_out and not self.profile.has_shares(column)
        ]
        if asked is not None and (asked in amounts or self.named.table.heading_words[asked] & self.aggregation.words):
            return asked if asked in summable else None
        return summable[0] if len(summable) == 1 else None

    def _numbers_things(self, column: int) -> bool:
        """Whether amounts may be "how many" things there are: no money, and whole but where these head the column."""
        if is_money(self.profile.units(column)):
            return False
        thing = asked_noun(self.aggregation.question.text)
        is_headed = thing is not None and bool(stems(thing.head) & self.named.table.heading_words[column])
        return is_headed or not any(one.decimals for one in self.profile.amounts[column].values())

    @property
    def _asks_for_amount(self) -> bool:
        """Whether "how many" asks for the value in a column of amounts ("Number of flats") and not for a count."""
        column = self.named.column
        if column is None or column not in self.profile.amounts:
            return False
        thing = asked_noun(self.aggregation.question.text)
        heading = self.named.table.heading_words[column]
        is_number = thing is not None and heading - NEUTRAL == stems(thing.head)
        return is_number or bool((heading & self.aggregation.words) - self.profile.about)
