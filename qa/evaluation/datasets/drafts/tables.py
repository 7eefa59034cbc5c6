"""Questions about cells and rows of tables."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from documents.blocks import Table
from documents.document import Document
from documents.grid import Cell, Grid, grid_of
from documents.vocabulary import Vocabulary
from qa.evaluation.datasets.drafts.asking import Asking, asking_of
from qa.evaluation.datasets.drafts.draft import MAX_WORDING, NUMBERED, Draft
from qa.understand.phrases import AUXILIARIES, PREPOSITIONS, WH

_VOCABULARY = Vocabulary("qa")
_ROWS = range(2, 201)  # of a table that is asked about
_HEADING = 5  # words
_COUNTED = range(4, 201)  # rows that are counted
_CLAUSE = WH | AUXILIARIES | _VOCABULARY.words_of("never_in_nouns")
_TOTAL = re.compile(rf"\b{_VOCABULARY.any_of('rows_not_asked')}\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d\b")


def tables(document: Document) -> Iterator[Draft]:
    """Of each table with headings: a cell, the same of another row as a follow-up, and how many rows there are."""
    asking = asking_of(document)
    for table in document.tables:
        grid = grid_of(document.text, table)
        if not table.headings or len(grid) > _ROWS.stop + len(table.headings):
            continue
        rows = [row for row in range(len(grid)) if grid.is_data(row) and not _TOTAL.search(_label(grid, row))]
        column = _asked_column(grid, rows)
        named = [row for row in rows if column is not None and _text(grid, row, column) and _label(grid, row)]
        labels = [_label(grid, row) for row in named]
        unique = [row for row, label in zip(named, labels, strict=True) if labels.count(label) == 1]
        if len(rows) in _ROWS and column is not None and len(unique) > 1:
            yield from _cells(grid, unique, column, asking)
        if len(rows) in _COUNTED:
            yield from _count(document, table, rows, asking)


def _cells(grid: Grid, rows: list[int], column: int, asking: Asking) -> Iterator[Draft]:
    row, other = rows[len(rows) // 2], rows[0]
    question = _cell_asked(_label(grid, row), _heading(grid, row, column), asking)
    yield Draft("table", question, ((_text(grid, row, column),),), (_row(grid, row),))
    answer = ((_text(grid, other, column),),)
    follow_up = asking.ask("follow-up", label=_label(grid, other))
    yield Draft("follow-up", follow_up, answer, (_row(grid, other),), after=(question,))


def _cell_asked(label: str, heading: str, asking: Asking) -> str:
    """The question for a cell, in words that fit whatever its heading is, unless that reads as an English noun."""
    if asking.is_english and _YEAR.fullmatch(heading):
        return f"What is given for {label} in {heading}?"
    if asking.is_english and _is_noun(heading) and any(map(str.isalpha, label)):
        return f"What is the {_small(heading)} of {label}?"
    return asking.ask("cell", label=label, heading=heading)


def _is_noun(heading: str) -> bool:
    """Whether it reads as one thing: no clause, no number, and what stands before a preposition is no plural."""
    words = heading.casefold().split()
    noun = list(itertools.takewhile(lambda word: word not in PREPOSITIONS, words))
    is_one = bool(noun) and not noun[-1].endswith(("s", "ed")) and not any(map(str.isdigit, heading))
    return is_one and words[-1] not in PREPOSITIONS and not _CLAUSE & {*words}


def _count(document: Document, table: Table, rows: list[int], asking: Asking) -> Iterator[Draft]:
    name = next(iter(document.section_path(table.start)[-1:]), "") or document.title
    if table.caption:
        name = " ".join(document.text[slice(*table.caption)].split())
    if 0 < len(name) <= MAX_WORDING:
        yield Draft("count", asking.ask("count", name=NUMBERED.sub("", name)), ((str(len(rows)),),))


def _asked_column(grid: Grid, rows: list[int]) -> int | None:
    """The first column beside the labels that has a heading and short cells, of numbers if there is one."""
    if not rows:
        return None
    first = max(1, grid.table.labels)
    columns = range(first, max(len(grid.cells(row)) for row in rows))
    fit = [
        column
        for column in columns
        if 0 < len(_heading(grid, rows[0], column).split()) <= _HEADING  # the name of something, not a sentence
        and all(0 < len(_text(grid, row, column)) <= MAX_WORDING for row in rows)
    ]
    numbers = [column for column in fit if all(any(map(str.isdigit, _text(grid, row, column))) for row in rows)]
    return next(iter([*numbers, *fit]), None)


def _heading(grid: Grid, row: int, column: int) -> str:
    return " ".join(_cell_text(grid, cell) for cell in grid.column_headings(row, column))


def _label(grid: Grid, row: int) -> str:
    """What a row is called: the texts of its label cells or, without any, of its first cell."""
    cells = grid.row_headings(row) if grid.table.labels else grid.cells(row)[:1]
    label = ", ".join(filter(None, (_cell_text(grid, cell) for cell in cells)))
    return label if len(label) <= MAX_WORDING else ""


def _text(grid: Grid, row: int, column: int) -> str:
    return next((_cell_text(grid, cell) for cell in grid.cells(row) if cell.column == column), "")


def _cell_text(grid: Grid, cell: Cell) -> str:
    return " ".join(" ".join(grid.text[start:end] for start, end in grid.words_of(cell)).split()).strip("*_ ")


def _row(grid: Grid, row: int) -> str:
    start, end = grid.range_of(row)
    return grid.text[start:end].strip()


def _small(heading: str) -> str:
    """The heading within a sentence."""
    return heading[:1].lower() + heading[1:] if heading[1:2].islower() else heading
