"""Elements of pages -> a document: its text, with pages, sections, lists, tables and their captions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from statistics import median
from typing import NamedTuple

from documents.blocks import Group, Merged, Range, Table
from documents.document import Document, DocumentError, Page
from documents.formats import Heading, sections
from documents.formats.heading_line import MOST_LETTERS, is_heading_line
from documents.formats.pdf_elements import Element
from documents.formats.pdf_groups import Indented, continued, row_lefts, still_open
from documents.formats.pdf_lists import list_blocks

_LARGER = 1.15  # times the usual height of letters: headings are at least as large, or bold
_LEVELS = 6
_CAPTION_LINES = 3
_CAPTION_GAP = 1.5  # between a caption and its table, relative to the height of its letters
_ENTRIES = ("item", "step", "more")


class Placed(NamedTuple):
    """An element of a page and its offset in the document's text."""

    element: Element
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.element.text)


def document_of(pages: Sequence[list[Element]], name: str, title: str, parser: str) -> Document:
    """The document of these pages; where ``title`` is "", the title is the largest text on the first page."""
    placed, bounds, text = _put_together(pages)
    if not text:
        raise DocumentError(f"{name}: the file holds no text")
    headings = _headings(placed)
    return Document(
        text,
        title or _first_large(placed, bounds[0].end),
        sections(headings, len(text)),
        tuple(bounds),
        parser,
        tuple(list_blocks(placed)),
        tuple(_tables(placed, frozenset(heading.start for heading in headings))),
    )


def _put_together(pages: Sequence[list[Element]]) -> tuple[list[Placed], list[Page], str]:
    """The elements with their offsets, the pages, and the whole text."""
    placed: list[Placed] = []
    bounds: list[Page] = []
    parts: list[str] = []
    size = 0
    for number, page in enumerate(pages, start=1):
        start = size
        for element, place in place_elements(page):
            gap = ""
            if placed:
                before = placed[-1].element
                gap = "\n" if place == 0 and goes_on(before, element) else separator(before, element)
            if place == 0:
                start = size + len(gap)
            text = element.text
            if gap == " " and before.kind in _ENTRIES:
                element = replace(element, kind="more")
            parts += gap, text
            placed.append(Placed(element, size + len(gap)))
            size += len(gap) + len(text)
        if page:
            bounds.append(Page(number, start, size))
    return placed, bounds, "".join(parts)


def place_elements(page: Sequence[Element]) -> Iterator[Placed]:
    """A page's elements, each with its offset in the page's own text."""
    size = 0
    for before, element in pairwise([None, *page]):
        if element is None:
            continue
        size += len(separator(before, element)) if before else 0
        yield Placed(element, size)
        size += len(element.text)


def separator(before: Element, after: Element) -> str:
    """The text between two elements: a space where a paragraph continues on the next page."""
    if before.open_end and before.kind in ("paragraph", *_ENTRIES) and after.kind == "paragraph":
        return " " if after.text[0].islower() else "\n\n"
    in_list = before.kind in _ENTRIES and after.kind in _ENTRIES
    return "\n" if in_list or before.kind == after.kind == "field" else "\n\n"


def goes_on(before: Element, after: Element) -> bool:
    """Whether a table at the top of a page continues the last one of the page before.

    That is where it has as many columns in the same places, and repeats its headings or has none.
    """
    if not (before.table and after.table and before.table.headings):
        return False
    is_headed = bool(after.table.headings) and not after.guessed
    if is_headed and _headings_of(before) != _headings_of(after):
        return False
    pairs = list(zip(before.columns, after.columns, strict=False))
    return len(before.columns) == len(after.columns) and all(
        one[0] < other[1] and other[0] < one[1] for one, other in pairs
    )


def _headings_of(element: Element) -> list[str]:
    rows = element.text.split("\n")
    return list(dict.fromkeys(rows[number] for number in (element.table.headings if element.table else ())))


def _same_headings(before: Element, after: Element) -> bool:
    """Whether the first row of the one is a row of headings of the other."""
    rows, first = before.text.split("\n"), after.text.partition("\n")[0]
    return any(rows[number] == first for number in (before.table.headings if before.table else ()))


