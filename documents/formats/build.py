"""Assembles a document's text from headings, paragraphs, items and rows, and records its structure."""

from __future__ import annotations

import re
import textwrap
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from documents.blocks import Block, Kind, Range, Table
from documents.document import Document, DocumentError, Page
from documents.formats import Heading, sections
from documents.formats.inline_code import placed
from documents.formats.table_layout import GridCell, code_of, lay_out, one_line, text_of
from documents.formats.table_structure import caption_rows, looks_like_header, structure, structure_of_rows
from documents.formats.typed import with_typed
from documents.normalise import normalise

__all__ = ["Builder", "GridCell", "looks_like_header", "structure_of_rows"]

Code = Sequence[Range]  # of a text that is given (``documents.formats.inline_code``)

_EMPTY = re.compile(r"\n{2,}")
_LEVELS = 6
_LONGEST_HEADING = 300  # characters; a longer "heading" becomes a paragraph
_MOST_INDENT = 8  # lists in lists that are shown by further space
_MOST_SPACE = 2 + 2 * _MOST_INDENT  # characters between a table and its caption
_NOTE_SIGNS = "*†‡#¹²³⁴⁵"  # with which a note to a cell begins
_MOST_TITLES = 3  # rows above a table that are its caption


@dataclass(slots=True)
class _Block:
    """A block that may get more text; ``start`` is -1 until it has some.

    A list or item is ``is_flat`` where the format does not say where it ends: at whatever is no further item. ``items``
    is the kind of the items that a list holds.
    """

    kind: Kind
    label: str
    is_flat: bool = False
    start: int = -1
    end: int = -1
    items: Kind | None = None

    @property
    def is_item(self) -> bool:
        return self.kind in ("item", "step")


class _Blocks:
    """The blocks of a document in the order in which they begin, and those of them that are open."""

    def __init__(self) -> None:
        self.all: list[_Block] = []
        self.open: list[_Block] = []  # the blocks that the next text belongs to, outermost first

    def begin(self, kind: Kind, label: str = "", *, is_flat: bool = False) -> _Block:
        """Begin a block in those that are open."""
        own = _Block(kind, label, is_flat)
        self.all.append(own)
        self.open.append(own)
        return own

    def end(self, depth: int, size: int) -> None:
        """End the blocks that are in ``depth`` blocks or more, where the text is ``size`` characters long."""
        while len(self.open) > depth:
            self.open.pop().end = size

    @property
    def first_flat(self) -> int:
        """How many of the open blocks are not lists and items that end at whatever is no item."""
        return next((number for number, own in enumerate(self.open) if own.is_flat), len(self.open))


class _Pages:
    """The pages that have text, and the one that is begun."""

    def __init__(self) -> None:
        self.all: list[Page] = []
        self._begun: tuple[int, int] | None = None  # its number, and where its text starts (-1: it has none so far)

    def begin(self, number: int, size: int) -> None:
        """End the page before, and begin page ``number``, where the text is ``size`` characters long."""
        self.end(size)
        self._begun = (number, -1)

    def text_at(self, size: int) -> None:
        """Text follows: a page that has none so far starts there."""
        if self._begun and self._begun[1] < 0:
            self._begun = (self._begun[0], size)

    def end(self, size: int) -> None:
        """End the page that is begun."""
        if self._begun and self._begun[1] >= 0:
            self.all.append(Page(*self._begun, size))
        self._begun = None


