"""Evidence in a table -> the cell that was asked for, or that the table does not answer.

A reader of text takes a neighbour's number for the answer: another year's, another row's. Here the span is moved to
the row and the column that the question names, and evidence is dropped where the table has neither:

- the columns or rows are of other periods (years, quarters, months, weekdays) than the question asks for;
- the cell asked for is empty;
- what is asked for, or a name in the question, is nowhere in the table or the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from documents.grid import Cell
from qa.check.claims import facts
from qa.read.evidence import Evidence
from qa.read.tables.named import Named, is_given
from qa.read.tables.words import Words, stems, words_of
from qa.understand.phrases import WH, lower_words
from qa.understand.question import Question

_ASKS_FOR_LABEL = frozenset({"who", "whom", "whose", "which", "where"})


@dataclass(frozen=True, slots=True)
class Rules:
    """Which of the rules apply: all, but for measuring what each of them earns."""

    columns: bool = True
    rows: bool = True
    periods: bool = True
    things: bool = True
    empty: bool = True
    silent: bool = True
    compute: bool = True


def settle(question: Question, evidence: Sequence[Evidence], rules: Rules = Rules()) -> list[Evidence]:  # noqa: B008
    """The evidence in the same order, that in tables with its cell; without what a table shows to be no answer."""
    found: dict[tuple[str, int, int], Evidence] = {}
    silent = set[str]()
    for own in evidence:
        document = own.passage.chunk.document
        table = document.table_at(own.start)
        settled: Evidence | None = own
        if table:
            named = Named(question, words_of(document, table, own.passage.chunk.start, own.passage.chunk.end))
            settled = _settled(named, own, rules)
            if settled is None:
                silent |= _label_named(named, own)
        if settled:
            found.setdefault((document.id, settled.start, settled.end), settled)
    # What a table has a row of, but no answer in it, nothing else answers that does not even speak of it.
    return [own for own in found.values() if silent <= stems(own.as_read)] if rules.silent else list(found.values())


def _label_named(named: Named, own: Evidence) -> Words:
    """The heading of the row asked for, where the question has all of it."""
    row = named.table.grid.row_at(own.start)
    better = named.better_row(row) if row in named.table.labels else None
    row = row if better is None else better
    return named.table.label_words[row] if named.label_is_named(row) else frozenset()


def _settled(named: Named, own: Evidence, rules: Rules) -> Evidence | None:
    """The evidence, a row of the table, with the cell asked for; None where the table does not answer."""
    table = named.table
    row = table.grid.row_at(own.start)
    if row not in table.labels:
        return own  # a heading, or a row with nothing to tell apart
    if rules.rows and (better := named.better_row(row)) is not None:
        row = better
    if rules.periods and named.lacks_period(row):
        return None
    if rules.things and (named.thing_is_absent() or _names_are_absent(named.question, own)):
        return None
    start, end = table.grid.range_of(row)
    if own.start != start:  # the row that the question names better
        cell = _cell_of(named, row, own)
        return cell and replace(own, start=start, end=end, span=(cell.start, cell.end))
    if not rules.columns or named.column is None or _keeps_span(named, row, own):
        return own
    cell = table.cell(row, named.column)
    if cell is None or cell.is_empty:
        return None if rules.empty else own
    if own.span[0] < cell.end and cell.start < own.span[1] and _is_within(own.span, cell):
        return own
    return replace(own, span=(cell.start, cell.end))


def _cell_of(named: Named, row: int, own: Evidence) -> Cell | None:
    """The cell of another row: in the column named or, without one, in that of the span that was read."""
    table = named.table
    column = named.column
    if column is None:
        read = table.grid.cell_at(own.span[0])
        values = [cell for cell in table.filled(row) if cell.column >= table.table.labels]
        column = read.column if read and own.start <= own.span[0] < own.end else values[0].column if values else None
    cell = table.cell(row, column) if column is not None else None
    return cell if cell and not cell.is_empty else None


def _keeps_span(named: Named, row: int, own: Evidence) -> bool:
    """Whether the span stays where it was read, though the question names another column.

    That column may be a condition ("which boat was built in 2019?"), and a heading of the row the answer.
    """
    table = named.table
    assert named.column is not None
    cell = table.cell(row, named.column)
    if cell and is_given(stems(table.text(cell)), named):
        return True
    read = table.grid.cell_at(own.span[0])
    in_label = read is not None and read.row == row and read.column < table.table.labels
    wh = next((word for word in lower_words(named.question.text) if word in WH), "")
    return in_label and (wh in _ASKS_FOR_LABEL or not table.table.labels)


def _is_within(span: tuple[int, int], cell: Cell) -> bool:
    return cell.start <= span[0] and span[1] <= cell.end


def _names_are_absent(question: Question, own: Evidence) -> bool:
    """Whether the document nowhere has a name that the question asks about."""
    if not own.absent:
        return False
    document = own.passage.chunk.document
    forms = facts.word_forms(f"{own.passage.source.path}\n{document.title}\n{document.text}")
    return any(not facts.has_name(forms, name, "en") for name in own.absent if not name.isdigit())
