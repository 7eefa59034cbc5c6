"""The types that every later stage slices: Source, Document, Section, Page, Chunk.

Offsets are Unicode code points of ``Document.text``, the *normalised* text (``documents.normalise``).
Nothing here copies text: a chunk, and later a citation, is a pair of offsets into its document, so
``document.text[start:end]`` is always exactly what was read.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from documents.errors import RefdeskError

# Characters of a title, and of all titles that stand before a chunk: each chunk is embedded with them.
MAX_TITLE = 500
MAX_CONTEXT = 2000


class DocumentError(RefdeskError):
    """A file that cannot be read as a document. The message is one line: what is wrong and what to do."""


def printable(path: PurePath | str) -> str:
    """The path as it can stand in a message of one line."""
    return "".join(char if char.isprintable() else "?" for char in str(path))


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text it governs: ``text[start:end]`` runs from the heading to the next section.

    ``start <= heading_start < heading_end <= end``; ``title`` is the heading without its markup.
    Sections are in text order and do not overlap; nesting is told by ``level`` (1 is the outermost).
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
    """One page, slide or sheet: ``text[start:end]`` is what stands on it."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PageImage:
    """Page ``number`` as a PNG of ``width`` by ``height`` pixels.

    ``boxes`` (left, top, right, bottom) in it hold the words asked for.
    """

    number: int
    png: bytes
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Content, identified by the SHA-256 of its normalised text. Where it came from is a ``Source``."""

    text: str
    title: str = ""
    sections: tuple[Section, ...] = ()
    pages: tuple[Page, ...] = ()
    parser: str = "text/1"
    id: str = field(init=False, compare=True)
    _outer: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.text.encode("utf-8")).hexdigest()
        object.__setattr__(self, "id", f"sha256:{digest}")
        object.__setattr__(self, "title", self.title[:MAX_TITLE])
        object.__setattr__(self, "_outer", _outer(self.sections))

    def section_path(self, offset: int) -> tuple[str, ...]:
        """Titles of the sections that hold ``offset``, outermost first (empty before the first heading)."""
        path: list[str] = []
        number = bisect_right(self.sections, offset, key=lambda section: section.start) - 1
        while number >= 0:
            path.append(self.sections[number].title)
            number = self._outer[number]
        return tuple(reversed(path))

    def page_at(self, offset: int) -> int | None:
        """Number of the page that holds ``offset``, or None where the format has no pages."""
        number = bisect_right(self.pages, offset, key=lambda page: page.start) - 1
        return self.pages[number].number if number >= 0 and offset < self.pages[number].end else None


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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from: a path or an upload, in a collection, seen by its owner (None: all).

    ``modified`` is its date in seconds since 1970, where one is known: a mail's own, else the file's. ``metadata`` are
    further fields that the file tells of it.
    """

    path: str
    document_id: str
    collection: str = "default"
    owner: str | None = None
    modified: float | None = field(default=None, compare=False)
    metadata: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """The last part of the path, which is what people call the file."""
        return self.path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an index needs of a document beside itself: all that costs more the longer its text is.

    ``chunks`` are offsets, ``language`` is a code of two letters, ``sketch`` the bytes of ``documents.sketch``.
    """

    chunks: tuple[tuple[int, int], ...]
    language: str
    sketch: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file, or the one-line reason why it could not be read.

    ``name`` is its place within the file, as a relative path ("" for the file itself): of an archive the member's.
    ``prepared`` is there where that was asked for (``documents.prepare``).
    """

    name: str
    document: Document | None
    reason: str = ""
    modified: float | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    prepared: Prepared | None = None

    def below(self, member: str) -> Part:
        """This part of a file that is itself the part ``member`` of another."""
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
    def context(self) -> str:
        """Title and section path, one line: embedded with the chunk, never cited with it.

        Before rows of a table only the innermost section: they say their headings themselves, which a path would hide.
        """
        path = self.document.section_path(self.start)
        titles = [self.document.title, *(path[-1:] if self.document.text.startswith("|", self.start) else path)]
        return " › ".join(dict.fromkeys(title for title in titles if title))[:MAX_CONTEXT]
