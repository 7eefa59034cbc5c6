"""The comparable amounts of two sentences or rows: those in one column, or those that the reader marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from documents.blocks import Range
from documents.grid import Cell
from documents.words import word_set
from index.labels import label_of
from qa.answer.cell_units import cell_text, unit_of
from qa.check.claims.quantities import quantities
from qa.read.compute.measures import measure
from qa.read.compute.relation import PRICED, Relation, direction, measured_by, relation_of
from qa.read.evidence import Evidence
from qa.read.tables.words import Words, stems
from qa.understand.phrases import words
from qa.understand.sides import Side

_LONGEST = 5  # words of an amount
_AROUND = 3  # words on either side of a number
_MORE = word_set("more fewer less")


class Contrast(NamedTuple):
    """How two amounts relate, and where the amounts stand in both documents."""

    relation: Relation
    one: Range
    other: Range


def contrast(question: str, sides: tuple[Side, Side], one: Evidence, other: Evidence) -> Contrast | None:
    """How the amounts of both sides relate; None if it is not certain which amounts are meant."""
    in_tables = [evidence.table is not None for evidence in (one, other)]
    if all(in_tables):
        columns = list(_in_rows(question, sides, one, other))
        counted = _counted(question)
        if counted and not counted & _of_one_row(one, other):  # which has more of another thing, no column tells
            columns = [(pair, heading) for pair, heading in columns if counted & (stems(heading) | _kind(one, pair))]
        sized = [pair for pair, heading in columns if stems(heading) & measured_by(question)]
        named = sized or [pair for pair, heading in columns if stems(heading) & stems(question)]
        return _only_one(named or [pair for pair, _ in columns], one, other)
    if any(in_tables):
        return None
    asked = stems(question)
    pairs = ((first, second) for first in _amounts(one, asked) for second in _amounts(other, asked))
    found = (_contrast(question, sides, (one, first), (other, second)) for first, second in pairs)
    return next((pair for pair in found if pair), None)


def _contrast(
    question: str, sides: tuple[Side, Side], one: tuple[Evidence, Range], other: tuple[Evidence, Range]
) -> Contrast | None:
    texts = [evidence.document.text[slice(*place)] for evidence, place in (one, other)]
    are_bare = all(text.replace(",", "").isalnum() for text in texts)
    if are_bare and one[0].where != other[0].where and not _beside(*one) & _beside(*other):
        return None  # "ten working days" and "a child under 10" are no amounts of one thing
    found = relation_of(question, sides, *texts)
    return Contrast(found, one[1], other[1]) if found else None


def _beside(evidence: Evidence, place: Range) -> Words:
    """The words around a number, which tell what it measures."""
    text = evidence.document.text
    before, behind = text[evidence.start : place[0]].split(), text[place[1] : evidence.end].split()
    return stems(" ".join([*before[-_AROUND:], *behind[:_AROUND]]))


# --- in tables ---


def _counted(question: str) -> Words:
    """What "more" or "less" counts: "more people"; nothing for "more expensive"."""
    tokens = words(question)
    behind = next((tokens[number + 1 :] for number, word in enumerate(tokens) if word.lower in _MORE), [])
    return stems(" ".join(word.text for word in takewhile(lambda word: not word.function, behind))) - stems(
        " ".join(PRICED)
    )


def _of_one_row(one: Evidence, other: Evidence) -> Words:
    """What the row that both are in is about, by its heading and those above its table; nothing for two rows."""
    if one.row is None or one.where != other.where:
        return frozenset()
    return stems(f"{label_of(*one.row)} {one.passage.chunk.context}")


def _kind(evidence: Evidence, found: Contrast) -> Words:
    """The kind of the amounts compared, "time"."""
    amount = measure(_said(evidence, found.one))
    return stems(amount.kind) if amount else frozenset()


def _in_rows(question: str, sides: tuple[Side, Side], one: Evidence, other: Evidence) -> Iterator[tuple[Contrast, str]]:
    """How the cells of each column relate in two rows, or the two marked cells in one row; with their heading."""
    first, second = _cells(one), _cells(other)
    if (one.start, one.end) == (other.start, other.end):
        pairs = [(a, b) for a in first for b in second if a != b and _is_in(a, one.span) and _is_in(b, other.span)]
    else:
        pairs = [(a, b) for a in first for b in second if _are_of_one_column(one, a, other, b)]
    named = stems(f"{sides[0].name} {sides[1].name}")
    told = direction(question)
    for a, b in pairs:
        if any(stems(_text(evidence, cell)) <= named for evidence, cell in ((one, a), (other, b))):
            continue  # the question has it: it is no answer
        places = [((a.start, a.end), (b.start, b.end))]
        if told and told[1]:  # of "45 min, 2 kg" the amount of the kind asked for
            places += zip(_runs(one, a.start, a.end), _runs(other, b.start, b.end), strict=False)
        for first_place, second_place in places:
            texts = _said(one, first_place), _said(other, second_place)
            if found := relation_of(question, sides, *texts, _heading(one, a)):
                yield Contrast(found, first_place, second_place), _heading(one, a)
                break


def _are_of_one_column(one: Evidence, a: Cell, other: Evidence, b: Cell) -> bool:
    """Whether both cells have the same heading or, without headings, are in the same column."""
    heading = _heading(one, a)
    in_one_table = one.table == other.table and one.document.id == other.document.id
    return heading == _heading(other, b) and (heading != "" or (in_one_table and a.column == b.column))


def _only_one(found: list[Contrast], one: Evidence, other: Evidence) -> Contrast | None:
    """The only contrast, or the only one whose cells the reader marked on both sides; else None.

    If all columns give the same result, one marked cell is enough.
    """
    if len(found) > 1:
        marked = [(pair, [_touch(pair.one, one.span), _touch(pair.other, other.span)]) for pair in found]
        needed = any if len({pair.relation.short for pair in found}) == 1 else all
        found = [pair for pair, both in marked if needed(both)]
    return found[0] if len(found) == 1 else None


def _cells(evidence: Evidence) -> list[Cell]:
    """The filled cells of the row, without its headings."""
    assert evidence.row is not None
    grid, row = evidence.row
    return [cell for cell in grid.cells(row) if not cell.is_empty and cell.column >= grid.table.labels]


def _heading(evidence: Evidence, cell: Cell) -> str:
    """The headings of the cell's column, and its unit."""
    assert evidence.row is not None
    grid, _ = evidence.row
    above = " ".join(cell_text(grid, heading) for heading in grid.column_headings(cell.row, cell.column))
    return f"{above} {unit_of(evidence.document, grid, cell)}".strip()


