"""The conditions that a question sets for the rows of a table: their words, their values, their periods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from documents.vocabulary import Vocabulary
from qa.read.compute.aggregation import Aggregation
from qa.read.compute.profile import TableProfile
from qa.read.periods import Kind, Periods, periods, shared
from qa.read.tables.words import TableWords, Words, stems
from qa.understand.phrases import BE, PREPOSITIONS, Word, asked_noun, is_verb, words

_THIS_YEAR = re.compile(r"\bthis year\b", re.IGNORECASE)
_VOCABULARY = Vocabulary("qa")
_YES, _NO = _VOCABULARY.words_of("yes"), _VOCABULARY.words_of("no")
_PARTS_OF_YEARS = _VOCABULARY.listed("parts_of_years")


@dataclass(frozen=True)
class PeriodConditions:
    """The periods of a question, of which some select rows and others say which table is meant."""

    aggregation: Aggregation
    profile: TableProfile

    @cached_property
    def words(self) -> Words:
        """The words of the question that name periods."""
        parts = [word.text for word in self._question if periods(word.text)]
        named = stems(" ".join([*parts, *_PARTS_OF_YEARS]))
        return (named if self.aggregation.periods else frozenset()) | self._this_year

    @cached_property
    def _question(self) -> list[Word]:
        return words(self.aggregation.question.text)

    @property
    def _this_year(self) -> Words:
        """The word "year" of "this year", if the table and its file have only one year."""
        said = _THIS_YEAR.search(self.aggregation.question.text)
        return stems("year") if said and len(self.profile.years) == 1 else frozenset()

    def are_explained(self) -> bool:
        """Whether rows, columns or what the table is about have all periods of the question."""
        about = self.profile.about_periods
        for kind, values in self.aggregation.periods.items():
            rows = self.profile.periods_of_rows(kind)
            columns = frozenset().union(*(own.get(kind, ()) for own in self.profile.table.heading_periods))
            if self._names_the_document(kind):
                rows = columns = about[kind]
            if not values <= (rows or columns or about.get(kind, frozenset())):
                return False
        return True

    def hold(self, row: int) -> bool:
        """Whether the row is of the periods asked for."""
        row_periods = self.profile.table.row_periods[row]
        return all(values & row_periods.get(kind, frozenset()) for kind, values in self._of_rows.items())

    @cached_property
    def _of_rows(self) -> Periods:
        """The question's periods that select rows: of kinds that rows have."""
        of_rows = {kind for row in self.profile.rows for kind in self.profile.table.row_periods[row]}
        return {
            kind: values
            for kind, values in self.aggregation.periods.items()
            if kind in of_rows and not self._names_the_document(kind)
        }

    def _names_the_document(self, kind: Kind) -> bool:
        """Whether the period identifies the table: the May meeting, the meeting in May, the 2025 price list.

        It is next to a word of what the table is about, but not of its rows: "jobs in May" are some of the rows.
        """
        tokens = self._question
        thing = asked_noun(self.aggregation.question.text)
        titles = self.profile.about - (stems(thing.head) if thing else frozenset())
        for place, word in enumerate(tokens):
            if not shared({k: v for k, v in periods(word.text).items() if k == kind}, self.profile.about_periods):
                continue
            before = tokens[place - 2 : place - 1] if place > 1 and tokens[place - 1].lower in PREPOSITIONS else []
            beside = (other for other in (*before, *tokens[place + 1 : place + 2]) if not other.function)
            if any(stems(other.text) & titles for other in beside):
                return True
        return False


