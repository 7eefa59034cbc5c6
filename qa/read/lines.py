"""Evidence -> the list, procedure, table or code around it, for questions that ask for all of it."""

from __future__ import annotations

from dataclasses import dataclass

from documents.blocks import Block, Kind
from documents.document import Document
from documents.grid import grid_of
from documents.outline import lead_in
from qa.answer import AnswerType, Role

WHOLE: tuple[AnswerType, ...] = ("list", "steps")  # kinds of question that are answered by a whole list or table

# Items or rows that are said of one block. Of a longer list, the list within it that holds the evidence is said.
MOST = 24
# Characters of a list's longest item: longer ones are parts of a text, as in minutes, not of a list.
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a block that becomes a statement: from ``start`` to ``end`` of the document, and its role."""

    start: int
    end: int
    role: Role

    def holds(self, start: int, end: int) -> bool:
        """Whether the range is in it."""
        return self.start <= start and end <= self.end


def block_around(document: Document, start: int, end: int) -> list[Line]:
    """The lines of the list, table or code that a sentence is in or introduces, with its lead-in.

    Of lists in lists it is the outermost that has at most ``MOST`` items, none longer than ``LONGEST``; of a table its
    rows without the headings.
    None where the sentence belongs to no such block.
    """
    return _list_lines(document, start, end) or _table_lines(document, start) or _code_lines(document, start, end)


def _list_lines(document: Document, start: int, end: int) -> list[Line]:
    for block in _around(document, start, end, "list"):
        lines = _items(document, block)
        if len(lines) <= MOST and all(line.end - line.start <= LONGEST for line in lines):
            return [*_lead_in(document, block), *lines] if lines else []
    return []


def _code_lines(document: Document, start: int, end: int) -> list[Line]:
    """The code as a single line: a part of it would be useless."""
    for block in _around(document, start, end, "code"):
        if document.text.count("\n", block.start, block.end) <= MOST:
            return [*_lead_in(document, block), Line(block.start, block.end, "answer")]
    return []


def _around(document: Document, start: int, end: int, kind: Kind) -> list[Block]:
    """The blocks around the sentence, outermost first, else the one that it introduces."""
    return [block for block in document.blocks_at(start) if block.kind == kind] or _introduced(
        document, start, end, kind
    )


def _lead_in(document: Document, block: Block) -> list[Line]:
    introduction = lead_in(document.text, block.start)
    return [Line(*introduction, "lead-in")] if introduction else []


def _introduced(document: Document, start: int, end: int, kind: Kind) -> list[Block]:
    """The block after the sentence, if the sentence is its lead-in."""
    found = [block for block in document.blocks_behind(end) if block.kind == kind][:1]
    return [block for block in found if lead_in(document.text, block.start) == (start, end)]


def _items(document: Document, top: Block) -> list[Line]:
    """The items of a list and of the lists within it, each without its inner lists."""
    inside = [block for block in document.blocks_within(top.start, top.end) if block.kind in ("list", "item", "step")]
    lists = [block.start for block in inside if block.kind == "list"]
    lines: list[Line] = []
    for block in inside:
        if block.kind == "list":
            continue
        end = min((start for start in lists if block.start < start < block.end), default=block.end)
        end -= len(document.text[block.start : end]) - len(document.text[block.start : end].rstrip())
        lines.append(Line(block.start, end, "step" if block.kind == "step" else "item"))
    return lines


def _table_lines(document: Document, offset: int) -> list[Line]:
    table = document.table_at(offset)
    if table is None:
        return []
    grid = grid_of(document.text, table)
    rows = [row for row in range(len(grid)) if grid.is_data(row)] if len(grid) <= 2 * MOST else []
    return [Line(*grid.range_of(row), "row") for row in rows] if 0 < len(rows) <= MOST else []
