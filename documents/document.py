"""The types that every later stage works on: Source, Document, Section, Page, Chunk (``documents.blocks`` has more).

Offsets count Unicode code points of ``Document.text``, the *normalised* text (``documents.normalise``). A chunk, and
later a citation, holds no text of its own but a pair of offsets into its document, so ``document.text[start:end]`` is
always exactly what was read.
"""

from __future__ import annotations

import hashlib
import hmac
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal

from documents.blocks import Block, Range, Table
from documents.errors import RefdeskError
from documents.linearise import Linearised, linearise
from documents.outline import lead_in

# Characters of one title, and of all titles together that are embedded with a chunk.
MAX_TITLE = 500
MAX_CONTEXT = 2000


class DocumentError(RefdeskError):
    """A file that cannot be read as a document. The message is one line: what is wrong and what to do."""


def printable(path: PurePath | str) -> str:
    """The path without line breaks and other unprintable characters, for one-line messages."""
    return "".join(char if char.isprintable() else "?" for char in str(path))


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text below it: ``text[start:end]`` runs from the heading to the next section.

    ``text[start:heading_end]`` is the heading, and ``title`` is it without markup. Sections are in text order and do
    not overlap; ``level`` gives their nesting (1 is the outermost).
    """

    title: str
    level: int
    start: int
    heading_end: int
    end: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title[:MAX_TITLE])


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet: ``text[start:end]`` is its text."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PageImage:
    """Page ``number`` as a PNG of ``width`` by ``height`` pixels.

    ``boxes`` (left, top, right, bottom; in pixels) enclose the words of the quotation.
    """

    number: int
    png: bytes
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document's content, identified by the SHA-256 of its text. Where it came from is a ``Source``.

    One that a visitor brought is the ``owner``'s own ("": everyone's), and keyed by that: the same text of somebody
    else is another document, so that nothing of one tells that there is the other.

    ``inline_code`` are the ranges within paragraphs, headings and cells that the format calls code, in order. Markdown
    has none of them: there the signs around code are part of the text.
    """

    text: str
    title: str = ""
    sections: tuple[Section, ...] = ()
    pages: tuple[Page, ...] = ()
    parser: str = "text/1"
    blocks: tuple[Block, ...] = ()
    tables: tuple[Table, ...] = ()
    owner: str = ""
    inline_code: tuple[Range, ...] = ()
    id: str = field(init=False, compare=True)
    _outer: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _outer_blocks: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        text = self.text.encode("utf-8")
        digest = hmac.digest(self.owner.encode(), text, "sha256") if self.owner else hashlib.sha256(text).digest()
        object.__setattr__(self, "id", f"sha256:{digest.hex()}")
        object.__setattr__(self, "title", self.title[:MAX_TITLE])
        object.__setattr__(self, "_outer", _outer(self.sections))
        object.__setattr__(self, "_outer_blocks", _outer_blocks(self.blocks))

    def __hash__(self) -> int:
        return hash(self.id)

    def section_path(self, offset: int) -> tuple[str, ...]:
        """Titles of the sections that hold ``offset``, outermost first (empty before the first heading)."""
        path: list[str] = []
        number = self._section_at(offset)
        while number >= 0:
            path.append(self.sections[number].title)
            number = self._outer[number]
        return tuple(reversed(path))

    def in_heading(self, start: int, end: int) -> bool:
        """Whether a heading holds all of ``text[start:end]``."""
        number = self._section_at(start)
        return number >= 0 and end <= self.sections[number].heading_end

    def heading_words(self, section: Section) -> Range:
        """Where the words of the section's heading are, without its markup."""
        at = self.text.find(section.title, section.start, section.heading_end)
        return (at, at + len(section.title)) if at >= 0 and section.title else (section.start, section.heading_end)

    def _section_at(self, offset: int) -> int:
        """The number of the last section that begins at or before ``offset``; -1 before the first."""
        return bisect_right(self.sections, offset, key=lambda section: section.start) - 1

    def page_at(self, offset: int) -> int | None:
        """Number of the page that holds ``offset``, or None where the format has no pages."""
        number = bisect_right(self.pages, offset, key=lambda page: page.start) - 1
        return self.pages[number].number if number >= 0 and offset < self.pages[number].end else None

    def blocks_at(self, offset: int) -> list[Block]:
        """The blocks that hold ``offset``, outermost first."""
        number = bisect_right(self.blocks, offset, key=lambda block: block.start) - 1
        found: list[Block] = []
        while number >= 0:
            if offset < self.blocks[number].end:
                found.append(self.blocks[number])
            number = self._outer_blocks[number]
        return found[::-1]

    def blocks_within(self, start: int, end: int) -> tuple[Block, ...]:
        """The blocks from ``start`` to ``end``, in their order."""
        first = bisect_left(self.blocks, start, key=lambda block: block.start)
        last = bisect_left(self.blocks, end, key=lambda block: block.start)
        return tuple(block for block in self.blocks[first:last] if block.end <= end)

    def inline_code_within(self, start: int, end: int) -> tuple[Range, ...]:
        """The inline code that has characters from ``start`` to ``end``."""
        first = bisect_right(self.inline_code, start, key=lambda own: own[1])
        return self.inline_code[first : bisect_left(self.inline_code, end, key=lambda own: own[0])]

    def blocks_behind(self, end: int) -> list[Block]:
        """The blocks that begin at the first character from ``end`` on that is no white space."""
        after = end
        while after < len(self.text) and self.text[after].isspace():
            after += 1
        return [block for block in self.blocks_at(after) if block.start == after]

    def table_at(self, offset: int) -> Table | None:
        """The table that holds ``offset``, or None."""
        number = bisect_right(self.tables, offset, key=lambda table: table.start) - 1
        return self.tables[number] if number >= 0 and offset < self.tables[number].end else None