class Builder:
    """Collects a document's text block by block; each block is normalised, and so is the whole.

    Lists are given in one of two ways. Formats that say where lists and items begin and end nest ``block("list")`` and
    ``block("item", label)``. Formats of paragraphs that are items or not call ``item``; anything else ends the list.
    """

    def __init__(self, parser: str) -> None:
        self._parser = parser
        self._parts: list[str] = []
        self._size = 0
        self._headings: list[Heading] = []
        self._pages = _Pages()
        self._blocks = _Blocks()
        self._tables: list[Table] = []
        self._inline_code: list[Range] = []
        self._known: list[Range] = []  # text whose structure was given with it
        self._titles: set[int] = set()  # where the captions start that were given with their tables
        self._is_tight = False  # whether an item's first line came last
        self._in_fields = False  # whether a field came last

    def heading(self, text: str, level: int, code: Code = ()) -> None:
        """Add a heading; ``level`` 1 is the outermost."""
        title = one_line(text)
        if len(title) > _LONGEST_HEADING:
            self.paragraph(text, code=code)
        elif title:
            self.end_list()
            start, _ = self._add(title, given=text, code=code)
            self._headings.append(Heading(start, self._size, max(1, min(level, _LEVELS)), title))

    def paragraph(self, text: str, kind: Kind | None = None, label: str = "", *, code: Code = ()) -> Range | None:
        """Add a paragraph with its line breaks, or a block of that ``kind``; returns where it is, if it has text.

        A block of code keeps its indentation and its empty lines. ``code`` is the inline code in the text.
        """
        is_code, given = kind == "code", text
        text = textwrap.dedent(normalise(text)).strip("\n") if is_code else _without_empty_lines(text)
        if not text.strip():
            return None
        self.end_list()
        if kind:
            self._blocks.begin(kind, label)
        found = self._add(text, on_own_line=is_code, given=given, code=code)
        if kind:
            self._blocks.end(len(self._blocks.open) - 1, self._size)
        return found

    def item(self, text: str, label: str = "•", depth: int = 0, *, is_step: bool = False, code: Code = ()) -> None:
        """Add an item to the list before it, or to a new one.

        ``label`` is its number or sign as shown, ``depth`` the number of lists that its list is in, and ``is_step``
        says that the list is numbered. A list within an item follows the item.
        """
        given, text = text, _without_empty_lines(text)
        if not text:
            return
        kind: Kind = "step" if is_step else "item"
        place = min(self._blocks.first_flat + 2 * depth, len(self._blocks.open))  # of its list: by turns with items
        self._blocks.end(place + 1, self._size)
        if place < len(self._blocks.open) and self._blocks.open[place].items != kind:
            self._blocks.end(place, self._size)
        if place == len(self._blocks.open):
            self._blocks.begin("list", is_flat=True).items = kind
        self._blocks.begin(kind, one_line(label), is_flat=True)
        self._add(text, given=given, code=code)

    def more_of_item(self, text: str) -> None:
        """Add another paragraph to the last item; without a list, a paragraph."""
        text = _without_empty_lines(text)
        if text and len(self._blocks.open) > self._blocks.first_flat:
            self._add(text)
        else:
            self.paragraph(text)

    def end_list(self) -> None:
        """End the list of the items before: the next item begins another."""
        self._blocks.end(self._blocks.first_flat, self._size)

    def field(self, name: str, value: str) -> None:
        """Add a line of a name and its value."""
        name, value = one_line(name), one_line(value)
        if value:
            self.end_list()
            gap = "\n" if self._in_fields else "\n\n"
            self._blocks.begin("field", name)
            self._add(f"{name}: {value}" if name else value, gap)
            self._blocks.end(len(self._blocks.open) - 1, self._size)
            self._in_fields = True

    def rows(
        self,
        grid: Sequence[Sequence[str | GridCell]],
        *,
        heading: bool | None = None,
        caption: str = "",
        labels: int | None = None,
    ) -> None:
        """Add a table.

        ``heading`` says whether the first row holds column headings, ``labels`` how many first columns hold those of
        their rows (None: cells say so, or guess).

        Rows of a single cell above the others are its caption. A caption that is a block of its own, right before or
        behind the table, is found when the document is finished.
        """
        layout = lay_out(grid)
        if not layout.rows:
            return
        count = caption_rows(layout)
        titles = [self.paragraph(title, "caption") for title in (caption, *(row[0] for row in layout.rows[:count]))]
        above = [title for title in titles if title]
        self._titles.update(start for start, _ in above)
        layout = layout.below(count)
        self.end_list()
        start, end = self._add(text_of(layout), on_own_line=True)
        self._inline_code += code_of(layout, start)
        title = (above[-_MOST_TITLES:][0][0], above[-1][1]) if above else None
        self._tables.append(structure(layout, start, end, heading=heading, labels=labels, caption=title))

    def caption_behind(self, text: str) -> None:
        """Add the caption of the last table."""
        found = self.paragraph(text, "caption")
        if found and self._tables and not self._tables[-1].caption:
            self._tables[-1] = replace(self._tables[-1], caption=found)
            self._titles.add(found[0])

    def structured(self, text: str, blocks: Sequence[Block] = (), tables: Sequence[Table] = ()) -> None:
        """Add normalised text whose blocks and tables, as ranges of it, are known already."""
        if not text.strip():
            return
        self.end_list()
        start, end = self._add(text, on_own_line=True)
        self._known.append((start, end))
        self._blocks.all += [
            _Block(block.kind, block.label, start=start + block.start, end=start + block.end) for block in blocks
        ]
        self._tables += [_moved(table, start) for table in tables]

    @contextmanager
    def block(self, kind: Kind, label: str = "") -> Iterator[None]:
        """All that is added within is one block of that kind; the text of an item begins with its ``label``."""
        self.end_list()
        depth = len(self._blocks.open)
        self._blocks.begin(kind, one_line(label))
        yield
        self._blocks.end(depth, self._size)

    def page(self, number: int) -> None:
        """Begin page ``number``."""
        self._pages.begin(number, self._size)

    def document(self, name: str, title: str = "") -> Document:
        """The finished document; raises DocumentError, naming ``name``, where there is no text."""
        self._blocks.end(0, self._size)
        self._pages.end(self._size)
        if not self._parts:
            raise DocumentError(f"{name}: the file holds no text")
        text = "".join(self._parts)
        given = [Block(own.kind, own.start, own.end, own.label) for own in self._blocks.all if own.start >= 0]
        headings = ((heading.start, heading.end) for heading in self._headings)
        pages = ((page.end, page.end) for page in self._pages.all)
        blocks, tables = with_typed(text, given, self._tables, (*self._known, *headings, *pages))
        captions = [own for own in blocks if own.kind == "caption" and own.start not in self._titles]
        return Document(
            text,
            one_line(title)[:_LONGEST_HEADING],
            sections(self._headings, self._size),
            tuple(self._pages.all),
            self._parser,
            blocks,
            _with_captions(text, captions, tables),
            inline_code=tuple(self._inline_code),
        )

    def _add(self, text: str, gap: str = "\n\n", on_own_line: bool = False, given: str = "", code: Code = ()) -> Range:
        """Append text, with the given one's code, and return where it is; items that begin with it get their labels."""
        lists = [own for own in self._blocks.open if own.kind == "list"]
        begun = [own for own in self._blocks.open if own.start < 0]
        items = sum(own.is_item for own in begun)
        if items and self._is_tight and lists[0].start >= 0:
            gap = "\n"
        self._is_tight = items > 0 and not on_own_line
        self._in_fields = False
        indent = "" if on_own_line else "  " * min(len(lists) - items, _MOST_INDENT)
        self._write((gap if self._parts else "") + indent)
        self._pages.text_at(self._size)
        for own in begun:
            own.start = self._size
            if own.is_item and own.label:
                self._write(own.label + ("\n" if on_own_line else " "))
        start = self._size
        self._write(text)
        self._inline_code += placed(code, given, text, start)
        return start, self._size

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._size += len(text)


