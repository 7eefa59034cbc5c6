"""Passages -> a count, a sum or an extreme, with the rows that it rests on; None if none is certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.blocks import Range
from documents.grid import grid_of
from documents.linearise import tables_within
from documents.outline import introductions
from index.passage import Passage
from qa.answer import Citation
from qa.answer.cell_units import unit_of
from qa.read.compute import wording
from qa.read.compute.aggregation import Aggregation, aggregation_of, listing_of
from qa.read.compute.extreme import Extreme, Superlative, extreme_of, superlative_of
from qa.read.compute.rows import RowSelector, SelectedCells, summed
from qa.read.lines import MOST as MOST_LINES
from qa.read.tables.amounts import shown, total
from qa.read.tables.named import Named
from qa.read.tables.words import TableWords, is_small, stems, words_of
from qa.understand.phrases import asked_noun
from qa.understand.question import Question

MOST = 100  # rows that are counted or added up: each is cited


@dataclass(frozen=True, slots=True)
class Computed:
    """A number, the sentence that says it, and the rows that it rests on, each with its cells."""

    short: str
    text: str
    passage: Passage
    parts: tuple[tuple[int, int, tuple[Range, ...]], ...]  # start and end of a row, and its cells
    fit: int  # how many words of the question say what is counted

    def citations(self) -> list[Citation]:
        """One for each row."""
        return [
            Citation(number, self.passage, start, end, cells)
            for number, (start, end, cells) in enumerate(self.parts, start=1)
        ]


def computed(question: Question, passages: Sequence[Passage]) -> Computed | None:
    """The count, the sum or the extreme that fits most words of the question; no extreme if several of them differ."""
    found = candidates(question, passages)
    best = max((result.fit for result in found), default=0)
    likely = [result for result in found if result.fit == best]
    is_certain = aggregation_of(question) is not None or len({result.short for result in likely}) == 1
    return likely[0] if likely and is_certain else None


def candidates(question: Question, passages: Sequence[Passage]) -> list[Computed]:
    """Every count, sum or extreme that the question may ask for, from each table in the passages."""
    aggregation = aggregation_of(question)
    if aggregation is None:
        return list(_extremes(question, passages))
    return [one for passage in passages for one in _from_tables(aggregation, passage)]


def rows_named(question: Question, passages: Sequence[Passage]) -> tuple[Passage, list[Range]] | None:
    """The rows of a table that a condition in the question selects, several but not all; None if not certain."""
    aggregation = listing_of(question)
    if question.asked != "list" and not (aggregation.comparison and asked_noun(question.text)):
        return None
    best = 0
    found: tuple[Passage, list[Range]] | None = None
    for passage in passages:
        for table in _tables_of(passage):
            selector = RowSelector(aggregation, Named(question, table), passage.source.name)
            rows = selector.selected_rows() or []
            fit = len(selector.aggregation.words & selector.profile.about)
            if 1 < len(rows) < len(selector.profile.rows) and len(rows) <= MOST and (found is None or fit > best):
                found, best = (passage, [table.grid.range_of(row) for row in rows]), fit
    return found


def rows_asked_for(question: Question, passage: Passage, offset: int) -> list[Range]:
    """The rows of the table at ``offset`` that the question is about.

    If that is not certain: the only row with a number or code of the question ("What do I do with F14?"), else all
    rows; of a long table those that match the same words of the question as the row at ``offset``.
    """
    for table in _tables_of(passage):
        if table.holds(offset):
            named = Named(question, table)
            selector = RowSelector(listing_of(question), named, passage.source.name)
            rows = selector.selected_rows() or _with_code(named) or table.rows
            if len(rows) > MOST_LINES:
                said = named.row_words(table.grid.row_at(offset))
                rows = [row for row in rows if said and said <= named.row_words(row)]
            return [table.grid.range_of(row) for row in rows] if len(rows) <= MOST else []
    return []


def _with_code(named: Named) -> list[int]:
    """The only row whose heading has a number or code of the question; none if several have one."""
    codes = frozenset(word for name in named.question.names for word in stems(name) if any(map(str.isdigit, word)))
    rows = [row for row, words in named.table.label_words.items() if words & codes]
    return rows if len(rows) == 1 else []


def _tables_of(passage: Passage) -> Iterator[TableWords]:
    """The parts of the passage's tables with several rows; none of long tables, whose rows are not all compared."""
    chunk, document = passage.chunk, passage.document
    for table in tables_within(document.tables, chunk.start, chunk.end):
        if not is_small(document, table):
            continue
        grid = grid_of(document.text, table)
        for first, last in grid.parts:
            (start, _), (_, end) = grid.range_of(first), grid.range_of(last - 1)
            if start < chunk.end and chunk.start < end and len((words := words_of(document, table, start)).rows) > 1:
                yield words


def _extremes(question: Question, passages: Sequence[Passage]) -> Iterator[Computed]:
    wanted = superlative_of(question)
    if wanted is None:
        return
    for passage in passages:
        for table in _tables_of(passage):
            found = extreme_of(question, wanted, table, passage.source.name)
            if found and len(found.best) + len(found.others) <= MOST:
                yield _of_extreme(wanted, passage, table, found)


def _of_extreme(wanted: Superlative, passage: Passage, table: TableWords, found: Extreme) -> Computed:
    cells = [*found.best, *found.others]
    name, title = _name_of(table, passage)
    heading = table.heading_texts[cells[0].column] or name
    parts = tuple((*table.grid.range_of(cell.row), ((cell.start, cell.end),)) for cell in cells)
    said = stems(" ".join([name, title, passage.source.name, *table.heading_texts]))
    text = wording.extreme(found.short, found.way, len(cells), heading, name)
    return Computed(found.short, text, passage, parts, len(stems(wanted.rest) & said))


def _name_of(table: TableWords, passage: Passage) -> tuple[str, str]:
    """The table's name, and the title above it."""
    near = introductions(table.document.text, table.table)
    path = table.document.section_path(table.table.start)
    title = (path[-1] if path else table.document.title) or passage.source.name
    return (table.document.text[slice(*near[0])] if near else title), title


def _from_tables(aggregation: Aggregation, passage: Passage) -> Iterator[Computed]:
    for table in _tables_of(passage):
        selector = RowSelector(aggregation, Named(aggregation.question, table), passage.source.name)
        selected = selector.selected_cells()
        if selected and 0 < len(selected.cells) <= MOST:
            result = _of_cells(passage, selector, selected)
            if result:
                yield result


def _of_cells(passage: Passage, selector: RowSelector, selected: SelectedCells) -> Computed | None:
    table, grid = selector.table, selector.table.grid
    name, title = _name_of(table, passage)
    count = len(selected.cells)
    if selected.column is None:
        short = str(count)
        text = wording.counted(count, name, selected.where)
    else:
        added = total(list(summed(selector, selected)))
        if added is None:
            return None
        short = shown(added, unit_of(table.document, grid, selected.cells[0]))
        columns = list(dict.fromkeys(cell.column for cell in selected.cells))
        heading = ", ".join(table.heading_texts[column] for column in columns) or name
        text = wording.added(short, count, heading, name, selected.where)
    by_row: dict[int, list[Range]] = {}
    for cell in selected.cells:
        by_row.setdefault(cell.row, []).append((cell.start, cell.end))
    parts = tuple((*grid.range_of(row), tuple(cells)) for row, cells in by_row.items())
    said = stems(" ".join([name, title, *table.heading_texts]))
    return Computed(short, text, passage, parts, len(selector.aggregation.words & said))