def _text(evidence: Evidence, cell: Cell) -> str:
    return _said(evidence, (cell.start, cell.end))


def _said(evidence: Evidence, place: Range) -> str:
    return evidence.document.text[slice(*place)]


def _is_in(cell: Cell, span: Range) -> bool:
    return _touch((cell.start, cell.end), span)


def _touch(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


# --- in sentences ---


def _amounts(evidence: Evidence, asked: Words) -> Iterator[Range]:
    """The places of amounts: in the reader's span, then next to a word of the question ("port 8470")."""
    start, end = evidence.span
    if len(evidence.answer.split()) <= _LONGEST:
        yield start, end  # it may be one amount as a whole: "two working days"
    yield from _runs(evidence, start, end)
    for first, last in _runs(evidence, evidence.start, evidence.end):
        text = evidence.document.text
        beside = re.findall(r"[^\W\d_]+\s*\Z", text[evidence.start : first]) + re.findall(
            r"\A\s*[^\W\d_]+", text[last : evidence.end]
        )
        if any(stems(word) & asked for word in beside):
            yield first, last


def _runs(evidence: Evidence, start: int, end: int) -> Iterator[Range]:
    """The amounts between two offsets, adjacent ones joined: "6 min 40 sec"."""
    text = evidence.document.text
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
