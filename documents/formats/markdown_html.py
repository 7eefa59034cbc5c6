"""Tables and lists that are written as HTML within Markdown, as ranges of the text, which keeps its tags."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple

from documents.blocks import Block, Kind, Range, Table
from documents.formats.table_layout import GridCell, lay_out
from documents.formats.table_structure import structure

_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>table|caption|thead|tbody|tfoot|tr|t[dh]|[uo]l|d[ltd]|li|pre|script|style)"
    r"(?P<attributes>(?:\s[^<>]{0,1000})?)>|<!--",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?(\d{1,4})", re.IGNORECASE)
_BARE = re.compile(r"(?:\s|&nbsp;|<[^<>]*+>)*+")  # without words
_WRAPPED = re.compile(
    r"<(?P<tag>p|div|span|b|strong|i|em|u|a|code|small|center|font)(?:\s[^<>]*)?>(?P<inner>.*)</(?P=tag)\s*>",
    re.IGNORECASE | re.DOTALL,
)
_MOST_WRAPPERS = 8  # of one cell or item
_UNREAD = frozenset({"pre", "script", "style"})
_LISTS: dict[str, Kind] = {"ul": "item", "ol": "step", "dl": "item"}
_MOST_SPAN = 100
_DEEPEST = 32  # tables and lists in each other


class Html(NamedTuple):
    """``text[start:end]``, which is HTML; ``within`` is where the item begins that it is in (-1: in none)."""

    start: int
    end: int
    within: int


class _Tag(NamedTuple):
    name: str
    is_end: bool
    start: int
    end: int
    attributes: str


@dataclass(slots=True)
class _Row:
    start: int
    end: int = -1  # -1: it may get more cells
    cells: list[GridCell] = field(default_factory=list)
    places: list[Range] = field(default_factory=list)


@dataclass(slots=True)
class _Element:
    """A table or a list that is not at its end.

    The content of the cell, caption or item at hand begins at ``inner`` (-1: there is none), after the tag ``part``.
    """

    name: str
    start: int
    inner: int = -1
    part: _Tag | None = None
    stop: int = -1  # where the last term or definition ends
    is_head: bool = False
    rows: list[_Row] = field(default_factory=list)
    caption: Range | None = None
    items: list[Block] = field(default_factory=list)


def read_html(
    text: str, parts: Sequence[Html], headings: Iterable[int], tables: Iterable[Table]
) -> tuple[list[Block], list[Table]]:
    """The lists and captions, and the tables, of the HTML in a Markdown text; ``tables`` are those of Markdown itself.

    An element may go on in further parts, with Markdown between them. One that holds a heading or, if it is a table,
    another table only arranges the page.
    """
    readers = dict[int, _Reader]()
    for part in parts:
        reader = readers.setdefault(part.within, _Reader(text))
        for tag in reader.tags(part.start, part.end):
            reader.read(tag)
    lists = [own for reader in readers.values() for own in reader.lists]
    found = [table for reader in readers.values() for table in reader.tables]
    heads = sorted(headings)
    inner = sorted([*heads, *(table.start for table in (*found, *tables))])
    kept = sorted((own for own in found if not _holds(own, inner)), key=lambda own: own.start)
    captions = [Block("caption", *own.caption) for own in kept if own.caption]
    return [*captions, *(block for own in lists if not _holds(own[0], heads) for block in own)], kept


def _holds(own: Block | Table, starts: Sequence[int]) -> bool:
    """Whether one of the sorted starts is within, beyond where it begins itself."""
    return bisect_right(starts, own.start) < bisect_right(starts, own.end - 1)


def outside(blocks: Iterable[Block], tables: Sequence[Table]) -> Iterator[Block]:
    """The blocks that are not in the cells of these tables, which are in order; their captions are kept."""
    for block in blocks:
        place = bisect_right(tables, block.start, key=lambda own: own.start) - 1
        if place < 0 or block.start >= tables[place].end or (block.start, block.end) == tables[place].caption:
            yield block


class _Reader:
    """Makes tables and lists of tags."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[_Element] = []  # outermost first
        self._unread = ""  # the element whose tags are not read
        self.lists: list[list[Block]] = []  # each list, then its items
        self.tables: list[Table] = []

    def tags(self, start: int, end: int) -> Iterator[_Tag]:
        """The tags of tables and lists in ``text[start:end]``, without those in comments, code and scripts."""
        while start < end and (found := _TAG.search(self._text, start, end)):
            start = found.end()
            if not found["name"]:
                closed = self._text.find("-->", start, end)
                start = end if closed < 0 else closed
                continue
            name, is_end = found["name"].lower(), bool(found["close"])
            if self._unread:
                self._unread = "" if is_end and name == self._unread else self._unread
            elif name in _UNREAD:
                self._unread = "" if is_end else name
            else:
                yield _Tag(name, is_end, *found.span(), found["attributes"])

    def read(self, tag: _Tag) -> None:
        """Read the next tag."""
        if tag.name == "table" or tag.name in _LISTS:
            if tag.is_end:
                self._close(tag)
            elif len(self._open) < _DEEPEST:
                self._open.append(_Element(tag.name, tag.start))
        elif self._open and self._open[-1].name == "table":
            self._in_table(self._open[-1], tag)
        elif self._open:
            self._in_list(self._open[-1], tag)

    def _close(self, tag: _Tag) -> None:
        """Close the innermost element of that name, and those in it that have no end; a list ends no table."""
        place = len(self._open) - 1
        while place >= 0 and self._open[place].name != tag.name:
            if tag.name != "table" and self._open[place].name == "table":
                return
            place -= 1
        if place < 0:
            return
        own = self._open[place]
        del self._open[place:]
        if own.name == "table":
            self._end_row(own, tag.start, tag.start)
            self._add_table(own, tag.end)
        else:
            self._end_item(own, tag.start)
            if own.items:
                self.lists.append([Block("list", own.start, tag.end), *own.items])

    def _in_list(self, own: _Element, tag: _Tag) -> None:
        if own.name == "dl" and tag.name in ("dt", "dd"):
            begins = own.inner < 0 or (tag.name == "dt" and own.part is not None and own.part.name == "dd")
            if not tag.is_end and begins:
                self._end_item(own, own.stop)
                own.inner = tag.end
            own.part, own.stop = tag, tag.start if tag.is_end else own.stop
        elif own.name != "dl" and tag.name == "li":
            self._end_item(own, tag.start)
            own.inner = -1 if tag.is_end else tag.end

    def _end_item(self, own: _Element, end: int) -> None:
        if own.inner >= 0:
            end = own.stop if own.inner < own.stop else end
            start, stop = self._inner_range(own.inner, end)
            if start < stop:
                own.items.append(Block(_LISTS[own.name], start, stop))
        own.inner = -1

    def _in_table(self, own: _Element, tag: _Tag) -> None:
        if tag.name in ("thead", "tbody", "tfoot", "tr"):
            self._end_row(own, tag.start, tag.end if tag.is_end and tag.name == "tr" else tag.start)
            if tag.name != "tr":
                own.is_head = tag.name == "thead" and not tag.is_end
            elif not tag.is_end:
                own.rows.append(_Row(tag.start))
        elif tag.name in ("td", "th", "caption"):
            self._end_cell(own, tag.start)
            if not tag.is_end:
                own.inner, own.part = tag.end, tag

    def _end_row(self, own: _Element, cells_end: int, end: int) -> None:
        self._end_cell(own, cells_end)
        if own.rows and own.rows[-1].end < 0:
            row = own.rows[-1]
            row.end = row.start + len(self._text[row.start : end].rstrip())

    def _end_cell(self, own: _Element, end: int) -> None:
        """Keep the cell or caption at hand, which ends before ``end``."""
        tag, begin, own.inner = own.part, own.inner, -1
        if begin < 0 or tag is None:
            return
        place = self._inner_range(begin, end)
        if tag.name == "caption":
            own.caption = place if place[0] < place[1] and not own.rows else own.caption
        elif own.rows and own.rows[-1].end < 0:
            spans = {kind.lower(): max(1, int(size)) for kind, size in _SPAN.findall(tag.attributes)}
            columns = min(spans.get("col", 1), _MOST_SPAN)
            is_heading = own.is_head or tag.name == "th"
            own.rows[-1].cells.append(GridCell(self._text[slice(*place)], columns, spans.get("row", 1), is_heading))
            own.rows[-1].places.append(place)

    def _inner_range(self, start: int, end: int) -> Range:
        """The content of an element without the space and the tags that are around all of it."""
        if _BARE.fullmatch(self._text, start, end):
            return end, end
        for _ in range(_MOST_WRAPPERS):
            own = self._text[start:end]
            start, end = start + len(own) - len(own.lstrip()), end - len(own) + len(own.rstrip())
            found = _WRAPPED.fullmatch(self._text, start, end)
            if not found or f"</{found['tag']}".lower() in found["inner"].lower():
                break
            start, end = found.span("inner")
        return start, end

    def _add_table(self, own: _Element, end: int) -> None:
        places = [place for row in own.rows for place in row.places]
        layout = lay_out([row.cells for row in own.rows])
        if len(places) < 2 or not layout.rows:
            return
        # Laid out once more with numbers for texts, the cells tell which column each of them is in.
        number = count()
        named = [[(cell, str(next(number))) for cell in row.cells] for row in own.rows]
        numbered = lay_out([[cell._replace(text=name if cell.text else "") for cell, name in row] for row in named])
        filled = [row for row in own.rows if any(cell.text for cell in row.cells)]
        table = structure(layout, own.start, end, caption=own.caption)
        rows = zip(filled, numbered.rows, strict=True)
        found = tuple(
            _placed(own.start, row, [places[int(name)] if name else None for name in names]) for row, names in rows
        )
        self.tables.append(replace(table, places=found))


def _placed(start: int, row: _Row, places: Sequence[Range | None]) -> tuple[Range, ...]:
    """The ranges of the row and its cells, from the start of the table; empty cells are behind those before them."""
    found, last = [(row.start - start, row.end - start)], row.start
    for place in places:
        first, last = place or (last, last)
        found.append((first - start, last - start))
    return tuple(found)