@dataclass(frozen=True)
class Conditions:
    """What a question asks the rows of a table for."""

    aggregation: Aggregation
    profile: TableProfile

    @property
    def table(self) -> TableWords:
        """The table."""
        return self.profile.table

    @cached_property
    def are_certain(self) -> bool:
        """Whether the table explains every word and period of the question."""
        return bool(self.table.rows) and self._explained is not None and self._flags is not None

    @property
    def words(self) -> Words:
        """The words that only some rows have; none where the conditions are not certain."""
        return self._explained or frozenset()

    @property
    def flags(self) -> list[int]:
        """The columns of yes and no that the question names; none where the conditions are not certain."""
        return self._flags or []

    def hold(self, row: int) -> bool:
        """Whether the row is one of those asked for."""
        if self.words and self.aggregation.negated == self._has_words(row):
            return False
        return all(self._is_affirmed(row, column) for column in self.flags) and self._periods.hold(row)

    @cached_property
    def kinds_named(self) -> frozenset[Words]:
        """The values of category columns ("on loan") that the question names; none that is part of another."""
        kinds = {stems(text) for column in self.profile.categories for text in self.profile.kinds(column)}
        named = {kind for kind in kinds if kind and kind <= self.aggregation.words}
        return frozenset(kind for kind in named if not any(kind < other for other in named))

    @cached_property
    def categories_named(self) -> Words:
        """The words of the kinds that the question names."""
        return frozenset().union(*self.kinds_named)

    @cached_property
    def _question(self) -> list[Word]:
        return words(self.aggregation.question.text)

    @cached_property
    def _periods(self) -> PeriodConditions:
        return PeriodConditions(self.aggregation, self.profile)

    @cached_property
    def _explained(self) -> Words | None:
        """The words that only some rows have; None if the table does not explain a word or period of the question."""
        asked = self.aggregation.words
        headings = self.profile.about.union(*self.table.heading_words) - self.categories_named
        headings |= {word for word in asked if {f"{word}er", f"{word}or"} & headings}  # "lead" of "Leader"
        left = asked - headings - self._periods.words - self._thing
        held = {word for row in self.profile.rows for word in self.table.row_words[row]} if left else set()
        open_words = left - held
        if open_words and not self._say_nothing(open_words, left & held):
            return None
        return frozenset(left - open_words) if self._periods.are_explained() else None

    @property
    def _thing(self) -> Words:
        """The noun asked for ("jobs"), if rows of a named category are to be listed from a named table."""
        thing = asked_noun(self.aggregation.question.text) if self.aggregation.operation == "list" else None
        is_named = bool(self.kinds_named) and bool(self.aggregation.words & self.profile.about)
        return stems(thing.head) if thing and is_named else frozenset()

    def _say_nothing(self, open_words: Words, conditions: Words) -> bool:
        """Whether the words are verbs that select no rows.

        That is a participle in a table without categories ("were sold"), or another verb between what is counted and
        its condition ("fields grow wheat").
        """
        opened = [word for word in self._question if stems(word.text) & open_words]
        if all(is_verb(word) or word.function for word in opened) and not self.profile.categories:
            return True
        said = [word.text for word in self._question if stems(word.text) & self.aggregation.words]
        places = [n for n, text in enumerate(said) if stems(text) & open_words]
        if len(places) != 1 or not 0 < places[0] < len(said) - 1 or said[places[0]].endswith(("ed", "ing")):
            return False
        if any(before.lower in BE and word in opened for before, word in pairwise(self._question)):  # "were stolen"
            return False
        before, after = said[places[0] - 1], said[places[0] + 1]
        return bool(stems(after) & conditions or periods(after)) and not stems(before) & conditions

    # --- words ---

    def _has_words(self, row: int) -> bool:
        """Whether the row has all the words; if any row has them in a cell of their own, in such a cell."""
        if not self.words <= self.table.row_words[row]:
            return False
        if not all(self.profile.cells_of(row, kind) for kind in self.kinds_named if kind <= self.words):
            return False
        if not all(self.profile.has_in_one_cell(row, phrase) for phrase in self._phrases):
            return False
        return not self._exact_rows or row in self._exact_rows

    @cached_property
    def _exact_rows(self) -> frozenset[int]:
        """The rows with a cell of exactly the words."""
        return frozenset(row for row in self.profile.rows if self.profile.cells_of(row, self.words))

    @cached_property
    def _phrases(self) -> list[Words]:
        """The words that are adjacent in the question ("Room 4") and share a cell in some row."""
        phrases: list[set[str]] = [set()]
        for word in self._question:
            said = stems(word.text) & (self.words - self.categories_named)
            phrases[-1].update(said)
            if not said and phrases[-1]:
                phrases.append(set())
        several = [frozenset(phrase) for phrase in phrases if len(phrase) > 1]
        rows = self.profile.rows
        return [phrase for phrase in several if any(self.profile.has_in_one_cell(row, phrase) for row in rows)]

    # --- yes and no ---

    @cached_property
    def _flags(self) -> list[int] | None:
        """The columns of yes and no that the question names; None if it names a column with other values."""
        if self.categories_named:
            return []
        named = self.aggregation.words - self.profile.about
        columns = [column for column in self.profile.categories if self.table.heading_words[column] & named]
        return columns if all(self.profile.kinds(column) <= _YES | _NO for column in columns) else None

    def _is_affirmed(self, row: int, column: int) -> bool:
        cell = self.table.cell(row, column)
        return cell is not None and (self.table.text(cell).casefold() in _YES) != self.aggregation.negated
