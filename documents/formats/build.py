"""Assembles a document's text from headings, paragraphs and rows, and records its sections and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from documents.document import Document, DocumentError, Page
from documents.formats import Heading, sections
from documents.normalise import normalise

_LEVELS = 6
_LONGEST_HEADING = 300  # characters; a longer "heading" becomes a paragraph
_NUMBER = re.compile(r"[-+(]*[$€£¥]?\s?\d[\d.,\s%)]*\Z")


class Builder:
    """Collects a document's text block by block; each block is normalised, and so is the whole."""

    def __init__(self, parser: str) -> None:
        self._parser = parser
        self._parts: list[str] = []
        self._size = 0
        self._headings: list[Heading] = []
        self._pages: list[Page] = []
        self._page: tuple[int, int] | None = None  # its number, and how many parts preceded it
        self._page_start = 0

    def heading(self, text: str, level: int) -> None:
        """Add a heading; ``level`` 1 is the outermost."""
        title = " ".join(normalise(text).split())
        if len(title) > _LONGEST_HEADING:
            self.paragraph(text)
        elif title:
            start = self._add(title, "\n\n")
            self._headings.append(Heading(start, self._size, max(1, min(level, _LEVELS)), title))

    def paragraph(self, text: str) -> None:
        """Add a paragraph, with its line breaks."""
        text = re.sub(r"\n{2,}", "\n", normalise(text)).strip()
        if text:
            self._add(text, "\n\n")

    def line(self, text: str, *, first: bool = False) -> None:
        """Add a table row or list item as one line; ``first`` separates it from what precedes the table or list."""
        text = " ".join(normalise(text).split())
        if text:
            self._add(text, "\n\n" if first else "\n")

    def rows(self, grid: Sequence[Sequence[str]], *, heading: bool | None = None) -> None:
        """Add a table row by row; ``heading`` says whether the first row holds column headings (None: guess)."""
        rows = [row for row in grid if any(cell.strip() for cell in row)]
        while len(rows) > 1 and sum(bool(cell.strip()) for cell in rows[0]) == 1 < len(rows[1]):
            self.paragraph("".join(rows.pop(0)))  # a caption
        for number, row in enumerate(table(rows, heading=heading)):
            self.line(row, first=number == 0)

    def page(self, number: int) -> None:
        """Begin page ``number``."""
        self._end_page()
        self._page = (number, len(self._parts))

    def document(self, name: str, title: str = "") -> Document:
        """The finished document; raises DocumentError, naming ``name``, where there is no text."""
        self._end_page()
        if not self._parts:
            raise DocumentError(f"{name}: the file holds no text")
        title = " ".join(normalise(title).split())[:_LONGEST_HEADING]
        found = sections(self._headings, self._size)
        return Document("".join(self._parts), title, found, tuple(self._pages), self._parser)

    def _add(self, text: str, gap: str) -> int:
        """Append a block and return its offset."""
        gap = gap if self._parts else ""
        start = self._size + len(gap)
        if self._page and self._page[1] == len(self._parts):
            self._page_start = start
        self._parts += [gap, text]
        self._size = start + len(text)
        return start

    def _end_page(self) -> None:
        if self._page and len(self._parts) > self._page[1]:
            self._pages.append(Page(self._page[0], self._page_start, self._size))
        self._page = None


def table(grid: Sequence[Sequence[str]], *, heading: bool | None = None) -> Iterable[str]:
    """The rows of a table as lines ``| heading: value | heading: value |``, without empty cells."""
    cleaned = [[" ".join(cell.split()) for cell in row] for row in grid]
    rows = [row for row in cleaned if any(row)]
    begins = looks_like_header(rows) if heading is None or len(rows) < 2 else heading
    names = rows[0] if begins else []
    if begins:
        yield row_line(rows[0], [])
    for row in rows[1:] if begins else rows:
        yield row_line(row, names)


def row_line(cells: Sequence[str], names: Sequence[str]) -> str:
    """One row as a line; ``names`` are the column headings, "" or missing for columns without one."""
    said: list[str] = []
    for number, cell in enumerate(cells):
        name = names[number] if number < len(names) else ""
        if cell:
            said.append(f"{name.rstrip(':')}: {cell}" if name and name != cell else cell)
    return f"| {' | '.join(said)} |" if said else ""


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row looks like column headings: distinct words above a table of several columns."""
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return False
    first = [cell for cell in rows[0] if cell]
    below = rows[1]
    if len(first) < 2 or len(set(first)) < len(first) or len(first) < sum(map(bool, below)) - 1:
        return False
    return not any(_NUMBER.match(cell) and not re.fullmatch(r"(?:19|20)\d\d", cell) for cell in first) and (
        all(len(cell) <= 80 for cell in first)
    )
