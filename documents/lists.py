"""Lists in plain text, recognised by layout: markers that count up or are bullets, nested by indentation or style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from documents.blocks import Block, Kind
from documents.lines import Line, Marker, Style, is_wrapped, marker_of

_DEEPEST = 16  # lists in lists
_DASHES = "-*+–—·"  # bullets that also stand within prose
_ENDS = (".", "!", "?", ":", ";", "…", "。", "！", "？", "：", "；")


@dataclass(slots=True)
class _Item:
    """An entry from its marker to ``end``; the lines up to ``lazy_end`` are its own if the list goes on below them.

    Those up to ``near_end``, above any blank line, are its own already if the list has more entries with such lines.
    """

    start: int
    end: int
    lazy_end: int
    near_end: int
    label: str


@dataclass(slots=True)
class _List:
    """A list that may get more items."""

    indent: int
    style: Style
    ordinal: int
    is_firm: bool  # whether it is a list even if it gets no second item
    items: list[_Item] = field(default_factory=list)
    is_lazy: bool = False  # whether items have lines that are not indented

    def takes(self, marker: Marker, indent: int) -> bool:
        """Whether the marker is that of the next item."""
        following = self.ordinal if self.style[0] == "bullet" else self.ordinal + 1
        return abs(indent - self.indent) <= 1 and (self.style, following) in marker.readings

    def add(self, item: _Item) -> None:
        if self.items:
            last = self.items[-1]
            self.is_lazy |= last.lazy_end > last.end
            last.end = max(last.end, last.lazy_end)
            self.ordinal += self.style[0] != "bullet"
        self.items.append(item)


class ListFinder:
    """Finds the lists among the lines of a text; ``blocks`` are lists and items, each list before its items."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[_List] = []  # outermost first
        self._before: Line | None = None  # the line before, if it is not blank
        self.blocks: list[Block] = []

    def read(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.is_blank:
                self._before = None
                continue
            marker = marker_of(self._text, line)
            if not (marker and self._add_item(line, marker)):
                self._add_text(line)
            self._before = line
        self.end()

    def end(self) -> None:
        """End all lists."""
        while self._open:
            self._close()
        self._before = None

    def _add_item(self, line: Line, marker: Marker) -> bool:
        """Add an entry to one of the open lists, or to a new one; returns whether the line is one."""
        item = _Item(line.start, line.end, line.end, line.end, self._text[line.start : marker.end])
        depth = next((n for n in range(len(self._open), 0, -1) if self._open[n - 1].takes(marker, line.indent)), 0)
        if depth:
            while len(self._open) > depth:
                self._close()
            self._open[-1].add(item)
            return True
        style, ordinal = marker.readings[0]
        if self._open and self._before and ordinal > 1 and style[0] != "path":
            return False  # a number within the text of an item
        self._close_for(line.indent, style, ordinal)
        if len(self._open) == _DEEPEST:
            return False
        firm = marker.is_bullet and self._is_firm(line, style[1])
        self._settle()
        self._open.append(_List(line.indent, style, ordinal, firm, [item]))
        return True

    def _close_for(self, indent: int, style: Style, ordinal: int) -> None:
        """Close the lists that a new one is not within: it is further right, or of another style that begins here."""
        while self._open:
            last = self._open[-1]
            if indent > last.indent + 1:
                return
            begins = self._before is not None and ordinal <= 1
            below = style[0] == "path" and style[1:] == (*last.style[1:], str(last.ordinal))
            first = style[0] == "path" and last.style[0] == "number" and style[1:] == (str(last.ordinal),)
            is_new = all(own.style != style for own in self._open)
            if abs(indent - last.indent) <= 1 and is_new and (begins or below or first):
                return
            self._close()

    def _is_firm(self, line: Line, sign: str) -> bool:
        """Whether a single bullet makes a list: a dash may as well begin a line of wrapped prose."""
        before = self._before
        if sign not in _DASHES or before is None or line.indent > before.indent:
            return True
        return self._text[before.start : before.end].endswith(_ENDS) or not is_wrapped(self._text, before, line)

    def _add_text(self, line: Line) -> None:
        """Add a line without a marker to the innermost entry that it may belong to, and end the lists below."""
        before = self._before
        if before is None:
            while self._open and self._open[-1].style[0] != "word" and line.indent < self._open[-1].indent + 2:
                self._close()
        else:
            while self._open and line.indent < self._open[-1].indent:
                self._close()
        if not self._open:
            return
        own, item = self._open[-1], self._open[-1].items[-1]
        certain = line.indent > own.indent or (before is not None and is_wrapped(self._text, before, line))
        if certain and item.lazy_end == item.end:
            item.end = line.end
        item.lazy_end = line.end
        if before is not None and before.end <= item.near_end:
            item.near_end = line.end

    def _settle(self) -> None:
        """What stands above a list within an entry is the entry's own."""
        for own in self._open[-1:]:
            own.is_lazy |= own.items[-1].lazy_end > own.items[-1].end
            own.items[-1].end = own.items[-1].lazy_end

    def _close(self) -> None:
        """End the innermost list, and keep it if it is one."""
        own = self._open.pop()
        last = own.items[-1]
        if own.is_lazy:
            last.end = max(last.end, last.near_end)
        if self._open:
            around = self._open[-1].items[-1]
            around.end = around.lazy_end = around.near_end = max(around.end, last.end)
        if len(own.items) < 2 and not own.is_firm:
            return
        kind: Kind = "item" if own.style[0] == "bullet" else "step"
        self.blocks.append(Block("list", own.items[0].start, last.end))
        self.blocks.extend(Block(kind, item.start, item.end, item.label) for item in own.items)