def _tables(placed: Sequence[Placed], headings: frozenset[int]) -> Iterator[Table]:
    """The tables with their captions; one that goes on over pages is one table."""
    run: list[Placed] = []
    caption: Range | None = None
    for number, each in enumerate(placed):
        if run and each.start > run[-1].end + 1:
            yield _joined(run, caption)
            run = []
        if each.element.table:
            caption = caption if run else _caption(placed, number, headings)
            run.append(each)
    if run:
        yield _joined(run, caption)


def _joined(run: Sequence[Placed], caption: Range | None) -> Table:
    """The table of these parts, which follow each other."""
    headings, cells, groups = list[int](), list[Merged](), list[Group]()
    rows = 0
    open_ones = list[Indented]()
    for place, each in enumerate(run):
        own = each.element.table
        if own is None:
            continue
        # What is guessed of a part without headings is its first row, unless that is the same as before.
        is_headed = not place or not each.element.guessed or _same_headings(run[0].element, each.element)
        headings += [rows + row for row in own.headings if is_headed]
        cells += [replace(cell, row=rows + cell.row) for cell in own.merged]
        groups += [Group(rows + group.row, rows + group.last) for group in own.groups]
        lefts = row_lefts(each.element)
        groups = continued(groups, open_ones, lefts, rows, frozenset(own.headings))
        open_ones = still_open(each.element, own, lefts, rows)
        rows += len(lefts)
    groups.sort(key=lambda group: (group.row, -group.last))
    labels = run[0].element.table.labels if run[0].element.table else 0
    return Table(run[0].start, run[-1].end, tuple(headings), labels, caption, tuple(cells), tuple(groups))


def _caption(placed: Sequence[Placed], number: int, headings: frozenset[int]) -> Range | None:
    """The short lines close above a table on its page that are not headings of sections, such as "(in millions)"."""
    table = placed[number].element
    first, below = number, table.top
    while first and number - first < _CAPTION_LINES:
        each = placed[first - 1]
        element = each.element
        gap = below - element.bottom
        is_title = element.kind == "paragraph" and len(element.text) <= MOST_LETTERS and element.text[-1] not in ".;:,"
        if each.start in headings or not is_title or not -element.height < gap < _CAPTION_GAP * element.height:
            break
        first, below = first - 1, element.top
    return (placed[first].start, placed[number - 1].end) if first < number else None


def _headings(placed: Sequence[Placed]) -> list[Heading]:
    """The headings: short paragraphs in larger or bolder letters than the text."""
    size = sum(len(each.element.text) for each in placed)
    heights = sorted((each.element.height, len(each.element.text)) for each in placed if each.element.height)
    seen = list(accumulate(letters for _, letters in heights))
    usual = heights[bisect_left(seen, seen[-1] / 2)][0] if heights else 0.0
    bold = sum(len(each.element.text) for each in placed if each.element.bold)
    chosen = [each for each in placed if _is_heading(each.element, usual, bold_tells=3 * bold < size)]
    styles = sorted({_style(each.element) for each in chosen}, reverse=True)
    if styles and sum(_style(each.element) == styles[0] for each in chosen) == 1:
        styles = [*styles[1:], styles[0]]  # a single largest line is a title: the rest is not nested below it
    level = {style: min(number, _LEVELS) for number, style in enumerate(styles, start=1)}
    return [Heading(each.start, each.end, level[_style(each.element)], each.element.text) for each in chosen]


def _is_heading(element: Element, usual: float, *, bold_tells: bool) -> bool:
    stands_out = element.height > _LARGER * usual or (bold_tells and element.bold)
    return element.kind == "paragraph" and stands_out and is_heading_line(element.text)


def _style(element: Element) -> tuple[float, bool, bool]:
    """The sort key of a heading's rank: larger letters first, then capitals, then bold."""
    return round(element.height * 2) / 2, element.text.isupper(), element.bold


def _first_large(placed: Sequence[Placed], end: int) -> str:
    """The text in the largest letters on the first page, where these stand out; else ""."""
    first = [each.element for each in placed if each.end <= end and each.element.kind == "paragraph"]
    if len(first) < 2:
        return ""
    largest = max(element.height for element in first)
    if largest < _LARGER * median(element.height for element in first):
        return ""
    title = next(element.text for element in first if element.height > 0.97 * largest)
    return title if len(title) <= MOST_LETTERS else ""
