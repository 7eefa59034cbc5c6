"""The amounts of two sentences or rows that can be compared: those of one column, or what the reader marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from documents.blocks import Range
from documents.grid import Cell, grid_of
from qa.cell_units import cell_text, unit_of
from qa.check.claims.quantities import quantities
from qa.read.compute.relation import Relation, relation_of
from qa.read.evidence import Evidence
from qa.read.tables.words import Words, stems
from qa.understand.sides import Side


class Contrast(NamedTuple):
    """How two amounts relate, and where the amounts stand in both documents."""

    relation: Relation
    one: Range
    other: Range


def contrast(question: str, sides: tuple[Side, Side], one: Evidence, other: Evidence) -> Contrast | None:
    """How the amounts relate that both sides give; None where it is not certain which amounts are meant."""
    in_tables = [own.passage.chunk.document.table_at(own.start) is not None for own in (one, other)]
    if all(in_tables):
        columns = list(_in_rows(question, sides, one, other))
        named = [own for own, heading in columns if stems(heading) & stems(question)]
        return _only_one(named or [own for own, _ in columns], one, other)
    if any(in_tables):
        return None
    words = stems(question)
    pairs = ((first, second) for first in _amounts(one, words) for second in _amounts(other, words))
    found = (_contrast(question, sides, (one, first), (other, second)) for first, second in pairs)
    return next((own for own in found if own), None)


def _contrast(
    question: str, sides: tuple[Side, Side], one: tuple[Evidence, Range], other: tuple[Evidence, Range]
) -> Contrast | None:
    texts = (own.passage.chunk.document.text[slice(*place)] for own, place in (one, other))
    found = relation_of(question, sides, *texts)
    return Contrast(found, one[1], other[1]) if found else None


# --- in tables ---


def _in_rows(question: str, sides: tuple[Side, Side], one: Evidence, other: Evidence) -> Iterator[tuple[Contrast, str]]:
    """How the cells relate of each column in two rows or, in one row, on the two marked ones; with the heading."""
    first, second = _cells(one), _cells(other)
    if (one.start, one.end) == (other.start, other.end):
        pairs = [(a, b) for a in first for b in second if a != b and _is_in(a, one.span) and _is_in(b, other.span)]
    else:
        pairs = [(a, b) for a in first for b in second if _heading(one, a) == _heading(other, b) != ""]
    named = stems(f"{sides[0].name} {sides[1].name}")
    for a, b in pairs:
        texts = _text(one, a), _text(other, b)
        given = any(stems(text) <= named for text in texts)  # the question has it: it is no answer
        found = None if given else relation_of(question, sides, *texts, _heading(one, a))
        if found:
            yield Contrast(found, (a.start, a.end), (b.start, b.end)), _heading(one, a)


def _only_one(found: list[Contrast], one: Evidence, other: Evidence) -> Contrast | None:
    """The contrast that is the only one, or the only one whose cells the reader marked for both sides.

    Where all columns say the same, one of the cells is enough.
    """
    if len(found) > 1:
        marked = [(own, [_touch(own.one, one.span), _touch(own.other, other.span)]) for own in found]
        needed = any if len({own.relation.short for own in found}) == 1 else all
        found = [own for own, both in marked if needed(both)]
    return found[0] if len(found) == 1 else None


def _cells(own: Evidence) -> list[Cell]:
    """The filled cells of the row, without those that head it."""
    document = own.passage.chunk.document
    table = document.table_at(own.start)
    assert table is not None
    grid = grid_of(document.text, table)
    return [cell for cell in grid.cells(grid.row_at(own.start)) if not cell.is_empty and cell.column >= table.labels]


def _heading(own: Evidence, cell: Cell) -> str:
    """What is said above the cell, and its unit."""
    document = own.passage.chunk.document
    table = document.table_at(own.start)
    assert table is not None
    grid = grid_of(document.text, table)
    above = " ".join(cell_text(grid, heading) for heading in grid.column_headings(cell.row, cell.column))
    return f"{above} {unit_of(document, grid, cell)}".strip()


def _text(own: Evidence, cell: Cell) -> str:
    return own.passage.chunk.document.text[cell.start : cell.end]


def _is_in(cell: Cell, span: Range) -> bool:
    return _touch((cell.start, cell.end), span)


def _touch(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


# --- in sentences ---


def _amounts(own: Evidence, asked: Words) -> Iterator[Range]:
    """Where the sentence gives amounts: in the reader's span, then beside a word of the question ("port 8470")."""
    start, end = own.span
    yield start, end  # it may be one amount as a whole: "two working days"
    yield from _runs(own, start, end)
    for first, last in _runs(own, own.start, own.end):
        text = own.passage.chunk.document.text
        beside = re.findall(r"[^\W\d_]+\s*\Z", text[own.start : first]) + re.findall(
            r"\A\s*[^\W\d_]+", text[last : own.end]
        )
        if any(stems(word) & asked for word in beside):
            yield first, last


def _runs(own: Evidence, start: int, end: int) -> Iterator[Range]:
    """The amounts between two offsets, those without anything between them as one: "6 min 40 sec"."""
    text = own.passage.chunk.document.text
    run: Range | None = None
    for number in quantities(text[start:end]).numbers:
        first = start + number.start
        if text[max(0, first - 1) : first] in tuple("$€£¥₹"):
            first -= 1
        last = start + number.start + len(number.text)
        if run and not text[run[1] : first].strip():
            run = run[0], last
            continue
        if run:
            yield run
        run = first, last
    if run:
        yield run