def _without_empty_lines(text: str) -> str:
    return _EMPTY.sub("\n", normalise(text)).strip()


def _moved(table: Table, offset: int) -> Table:
    """The table, ``offset`` characters further on."""
    caption = table.caption and (table.caption[0] + offset, table.caption[1] + offset)
    return replace(table, start=table.start + offset, end=table.end + offset, caption=caption)


def _with_captions(text: str, captions: Sequence[Block], tables: Sequence[Table]) -> tuple[Table, ...]:
    """The tables with the captions that stand right before them or, where there is no table, right behind them."""
    found = list(tables)
    for caption in captions:
        below = bisect_left(tables, caption.end, key=lambda table: table.start)
        above = bisect_right(tables, caption.start, key=lambda table: table.end) - 1
        for number in (below, above):
            is_note = number == above and text[caption.start] in _NOTE_SIGNS
            if (
                0 <= number < len(found)
                and not (found[number].caption or is_note)
                and _is_beside(text, caption, found[number])
            ):
                found[number] = replace(found[number], caption=(caption.start, caption.end))
                break
    return tuple(found)


def _is_beside(text: str, caption: Block, table: Table) -> bool:
    """Whether only a little space is between the two."""
    start, end = min(caption.end, table.end), max(caption.start, table.start)
    return end - start <= _MOST_SPACE and text[start:end].isspace()
