"""Lists, tables and fields that authors type by hand, in formats that have their own: recognised as in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from documents.blocks import Block, Range, Table
from documents.captions import with_captions
from documents.plain import structure


def with_typed(
    text: str, blocks: Sequence[Block], tables: Sequence[Table], taken: Iterable[Range]
) -> tuple[tuple[Block, ...], tuple[Table, ...]]:
    """Blocks and tables, those given and those of the text that is neither in these nor in the ranges ``taken``."""
    structured: list[Block | Table] = [*blocks, *tables]
    places = [*taken, *((own.start, own.end) for own in structured)]
    every, known = list(blocks), {table.start: table for table in tables}
    for start, end in _between(text, sorted(places)):
        found = structure(text, start, end)
        own, table = list(found.blocks), known.get(end)
        if table and not table.caption:
            own, (known[end],) = with_captions(text, start, own, [table])
        every += own
        known.update((typed.start, typed) for typed in found.tables)
    # Of blocks of the same range the first is the outermost, so their order is kept.
    return (
        tuple(sorted(every, key=lambda block: (block.start, -block.end))),
        tuple(sorted(known.values(), key=lambda table: table.start)),
    )


def _between(text: str, places: Sequence[Range]) -> Iterator[Range]:
    """The ranges between the sorted places, where there is text."""
    position = 0
    for start, end in (*places, (len(text), len(text))):
        if position < start and not text[position:start].isspace():
            yield position, start
        position = max(position, end)