def _outer(sections: tuple[Section, ...]) -> tuple[int, ...]:
    """For each section, the number of the one that holds it (-1: none)."""
    open_ones: list[int] = []
    outer: list[int] = []
    for number, section in enumerate(sections):
        while open_ones and sections[open_ones[-1]].level >= section.level:
            open_ones.pop()
        outer.append(open_ones[-1] if open_ones else -1)
        open_ones.append(number)
    return tuple(outer)


def _outer_blocks(blocks: tuple[Block, ...]) -> tuple[int, ...]:
    """For each block, the number of the one that holds it (-1: none)."""
    open_ones: list[int] = []
    outer: list[int] = []
    for number, block in enumerate(blocks):
        while open_ones and blocks[open_ones[-1]].end <= block.start:
            open_ones.pop()
        outer.append(open_ones[-1] if open_ones else -1)
        open_ones.append(number)
    return tuple(outer)


DatedBy = Literal["", "metadata", "title", "file name", "heading", "text", "mail"]


@dataclass(frozen=True, slots=True)
class Edition:
    """Which edition of a work a document says it is; a field is "" where it does not say.

    - ``date``: as precise as it is given, in ISO 8601: "2025", "2025-05", "2025-05-12"; a period is "2024/2025";
    - ``dated_by``: what gives the date (``documents.edition`` has the order of trust);
    - ``version``: "3.1.0", "B";
    - ``name``, ``title``: the file's name without suffix, and the title, each without date and version. Editions of
      one work share one of them. The title is given only where it has a date or version.
    """

    date: str = ""
    dated_by: DatedBy = ""
    version: str = ""
    name: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from: a path or an upload, in a collection, visible to its owner (None: to everyone).

    ``modified`` is when the file was changed, in seconds since 1970, or None; of a mail, its date. ``metadata`` holds
    further fields found in the file. ``family`` is the key that a stored source shares with other editions of its work
    and with near-duplicates (``index.families``).
    """

    path: str
    document_id: str
    collection: str = "default"
    owner: str | None = None
    modified: float | None = field(default=None, compare=False)
    metadata: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    edition: Edition = field(default=Edition(), compare=False)
    family: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """The last part of the path: the file's name."""
        return self.path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]

    @property
    def date(self) -> str:
        """The document's date, as precise as it gives it ("2025", "2025-05-12"); "" where it gives none."""
        return self.edition.date

    @property
    def dated_by(self) -> DatedBy:
        """What gives the date: "text", "title", "file name" …"""
        return self.edition.dated_by

    @property
    def version(self) -> str:
        """The document's version, such as "3.1.0"; "" where it gives none."""
        return self.edition.version


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an index stores beside the document itself, computed where the file is read (``documents.prepare``).

    ``chunks`` are pairs of offsets, ``language`` is a two-letter code, ``sketch`` the bytes of ``documents.sketch``,
    ``edition`` the date and version that the document gives.
    """

    chunks: tuple[tuple[int, int], ...]
    language: str
    sketch: bytes
    edition: Edition = Edition()


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file, or the one-line reason why it could not be read.

    ``name`` is its place within the file as a relative path, such as the name of an archive's member; "" is the file
    itself. ``prepared`` is set where the caller asked for it (``documents.prepare``).
    """

    name: str
    document: Document | None
    reason: str = ""
    modified: float | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    prepared: Prepared | None = None

    def below(self, member: str) -> Part:
        """This part, renamed for a file that is itself the part ``member`` of another file."""
        return replace(self, name=f"{member}/{self.name}" if self.name else member)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one section: the unit that is embedded and retrieved."""

    document: Document
    start: int
    end: int

    @property
    def text(self) -> str:
        """Exactly the document's characters from ``start`` to ``end``."""
        return self.document.text[self.start : self.end]

    @property
    def linearised(self) -> Linearised:
        """The text as models read it: rows of tables with their headings (``documents.linearise``)."""
        return linearise(self.document.text, self.document.tables, self.start, self.end)

    @property
    def context(self) -> str:
        """What the text is to be read under, in one line: embedded with the chunk, never part of a citation.

        That is the title, the path of the section and, where the chunk begins within a list or table, what introduces
        it. Rows of a table get the innermost section only: a long path would outweigh the headings of the rows.
        """
        return self.context_below(self.document.title)

    def context_below(self, title: str) -> str:
        """``context``, were this the document's title."""
        document = self.document
        path = document.section_path(self.start)
        titles = [title, *(path[-1:] if document.table_at(self.start) else path), self._introduction]
        return " › ".join(dict.fromkeys(filter(None, titles)))[:MAX_CONTEXT]

    @property
    def _introduction(self) -> str:
        """The lead-in of the list, or the caption of the table, that the chunk begins in; "" where it has it itself."""
        document = self.document
        table = document.table_at(self.start)
        lists = [block for block in document.blocks_at(self.start) if block.kind == "list"]
        found = (table.caption or lead_in(document.text, table.start)) if table else None
        if lists and not found:
            found = lead_in(document.text, lists[0].start)
        if found is None or (self.start <= found[0] and found[1] <= self.end):
            return ""
        return " ".join(document.text[slice(*found)].split())[:MAX_TITLE]
