"""The structure of a document as ranges of its text: lists and their items, tables, quotations, code and so on.

``Document.blocks`` and ``Document.tables`` hold what a format says or its layout shows. Headings are sections, and
text in no block is paragraphs: ``documents.outline`` puts all of it into one sequence, with the rows and cells of
tables (``documents.grid``), which are read from the table's own text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

Range = tuple[int, int]  # start and end (exclusive), as offsets into a text


def overlap(one: Range, other: Range) -> bool:
    """Whether the ranges have a character in common."""
    return one[0] < other[1] and other[0] < one[1]


Kind = Literal["list", "item", "step", "caption", "code", "quotation", "field", "turn", "header"]
KINDS: frozenset[str] = frozenset(get_args(Kind))

_ORDER = {"list": 1, "item": 2, "step": 2}  # of blocks of the same range

MAX_LABEL = 100  # characters
MAX_COLUMNS = 1_000  # of a table
# Blocks and tables of a document, merged cells and groups of rows included: no book has so many.
MAX_BLOCKS = 500_000


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` of a document, of one kind:

    - ``list``: items or steps one after another, and lists within them;
    - ``item``, ``step``: an entry of a list; a step is an entry of a numbered list. ``label`` is its number or sign as
      shown ("2.", "b)", "•"), with which its range begins;
    - ``caption``: the title or the notes of a table or figure;
    - ``code``: ``label`` is its language, where that is known;
    - ``quotation``: words of others, such as the quoted lines of a mail;
    - ``field``: a line of a name and its value; ``label`` is the name;
    - ``turn``: what one speaker says; ``label`` is the speaker;
    - ``header``: the fields at the top of a message.
    """

    kind: Kind
    start: int
    end: int
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label[:MAX_LABEL])


@dataclass(frozen=True, slots=True)
class Merged:
    """A cell that spans ``rows`` rows and ``columns`` columns; its text is in the first row and column of these."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Rows up to ``last`` (inclusive) that the label of row ``row``, above them, is a heading of."""

    row: int
    last: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: each line of ``text[start:end]`` is a row, in which a "|" stands on both sides of each cell.

    Where ``columns`` are given, cells are apart by spaces instead: these are the places in a line, counted from 0, at
    which the columns begin. Where ``places`` are given, rows and cells are where the markup of the text has them: for
    each row its own range and then those of its cells, counted from the table's start.

    Rows and columns are counted from 0. The text holds only what the table's own cells hold; the rest is structure:

    - ``headings``: the rows that hold the headings of the columns below them;
    - ``labels``: how many first columns hold the headings of their rows;
    - ``caption``: the range of its title, which lies before or behind it;
    - ``merged``: the cells that span several rows or columns;
    - ``groups``: the runs of rows below a common heading.
    """

    start: int
    end: int
    headings: tuple[int, ...] = ()
    labels: int = 0
    caption: Range | None = None
    merged: tuple[Merged, ...] = ()
    groups: tuple[Group, ...] = ()
    columns: tuple[int, ...] = ()
    places: tuple[tuple[Range, ...], ...] = ()

    def __hash__(self) -> int:
        return hash((self.start, self.end))  # a table is looked up for each of its rows


class StructureError(ValueError):
    """Blocks, tables or code that cannot be those of the text."""


def structure_size(blocks: Sequence[Block], tables: Sequence[Table]) -> int:
    """How many blocks, tables, merged cells and groups of rows there are."""
    return len(blocks) + sum(
        1 + len(table.merged) + len(table.groups) + len(table.columns) + sum(map(len, table.places)) for table in tables
    )


def in_order(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks in the order that a Document has them: outer ones first, a list before an item of the same range."""
    return tuple(sorted(blocks, key=lambda block: (block.start, -block.end, _ORDER.get(block.kind, 0))))


def outermost(blocks: Iterable[Block]) -> list[Range]:
    """The ranges of the blocks that are in no other; ``blocks`` are in order."""
    found = list[Range]()
    for block in blocks:
        if not found or block.start >= found[-1][1]:
            found.append((block.start, block.end))
    return found


def check_structure(
    text: str, blocks: Sequence[Block], tables: Sequence[Table], inline_code: Sequence[Range] = ()
) -> None:
    """
    Raises:
        StructureError: a range is empty, outside the text or out of order, two of them cross, a label or a row is not
            there, or there are more than ``MAX_BLOCKS``.
    """
    if structure_size(blocks, tables) + len(inline_code) > MAX_BLOCKS:
        raise StructureError(f"more than {MAX_BLOCKS:,} blocks")
    edges = [0, *(edge for own in inline_code for edge in own), len(text)]
    if edges != sorted(edges) or any(start == end for start, end in inline_code):
        raise StructureError("code out of order")
    for block in blocks:
        _check_block(text, block)
    for table in tables:
        _check_table(text, table)
    order = [(block.start, -block.end) for block in blocks]
    if order != sorted(order):
        raise StructureError("blocks out of order")
    if any(before.end > after.start for before, after in pairwise(tables)):
        raise StructureError("tables that overlap")
    _check_nesting([*((block.start, block.end) for block in blocks), *((table.start, table.end) for table in tables)])


def _check_block(text: str, block: Block) -> None:
    if block.kind not in KINDS or not 0 <= block.start < block.end <= len(text):
        raise StructureError("a block that is none")
    if block.kind in ("item", "step") and not text.startswith(block.label, block.start, block.end):
        raise StructureError("an item without its label")


def _check_table(text: str, table: Table) -> None:
    if not 0 <= table.start < table.end <= len(text):
        raise StructureError("a table that is none")
    rows = len(table.places) or text.count("\n", table.start, table.end) + 1
    _check_places(table)
    numbers = [-1, *table.headings, rows]
    if any(before >= after for before, after in pairwise(numbers)) or table.labels < 0:
        raise StructureError("headings that are not in the table")
    if len(table.columns) > MAX_COLUMNS or any(one >= other for one, other in pairwise((-1, *table.columns))):
        raise StructureError("columns out of order")
    if table.caption and not 0 <= table.caption[0] < table.caption[1] <= len(text):
        raise StructureError("a caption that is none")
    for cell in table.merged:
        if min(cell.row, cell.column) < 0 or min(cell.rows, cell.columns) < 1 or cell.row + cell.rows > rows:
            raise StructureError("a merged cell that is not in the table")
    starts = [group.row for group in table.groups]
    if starts != sorted(starts) or any(not 0 <= group.row < group.last < rows for group in table.groups):
        raise StructureError("a group of rows that are not in the table")


def _check_places(table: Table) -> None:
    """Rows are in order within the table, and cells within their row."""
    last = 0
    for row, *cells in table.places:
        numbers = [last, row[0], *(number for cell in cells for number in cell), row[1], table.end - table.start]
        if any(before > after for before, after in pairwise(numbers)) or row[0] == row[1]:
            raise StructureError("rows or cells out of order")
        last = row[1]


def _check_nesting(ranges: Sequence[Range]) -> None:
    open_ends: list[int] = []
    for start, end in sorted(ranges, key=lambda found: (found[0], -found[1])):
        while open_ends and open_ends[-1] <= start:
            open_ends.pop()
        if open_ends and end > open_ends[-1]:
            raise StructureError("blocks that cross")
        open_ends.append(end)
