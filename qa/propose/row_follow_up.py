"""A follow-up that names another row of the table that the last answer is from: "And for a rabbit?".

The table is known, so nothing is searched: of the rows with the words of the follow-up, the one most like the last
answer's row answers, in the same column. Adjacent fields are rows, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from documents.blocks import Block, Range
from documents.document import Document
from qa.read.tables.words import Words, is_small, stems, words_of
from qa.understand.conversation import Turn
from qa.understand.phrases import is_verb, words

_NEAR = 2_000  # characters before and after in which fields are looked for


class Row(NamedTuple):
    """A row or a field: its place, the cell that answers, its words, and the words of its label."""

    place: Range
    cell: Range
    words: Words
    label: Words


def row_follow_up(fragment: str, last: Turn, document: Document) -> Row | None:
    """The row of the same table as the answer of ``last``, if the fragment names exactly one."""
    assert last.where is not None
    offset = last.where[1]
    rows = _rows(document, offset, last.short)
    before = next((row for row in rows if row.place[0] <= offset < row.place[1]), None)
    return _named(fragment, last.question, before, rows) if before else None


def _named(fragment: str, question: str, before: Row, rows: Sequence[Row]) -> Row | None:
    """The row with all new words of the fragment and, among several, most of the words of ``before``."""
    new = stems(fragment) - stems(question)
    held = new.intersection(frozenset().union(*(row.words for row in rows)))
    unsaid = [word for word in words(fragment) if stems(word.text) & (new - held)]
    if not held or held <= before.words or not all(is_verb(word) for word in unsaid):
        return None
    named = [row for row in rows if row is not before and held <= row.words]
    named = [row for row in named if held <= row.label] or named
    kinds = frozenset(word for word in before.words if any(map(str.isalpha, word)))  # numbers are alike by chance
    shared = [len(row.words & kinds) for row in named]
    best = max(shared, default=0)
    return named[shared.index(best)] if shared.count(best) == 1 else None


def _rows(document: Document, offset: int, short: str) -> list[Row]:
    """The rows of the table at ``offset`` with a cell in the short answer's column, or the adjacent fields there.

    None if it is not known which cell is the short answer.
    """
    table = document.table_at(offset)
    if table is None:
        return _fields(document, offset)
    if not is_small(document, table):
        return []
    found = words_of(document, table, offset)
    columns = [cell.column for cell in found.filled(found.grid.row_at(offset)) if found.text(cell) == short]
    if len(columns) != 1:
        return []
    cells = [(row, cell) for row in found.rows if (cell := found.cell(row, columns[0])) and not found.is_blank(cell)]
    return [
        Row(found.grid.range_of(row), (cell.start, cell.end), found.row_words[row], found.label_words[row])
        for row, cell in cells
    ]


def _fields(document: Document, offset: int) -> list[Row]:
    """The adjacent fields at ``offset``, with nothing between them."""
    near = document.blocks_within(max(0, offset - _NEAR), offset + _NEAR)
    runs: list[list[Block]] = [[]]
    for block in sorted((block for block in near if block.kind == "field"), key=lambda block: block.start):
        if runs[-1] and document.text[runs[-1][-1].end : block.start].strip():
            runs.append([])
        runs[-1].append(block)
    beside = next((run for run in runs if any(field.start <= offset < field.end for field in run)), [])
    return [_field(document.text, field) for field in beside]


def _field(text: str, block: Block) -> Row:
    label, _, value = text[block.start : block.end].partition(":")
    cell = (block.end - len(value.lstrip()), block.end)
    return Row((block.start, block.end), cell, stems(f"{label} {value}"), stems(label))
