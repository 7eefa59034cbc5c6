"""The structure of plain text, recognised by layout, for whole files and for ranges of text such as a mail's body.

Quoted lines, tables and lists come first; in the paragraphs that are left, lines of a name and a value are fields, the
words of a speaker, or the header of a message. A range that is none of these is prose.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from documents.aligned import Found, aligned_table, pipe_table
from documents.blocks import Block, Range, Table, in_order, outermost
from documents.captions import with_captions
from documents.fields import find_fields
from documents.lines import Line, lines_of
from documents.lists import ListFinder

_QUOTE = re.compile(r">[ ]?")
_DEEPEST = 16  # quotations in quotations
# What a text with such a table has somewhere: looking for it at once takes no time, trying each line does.
_PIPED = re.compile(r"[|+]")
_SPACED = re.compile(r"[^\S\n]{2}")


class Structure(NamedTuple):
    """The blocks and tables of a text, each in order."""

    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]


def structure(text: str, start: int = 0, end: int | None = None) -> Structure:
    """The structure of ``text[start:end]``, which is whole lines; ranges are offsets into ``text``."""
    lines = lines_of(text, start, len(text) if end is None else end)
    blocks, tables = list[Block](), list[Table]()
    for is_quoted, run in groupby(lines, key=lambda line: text.startswith(">", line.start, line.end)):
        own = list(run)
        if is_quoted:
            blocks += _quotations(text, own)
        else:
            _add_structure(text, own, blocks, tables)
    blocks, tables = with_captions(text, start, in_order(blocks), tables)
    return Structure(in_order(blocks), tuple(tables))


def _add_structure(text: str, lines: Sequence[Line], blocks: list[Block], tables: list[Table]) -> None:
    """Add the structure of lines that are not quoted."""
    for own in _between_tables(text, lines, pipe_table, _PIPED, tables):
        finder = ListFinder(text)
        finder.read(own)
        blocks += finder.blocks
        listed = outermost(in_order(finder.blocks))
        for rest in _between_tables(text, _without(own, listed), aligned_table, _SPACED, tables):
            blocks += find_fields(text, rest)
    tables.sort(key=lambda table: table.start)


_FindTable = Callable[[str, Sequence[Line], int], Found]


def _between_tables(
    text: str, lines: Sequence[Line], find: _FindTable, sign: re.Pattern[str], tables: list[Table]
) -> Iterator[Sequence[Line]]:
    """The runs of lines between the tables that ``find`` finds, which are added to ``tables`` and have the ``sign``."""
    first = number = 0
    if lines and not sign.search(text, lines[0].start - lines[0].indent, lines[-1].end):
        number = len(lines)
    while number < len(lines):
        if lines[number].is_blank:
            number += 1
            continue
        found = find(text, lines, number)
        number = found.last
        if found.table:
            tables.append(found.table)
            yield lines[first : found.first]
            first = found.last
    yield lines[first:]


def _without(lines: Sequence[Line], ranges: Sequence[Range]) -> list[Line]:
    """The lines, with a blank one for each that is in one of the ranges."""
    starts, found = [start for start, _ in ranges], list[Line]()
    for line in lines:
        place = bisect_right(starts, line.start) - 1
        inside = place >= 0 and line.start < ranges[place][1]
        found.append(Line(line.start, line.start, 0) if inside else line)
    return found


def _quotations(text: str, lines: Sequence[Line]) -> Iterator[Block]:
    """The quotation that the lines are, and those in it, by the number of signs that they begin with."""
    open_ones = list[int]()  # where they begin
    end = lines[0].end
    for line in lines:
        signs = _signs(text, line)
        while len(open_ones) > len(signs):
            yield Block("quotation", open_ones.pop(), end)
        open_ones += signs[len(open_ones) :]
        end = line.end
    while open_ones:
        yield Block("quotation", open_ones.pop(), end)


def _signs(text: str, line: Line) -> list[int]:
    """Where the ">" are that the line begins with."""
    found, position = list[int](), line.start
    while len(found) < _DEEPEST and (sign := _QUOTE.match(text, position, line.end)):
        found.append(position)
        position = sign.end()
    return found
