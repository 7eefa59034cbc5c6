"""The words and periods of a table's headings and cells, in the form in which a question's are compared with them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from documents.blocks import Range, Table
from documents.document import Document
from documents.grid import Cell, Grid, grid_of
from documents.outline import introductions
from documents.vocabulary import Vocabulary
from documents.words import WORD_OR_NUMBER, without_marks
from index.analyse import STOP_WORDS, terms
from qa.answer.cell_units import cell_text
from qa.read.periods import Periods, periods
from qa.understand.phrases import AUXILIARIES, WH

# Rows, and characters of them, that are compared with a question. Of a larger table none are.
MOST_ROWS = 2_000
MOST_CHARACTERS = 200_000

_LABEL_A = re.compile(r"\A\s*[Aa]\s*\Z|(?<=[a-z] )A\b(?!['’])")  # "priority A": it is no article

Words = frozenset[str]
_LEFT_OUT = STOP_WORDS | AUXILIARIES | WH


@lru_cache(maxsize=8192)
def stems(text: str) -> Words:
    """The stems of the text's words, without stop words and auxiliary verbs; a number is whole, without commas."""
    words = [word for word in WORD_OR_NUMBER.findall(without_marks(text.casefold())) if word not in _LEFT_OUT]
    words += ["a"] if _LABEL_A.search(text) else []
    numbers = {word.replace(",", "") for word in words if word[0].isdigit()}
    return frozenset(numbers).union(terms(" ".join(word for word in words if not word[0].isdigit()), "en"))


def listed_stems(name: str) -> Words:
    """The stems of the words that ``qa/vocabulary.toml`` lists under the name."""
    return stems(" ".join(Vocabulary("qa").listed(name)))


class TableWords:
    """One table of a document as questions are compared with it: those of its ``rows`` that share their headings."""

    def __init__(self, document: Document, table: Table, rows: Range) -> None:
        self.document = document
        self.table = table
        self.grid: Grid = grid_of(document.text, table)
        self._reach = range(*rows)
        groups = frozenset(group.row for group in table.groups)  # their headings hold no values
        self.rows = [row for row in self._reach if self.grid.is_data(row) and row not in groups]
        self._cells: dict[int, list[Cell]] = {row: self.grid.cells(row) for row in self.rows}
        self.width = max(map(len, self._cells.values()), default=0)

    def holds(self, offset: int) -> bool:
        """Whether the offset is in these rows."""
        return self.table.start <= offset < self.table.end and self.grid.row_at(offset) in self._reach

    def cell(self, row: int, column: int) -> Cell | None:
        """The cell, if the row reaches there."""
        cells = self._cells.get(row, ())
        return cells[column] if column < len(cells) else None

    def filled(self, row: int) -> list[Cell]:
        """The row's cells that are not empty."""
        return [cell for cell in self._cells.get(row, ()) if not cell.is_empty]

    def text(self, cell: Cell) -> str:
        """What the cell says."""
        return cell_text(self.grid, cell)

    def is_blank(self, cell: Cell | None) -> bool:
        """Whether there is no cell, or nothing in it but marks such as a dash."""
        return cell is None or not any(map(str.isalnum, self.text(cell)))

    @cached_property
    def heading_texts(self) -> list[str]:
        """The headings of each column, joined."""
        row = self.rows[0] if self.rows else 0
        return [self._joined(self.grid.column_headings(row, column)) for column in range(self.width)]

    @cached_property
    def heading_words(self) -> list[Words]:
        """The words of each column's headings."""
        return [stems(text) for text in self.heading_texts]

    @cached_property
    def heading_periods(self) -> list[Periods]:
        """The periods in each column's headings."""
        return [periods(text) for text in self.heading_texts]

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """The headings of each row, those of its groups included."""
        return {row: self._joined(self.grid.row_headings(row)) for row in self.rows}

    @cached_property
    def label_words(self) -> Mapping[int, Words]:
        """The words of the rows' headings."""
        return {row: stems(text) for row, text in self.labels.items()}

    @cached_property
    def row_words(self) -> Mapping[int, Words]:
        """The words of all cells of the rows, and of what they are grouped under."""
        return {
            row: self.label_words[row].union(*(stems(self.text(cell)) for cell in self.filled(row)))
            for row in self.rows
        }

    @cached_property
    def row_periods(self) -> Mapping[int, Periods]:
        """The periods in the headings and the dates of the rows."""
        dated = [column for column in range(self.width) if self._is_dated(column)]
        return {
            row: periods("; ".join([self.labels[row], *(self.text(c) for c in self.filled(row) if c.column in dated)]))
            for row in self.rows
        }

    @cached_property
    def about(self) -> str:
        """What the table is about: its caption, its introduction, and the titles of its sections and its document."""
        return "\n".join([self.near, *self.document.section_path(self.table.start), self.document.title])

    @cached_property
    def near(self) -> str:
        """The part of ``about`` that is nearest: the caption, the introduction and the heading above the table."""
        document, table = self.document, self.table
        said = [document.text[slice(*place)] for place in introductions(document.text, table)]
        path = document.section_path(table.start)
        return "\n".join([*said, path[-1] if path else document.title])

    @cached_property
    def about_words(self) -> Words:
        """The words of ``about``."""
        return stems(self.about)

    def _is_dated(self, column: int) -> bool:
        """Whether most cells of the column name a month or a day, in a few words."""
        texts = [self.text(cell) for row in self.rows[:50] if (cell := self.cell(row, column)) and not cell.is_empty]
        dated = [text for text in texts if len(text) <= 40 and {"month", "weekday"} & periods(text).keys()]
        return 2 * len(dated) > len(texts)

    def _joined(self, cells: Iterable[Cell]) -> str:
        return " ".join(self.text(cell) for cell in cells)


_table_words = lru_cache(maxsize=32)(TableWords)


def is_small(document: Document, table: Table) -> bool:
    """Whether the rows of the table are compared with a question."""
    return table.end - table.start <= MOST_CHARACTERS and len(grid_of(document.text, table)) <= MOST_ROWS


def words_of(document: Document, table: Table, offset: int) -> TableWords:
    """The words of the table's rows below the same headings as at ``offset``."""
    grid = grid_of(document.text, table)
    row = grid.row_at(offset)
    return _table_words(document, table, next(part for part in grid.parts if row < part[1]))


def rarity(words: Sequence[Words]) -> Mapping[str, float]:
    """The weight of each word: higher, the fewer of the sets have it; 0 where all have it."""
    frequency = Counter(word for each in words for word in each)
    return {word: math.log(len(words) / count) for word, count in frequency.items()}
