"""Evidence in a table -> the cell that was asked for, or that the table does not answer.

A reader of text may pick a neighbouring number: another year's, another row's. Here the span is moved to the row and
the column that the question names. Evidence is dropped where the table cannot answer:

- the columns or rows are of other periods (years, quarters, months, weekdays) than the question asks for;
- the cell asked for is empty;
- what is asked for, or a name in the question, is nowhere in the table or what it stands under.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from documents.grid import Cell
from qa.check.claims import proper_names
from qa.read.evidence import Evidence
from qa.read.periods import periods, shared
from qa.read.tables.amounts import amount
from qa.read.tables.named import Named, is_given
from qa.read.tables.words import TableWords, Words, stems, words_of
from qa.understand.phrases import WH, lower_words
from qa.understand.question import Question

_SUPERLATIVE = re.compile(
    r"\b(?:most|least|best|worst|first|last|latest|newest|oldest|only|next|[^\W\d_]{3,}est)\b", re.IGNORECASE
)
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
_ASKS_FOR_LABEL = frozenset({"who", "whom", "whose", "which", "where"})


def select_cells(question: Question, evidence: Sequence[Evidence], *, of_any_thing: bool = False) -> list[Evidence]:
    """The evidence in the same order, in tables moved to the cell that answers, without what its table rules out.

    ``of_any_thing``: a table may answer even if it does not name what is asked for.
    """
    found: dict[tuple[str, int, int], Evidence] = {}
    silent: list[Words] = []
    of_table: dict[int, Named] = {}  # by the identity of the table's words, which are kept in it
    for sentence in evidence:
        document, table = sentence.document, sentence.table
        selected: Evidence | None = sentence
        if table:
            words = words_of(sentence.passage.chunk, table, sentence.start)
            named = of_table.setdefault(id(words), Named(question, words))
            selected = _selected(named, sentence, of_any_thing=of_any_thing)
            if selected is None and (label := _silent_row(named, sentence)):
                silent.append(label)
        if selected:
            found.setdefault((document.id, selected.start, selected.end), selected)
    if not silent:
        return list(found.values())
    return [sentence for sentence in found.values() if _speaks_of(question, sentence, silent)]


def _speaks_of(question: Question, evidence: Evidence, silent: Sequence[Words]) -> bool:
    """Whether the evidence is about a row whose cell asked for is missing, or is a sentence of the period asked for.

    Where a table has such a row, nothing else answers.
    """
    if any(label <= stems(evidence.as_read) for label in silent):
        return True
    return evidence.table is None and shared(periods(question.text), periods(evidence.text))


def _silent_row(named: Named, evidence: Evidence) -> Words:
    """The heading of the row asked for, if the question names all of it and the cell is empty or of another period."""
    row = named.table.grid.row_at(evidence.start)
    better = named.better_row(row) if row in named.table.labels else None
    row = row if better is None else better
    is_empty = named.column is not None and named.table.is_blank(named.table.cell(row, named.column))
    is_silent = named.label_is_named(row) and (is_empty or named.lacks_period(row))
    return named.table.label_words[row] if is_silent else frozenset()


def _selected(named: Named, evidence: Evidence, *, of_any_thing: bool) -> Evidence | None:
    """The evidence, a row of the table, with the cell asked for; None where the table does not answer."""
    table = named.table
    row = table.grid.row_at(evidence.start)
    if row not in table.labels and named.better_row(row) is None:
        return evidence  # a heading, or the title of a group of rows
    if (better := named.better_row(row)) is not None:
        row = better
    if named.lacks_period(row):
        return None
    if not named.row_words(row) and _tells_apart(named):
        return None
    if not of_any_thing and (named.thing_is_absent() or _names_are_absent(evidence)):
        return None
    found = _in_row(named, row, evidence)
    if found:
        found = _of_newest_year(named, found)
    if found and found.start != evidence.start:
        found = _with_names_there(found)
    return None if found and _is_other_number(named, row, found) else found


def _with_names_there(evidence: Evidence) -> Evidence:
    """Evidence that was moved to another row: names in that row are no longer absent."""
    forms = proper_names.word_forms(evidence.as_read)

    def left(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if not proper_names.has_name(forms, name, "en"))

    return replace(evidence, absent=left(evidence.absent), mistaken=left(evidence.mistaken))


def _in_row(named: Named, row: int, evidence: Evidence) -> Evidence | None:
    """The evidence with the row and the cell asked for; None where that cell is empty."""
    table = named.table
    start, end = table.grid.range_of(row)
    whole = replace(evidence, start=start, end=end)
    if asked := _cell_asked(named, row):
        return _moved_to(asked, whole, table)
    if evidence.start != start:  # the row that the question names better
        return _moved_to(_cell_of(named, row, evidence), whole, table)
    if (heading := _heading_read(table, evidence)) is not None:
        return _moved_to(table.cell(row, heading.column if named.column is None else named.column), evidence, table)
    if named.column is None and _repeats_label(named, row, evidence):
        is_all_named = named.words <= table.label_words[row]
        return _moved_to(_cell_of(named, row, evidence), evidence, table) if is_all_named else None
    if named.column is None or _keeps_span(named, row, evidence):
        return _with_whole_amount(table, evidence)
    cell = table.cell(row, named.column)
    if cell and not table.is_blank(cell) and _is_within(evidence.span, cell):
        return _with_whole_amount(table, evidence)
    return _moved_to(cell, evidence, table)


def _cell_asked(named: Named, row: int) -> Cell | None:
    """The row's filled cell in the column that is asked for by its heading."""
    cell = named.table.cell(row, named.asked_column) if named.asked_column is not None else None
    if cell is None or named.table.is_blank(cell):
        return None
    # The number of a row names nothing: "which lesson is on Tuesday at 9:15" asks for what stands there.
    is_number = cell.column < named.table.table.labels and named.table.text(cell).isdigit()
    return None if is_number and named.column is not None else cell


