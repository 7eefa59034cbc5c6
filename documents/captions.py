"""Captions of tables in text: a line above one that numbers it, or that says in which unit its figures are."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from documents.blocks import Block, Range, Table, outermost
from documents.vocabulary import any_of

_CAPTION = re.compile(
    rf"[*_]{{0,2}}{any_of('table_number')}\s?\d+\b"
    rf"|[^\n()#][^\n()]*\([^\n()]*{any_of('units_of_a_table')}[^\n()]*\)[:.]?\Z",
    re.IGNORECASE,
)
_LONGEST = 200  # characters


def is_caption(line: str) -> bool:
    """Whether the line, above a table, is its caption rather than the heading of a section."""
    return bool(_CAPTION.match(line.strip()))


def with_captions(
    text: str, start: int, blocks: Sequence[Block], tables: Sequence[Table]
) -> tuple[list[Block], list[Table]]:
    """The blocks and tables of the text from ``start`` on, with the captions found; ``blocks`` are in order."""
    outer = outermost(blocks)
    captions = dict[Range, Table]()
    before = start
    for table in tables:
        place = _line_above(text, before, table.start)
        if place and _CAPTION.match(text, *place) and not _is_within(place, outer):
            captions[place] = table
        before = table.end
    named = {id(table): place for place, table in captions.items()}
    kept = [block for block in blocks if (block.start, block.end) not in captions]
    found = [replace(table, caption=named[id(table)]) if id(table) in named else table for table in tables]
    return [*kept, *(Block("caption", *place) for place in captions)], found


def _line_above(text: str, start: int, end: int) -> Range | None:
    """The paragraph of one line just above ``end``, if there is one behind ``start``."""
    near = text[max(start, end - _LONGEST) : end]
    bare = near.rstrip()
    if near.count("\n", len(bare)) not in (1, 2):
        return None
    stop = end - len(near) + len(bare)
    first = bare.rfind("\n") + 1
    if first == 0 and len(near) == _LONGEST:
        return None
    above = bare[:first].rstrip(" ")
    begin = end - len(near) + first
    begin += len(bare[first:]) - len(bare[first:].lstrip())
    return (begin, stop) if begin < stop and (not above or above.endswith("\n\n") or above == "\n") else None


def _is_within(place: Range, outer: Sequence[Range]) -> bool:
    """Whether the line is in a larger block."""
    number = bisect_right(outer, place[0], key=lambda own: own[0]) - 1
    return number >= 0 and place[0] < outer[number][1] and outer[number] != place
