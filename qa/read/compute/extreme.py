"""Which row of a table has the largest or the smallest amount: "Which ticket is the cheapest?".

The amounts of one column are compared, in one unit or in units of the same kind. If several columns may be meant, or a
cell holds something other than an amount ("on request"), nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from documents.grid import Cell
from documents.vocabulary import Vocabulary
from qa.answer.cell_units import unit_of
from qa.read.compute.aggregation import Aggregation, has_negation, is_total_label
from qa.read.compute.measures import Measure, measure
from qa.read.compute.relation import PRICED, direction, measured_by
from qa.read.compute.rows import RowSelector
from qa.read.periods import periods
from qa.read.tables.named import Named
from qa.read.tables.words import TableWords, Words, stems
from qa.understand.phrases import AUXILIARIES, DETERMINERS, lower_words
from qa.understand.question import Question

Way = Literal["largest", "smallest"]
_LEAST_COMPARED = 2  # rows
# One word after "most" or "least" that makes a superlative with it.
_PRICED = rf"(?:{'|'.join(sorted(PRICED))})"
_BEFORE = r"(?:(?P<before>\w+)\s+)?(?:the\s+)?"
_SUPERLATIVE = re.compile(rf"\b{_BEFORE}(?P<word>(?:most|least)(?:\s+{_PRICED})?|\w{{2,}}est)\b", re.IGNORECASE)
_SHARED = Vocabulary("qa").listed("other_rows")  # before a superlative: another row is asked for


@dataclass(frozen=True, slots=True)
class Superlative:
    """The ``word`` of a question, whether it asks for the largest or smallest amount, and of which kinds (none: any).

    ``rest`` is the question without it and without the verb before it: "takes longest".
    """

    word: str
    way: Way
    kinds: frozenset[str]
    rest: str


@dataclass(frozen=True, slots=True)
class Extreme:
    """The cells of the rows that have the extreme amount, first, and of all rows that were compared."""

    way: Way
    short: str
    best: tuple[Cell, ...]
    others: tuple[Cell, ...]


def superlative_of(question: Question) -> Superlative | None:
    """The superlative of a question that asks for a row; None for yes/no questions and comparisons of two things."""
    text, words = question.text, lower_words(question.text)
    if not question.language.is_english or not words or words[0] in AUXILIARIES or "than" in words:
        return None
    for found in _SUPERLATIVE.finditer(text):
        word, before = found["word"], (found["before"] or "").casefold()
        comparative = f"{word[:-3]}er" if word.casefold().endswith("est") else word
        told = direction(comparative)
        if told is None or before in _SHARED:
            continue
        start = found.start("word") if before in DETERMINERS else found.start()
        way: Way = "largest" if told[0] == "larger" else "smallest"
        return Superlative(word, way, told[1], f"{text[:start]} {text[found.end() :]}")
    return None


def extreme_of(question: Question, wanted: Superlative, table: TableWords, file_name: str) -> Extreme | None:
    """The rows with the extreme amount in the column that the question is about; None if that is not certain."""
    words = stems(wanted.rest)
    aggregation = Aggregation(question, "count", words, periods(wanted.rest), None, False, has_negation(wanted.rest))
    selector = RowSelector(aggregation, Named(question, table), file_name)
    rows = selector.selected_rows() or []
    columns = {column: measured for column in selector.named.columns if (measured := _measured(table, rows, column))}
    column = _column_of(wanted, words, table, columns)
    if column is None:
        return None
    measured = columns[column]
    pick = max if wanted.way == "largest" else min
    value = pick(found.value for _, found in measured)
    best = [cell for cell, found in measured if found.value == value]
    if len(best) == len(measured):
        return None
    names = [_name(table, cell.row) for cell in best]
    if not all(names):
        return None
    short = f"{' and '.join(names)}, {_with_unit(table, best[0])}"
    return Extreme(wanted.way, short, tuple(best), tuple(cell for cell, _ in measured if cell not in best))


def _measured(table: TableWords, rows: Sequence[int], column: int) -> list[tuple[Cell, Measure]]:
    """The amounts of a column, by cell; none if a cell holds anything else or they cannot be compared."""
    filled = [cell for row in rows if (cell := table.cell(row, column)) and not table.is_blank(cell)]
    found = []
    for cell in filled:
        heading = f"{table.heading_texts[column]} {unit_of(table.document, table.grid, cell)}"
        measured = measure(table.text(cell), heading.strip())
        if measured is None or not _is_amount_alone(table.text(cell)):
            return []
        found.append((cell, measured))
    alike = len({(measured.kind, measured.unit) for _, measured in found}) == 1
    return found if alike and len(found) >= _LEAST_COMPARED else []


def _is_amount_alone(text: str) -> bool:
    """Whether the cell begins with its amount: "from £12" and "up to 3 h" cannot be compared."""
    return bool(re.match(r"\W*(?:[A-Z]{3}\s*)?\d", text.strip()))


def _column_of(
    wanted: Superlative, words: Words, table: TableWords, columns: dict[int, list[tuple[Cell, Measure]]]
) -> int | None:
    """The only column of the superlative's kind; of several, or for a superlative of any kind, the one that is named.

    If none of several is named, the column of totals wins: "Total time" over "Holding time".
    """
    fitting = [column for column, cells in columns.items() if not wanted.kinds or cells[0][1].kind in wanted.kinds]
    named = [column for column in fitting if table.heading_words[column] & (words | measured_by(wanted.word))]
    if not named and wanted.kinds and len(fitting) > 1:
        named = [column for column in fitting if is_total_label(table.heading_words[column])]
    if len(fitting) == 1 and (wanted.kinds or named):
        return fitting[0]
    return named[0] if len(named) == 1 else None


def _name(table: TableWords, row: int) -> str:
    """The row's name: its headings, else its first cell; after a bare number also the next cell with words."""
    filled = table.filled(row)
    name = table.labels[row].strip() or (table.text(filled[0]) if filled and filled[0].column == 0 else "")
    further = [table.text(cell) for cell in filled if cell.column >= max(1, table.table.labels)]
    is_number = re.fullmatch(r"\d+(?:[.-]\d+)+", name) is not None
    return f"{name} {further[0]}" if is_number and further and further[0][:1].isalpha() else name


def _with_unit(table: TableWords, cell: Cell) -> str:
    """The cell's text, with the unit of its heading if it has no unit itself."""
    text, unit = table.text(cell), unit_of(table.document, table.grid, cell)
    if not unit or re.search(r"[^\W\d_]|[$€£¥₹%°]", text):
        return text
    return f"{unit}{text}" if unit in "$€£¥₹" else f"{text} {unit}"
