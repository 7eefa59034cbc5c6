"""Pages of a PDF -> elements. A page's text depends only on that page and the two pages on either side.

So a single page can be read again later with the same result (``documents.pdf_page``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile

from documents.formats.pdf_beside import Top, beside
from documents.formats.pdf_cells import Row, row_of
from documents.formats.pdf_clear import word_tables
from documents.formats.pdf_elements import Element
from documents.formats.pdf_layout import Line, reading_order
from documents.formats.pdf_lists import listed
from documents.formats.pdf_paragraphs import bare, paragraphs
from documents.formats.pdf_rows import ruled_table, table
from documents.formats.pdf_ruled import ruled_tables
from documents.formats.pdf_rules import Rules
from documents.formats.pdf_tables import split_tables
from documents.formats.pdf_words import Word

NEIGHBOURS = 2  # pages on either side
_RUNNING_LINES = 4  # most running lines (headers or footers) at either end of a page
_ZONE = 0.14  # of the page's height, at either end, in which they lie
_GAP = 0.6  # gap between them and the text, relative to a line's height
_STOPS = ".!?。！？"
_NUMBERS = re.compile(r"\d+|\b[ivxlc]+\b")


class PageText:
    """A page's lines in reading order, the lines near its top and bottom, and the set of its words."""

    def __init__(self, words: Sequence[Word], height: float, rules: Rules | None = None) -> None:
        self.rules = rules.horizontal if rules else ()
        tables = list(ruled_tables(words, rules)) if rules else []
        inside = {id(word) for table in tables for word in table.words}
        self.lines = reading_order([word for word in words if id(word) not in inside], tables)
        self.words = frozenset(bare(word.text).lower() for word in words)
        self.beginning = Top.of(self.lines, height)
        edge = _ZONE * height
        top = takewhile(lambda line: line.bottom < edge, self.lines)
        bottom = takewhile(lambda line: line.top > height - edge, reversed(self.lines))
        self.top, self.bottom = [*top][:_RUNNING_LINES], [*bottom][:_RUNNING_LINES]


def elements(pages: Mapping[int, PageText], number: int) -> Iterator[Element]:
    """The elements of page ``number`` without its running lines (headers and footers).

    ``pages`` holds the page and its neighbours. The first occurrence of a running line is kept, but not between a
    sentence or table and its continuation on the page before or behind.
    """
    page = pages[number]
    others = [pages[near] for near in _near(number) if near in pages]

    def is_word(text: str) -> bool:
        return any(text.lower() in other.words for other in (page, *others))

    top, bottom = running_lines(pages, number)
    kept = page.lines[top : len(page.lines) - bottom]
    found = list(listed(list(_elements(kept, page, is_word))))
    first, last = _first_running(pages, number, top, bottom)
    above = _made_of(found, kept[:first])
    below = _made_of(found[:above:-1], kept[len(kept) - last :])
    body = found[above : len(found) - below]
    yield from _around(found[:above], body, found[len(found) - below :]) if body else found


def _made_of(elements: Sequence[Element], lines: Sequence[Line]) -> int:
    """How many of the first elements are made of these lines only."""
    words = {id(word) for line in lines for word in line.words}
    return sum(1 for _ in takewhile(lambda own: all(id(word) in words for word in own.words), elements))


def _first_running(pages: Mapping[int, PageText], number: int, top: int, bottom: int) -> tuple[int, int]:
    """How many of the lines that are left, at the top and at the bottom, the pages behind repeat.

    At the top of the first page they are before all else, as titles are.
    """
    page, behind = pages[number], [pages[near] for near in _near(number) if near > number and near in pages]
    first, last = _running(page, behind)
    left = len(page.lines) - top - bottom
    first, last = max(0, first - top) if number else 0, max(0, last - bottom)
    return (first, last) if first + last < left else (0, 0)  # else nothing is left for them to interrupt


def _around(head: Sequence[Element], body: Sequence[Element], foot: Sequence[Element]) -> Iterator[Element]:
    """The elements with the running lines where the body makes a pause, if it goes on over the page's edge."""
    pauses = [place for place in range(1, len(body)) if _is_pause(body[place - 1], body[place])]
    begins = bool(body[0].table) or (body[0].kind in ("paragraph", "more") and body[0].text[0].islower())
    above = pauses[0] if head and pauses and begins else 0
    below = pauses[-1] if foot and pauses and (body[-1].table or body[-1].open_end) else len(body)
    yield from (*body[:above], *head, *body[above:below], *foot, *body[below:])


def _is_pause(before: Element, after: Element) -> bool:
    """Whether a paragraph ends with a sentence, and what follows it is no table, whose lead-in it might be."""
    return before.kind == "paragraph" and not before.open_end and before.text[-1] in _STOPS and not after.table


def _elements(lines: Sequence[Line], page: PageText, is_word: Callable[[str], bool]) -> Iterator[Element]:
    for ruled, run in groupby(lines, key=lambda line: line.ruled):
        if ruled:
            yield ruled_table(ruled)
            continue
        for is_block, rows in beside([row_of(line) for line in run], page.beginning, with_fields=True):
            if is_block:
                yield from paragraphs([row.line for row in rows], is_word)
            else:
                yield from _with_tables(rows, page, is_word)


def _with_tables(rows: Sequence[Row], page: PageText, is_word: Callable[[str], bool]) -> Iterator[Element]:
    for is_table, own in split_tables(rows):
        if is_table:
            yield table(own, page.rules)
            continue
        for found, others in word_tables(own):
            if found:
                yield ruled_table(found, guess=False)
                continue
            for _, part in beside(others, page.beginning, with_fields=False):
                yield from paragraphs([row.line for row in part], is_word)


def running_lines(pages: Mapping[int, PageText], number: int) -> tuple[int, int]:
    """How many lines at the top and at the bottom of page ``number`` repeat lines of the pages just before it."""
    page, before = pages[number], [pages[near] for near in _near(number) if near < number and near in pages]
    top, bottom = _running(page, before)
    return top, min(bottom, len(page.lines) - top)


def _running(page: PageText, others: Sequence[PageText]) -> tuple[int, int]:
    """How many lines at the top and at the bottom of the page repeat lines of the others."""
    top = _repeated(page.top, [line for other in others for line in other.top])
    bottom = _repeated(page.bottom, [line for other in others for line in other.bottom])
    return _set_off(page.lines, top), _set_off(page.lines[::-1], bottom)


def _set_off(lines: Sequence[Line], count: int) -> int:
    """How many of the first ``count`` lines are running lines: the last of them must be followed by a gap."""
    while 0 < count < len(lines):
        line, following = lines[count - 1], lines[count]
        if max(following.top - line.bottom, line.top - following.bottom) > _GAP * line.height:
            break
        count -= 1
    return count


def _near(number: int) -> list[int]:
    return [near for near in range(number - NEIGHBOURS, number + NEIGHBOURS + 1) if near != number]


def _repeated(lines: Sequence[Line], others: Sequence[Line]) -> int:
    """How many leading ``lines`` recur in ``others`` at the same height, numbers aside."""
    known = [(_masked(other), other.top) for other in others]
    repeated = [
        any(text == _masked(line) and abs(top - line.top) < line.height / 2 for text, top in known) for line in lines
    ]
    return sum(1 for _ in takewhile(bool, repeated))


def _masked(line: Line) -> str:
    return _NUMBERS.sub("#", line.text.lower())