def _moved_to(cell: Cell | None, evidence: Evidence, table: TableWords) -> Evidence | None:
    """The evidence with the cell as its span; None where that cell is empty."""
    return None if cell is None or table.is_blank(cell) else replace(evidence, span=(cell.start, cell.end))


def _of_newest_year(named: Named, evidence: Evidence) -> Evidence:
    """The evidence in the same column of the newest year: who asks for a price means today's."""
    read = evidence.row[0].cell_at(evidence.span[0]) if evidence.row else None
    if read is None or read.row not in named.table.labels or read.column >= named.table.width:
        return evidence
    newest = named.newest(read)
    return evidence if newest == read else replace(evidence, span=(newest.start, newest.end))


def _with_whole_amount(table: TableWords, evidence: Evidence) -> Evidence:
    """The span, extended to the whole cell if that is an amount: its brackets and signs belong to it."""
    cell = table.grid.cell_at(evidence.span[0])
    if cell and _is_within(evidence.span, cell) and amount(table.text(cell)):
        return replace(evidence, span=(cell.start, cell.end))
    return evidence


def _tells_apart(named: Named) -> bool:
    """Whether the question picks one of several rows by its words, not as the largest or the last."""
    return len(named.table.rows) > 1 and not _SUPERLATIVE.search(named.question.text)


def _heading_read(table: TableWords, evidence: Evidence) -> Cell | None:
    """The column heading that the span is in: it says what the row's cell is, not what the cell holds."""
    if not table.table.start <= evidence.span[0] < table.table.end:
        return None
    cell = table.grid.cell_at(evidence.span[0])
    return cell if cell and table.grid.is_heading(cell.row) else None


def _is_other_number(named: Named, row: int, evidence: Evidence) -> bool:
    """Whether "how many" would get a number that is neither in the column named nor the row's only amount."""
    if not _HOW_MANY.search(named.question.text):
        return False
    table = named.table
    read = table.grid.cell_at(evidence.span[0])
    values = [(cell, amount(table.text(cell))) for cell in table.filled(row) if cell.column >= table.table.labels]
    amounts = [cell for cell, value in values if value and not value.may_be_year]
    is_asked = named.column is not None and read is not None and read.column == named.column
    return not is_asked and not (len(amounts) == 1 and read == amounts[0])


def _cell_of(named: Named, row: int, evidence: Evidence) -> Cell | None:
    """The cell of another row: in the column that is named, else in the column of the span that was read.

    A span in the row's heading answers only a question for a name; else the row's first value does.
    """
    table = named.table
    column = named.column
    if column is None:
        read = table.grid.cell_at(evidence.span[0]) if evidence.start <= evidence.span[0] < evidence.end else None
        values = [cell for cell in table.filled(row) if cell.column >= table.table.labels]
        if read is None or (read.column < table.table.labels and not _asks_for_label(named)):
            read = values[0] if values else None
        column = read.column if read else None
    cell = table.cell(row, column) if column is not None else None
    return cell if cell and not table.is_blank(cell) else None


def _asks_for_label(named: Named) -> bool:
    """Whether the question asks for a name, which row headings are: "who", "which"."""
    wh = next((word for word in lower_words(named.question.text) if word in WH), "")
    return wh in _ASKS_FOR_LABEL


def _keeps_span(named: Named, row: int, evidence: Evidence) -> bool:
    """Whether the span stays where it was read although the question names another column.

    The column may be a condition ("which boat was built in 2019?") and the row's heading the answer.
    """
    table = named.table
    assert named.column is not None
    cell = table.cell(row, named.column)
    if cell and is_given(stems(table.text(cell)), named):
        return True
    read = table.grid.cell_at(evidence.span[0])
    in_label = read is not None and read.row == row and read.column < table.table.labels
    if not in_label or read is None or stems(table.text(read)) & named.words:
        return False
    return _asks_for_label(named) and not table.text(read).isdigit()


def _repeats_label(named: Named, row: int, evidence: Evidence) -> bool:
    """Whether the span is the row's heading and the question already names it, so that it asks for another cell."""
    read = named.table.grid.cell_at(evidence.span[0])
    if read is None or read.row != row or read.column >= named.table.table.labels:
        return False
    return not _asks_for_label(named) and bool(stems(named.table.text(read)) & named.words)


def _is_within(span: tuple[int, int], cell: Cell) -> bool:
    return cell.start <= span[0] and span[1] <= cell.end


def _names_are_absent(evidence: Evidence) -> bool:
    """Whether a name in the question is neither in the table nor in the headings above it."""
    return any(not periods(name) for name in evidence.absent)
