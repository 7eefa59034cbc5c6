"""Documents with one table or list each, for the tests of what is read and computed from them."""

from __future__ import annotations

from collections.abc import Sequence

from documents.document import Chunk, Document, Source
from documents.formats.build import Builder
from index.passage import Passage


def table(*rows: str, heading: str = "", caption: str = "", headed: bool = True) -> Document:
    """A document of a table whose cells are parted by "|", below a heading."""
    builder = Builder("test/1")
    builder.heading(heading, 1)
    builder.rows([[cell.strip() for cell in row.split("|")] for row in rows], heading=headed, caption=caption)
    return builder.document("a table")


def listed(*items: str, heading: str = "", lead_in: str = "") -> Document:
    """A document of a list below a heading and a lead-in."""
    builder = Builder("test/1")
    builder.heading(heading, 1)
    builder.paragraph(lead_in)
    for item in items:
        builder.item(item)
    return builder.document("a list")


def passage(document: Document, name: str = "file.txt") -> Passage:
    """The whole document as a passage."""
    return Passage(Chunk(document, 0, len(document.text)), Source(f"/d/{name}", document.id), 5.0)


def row_start(document: Document, words: str) -> tuple[int, int]:
    """Where the line begins and ends that holds the words."""
    at = document.text.index(words)
    start = document.text.rfind("\n", 0, at) + 1
    end = document.text.find("\n", at)
    return start, end if end >= 0 else len(document.text)


def texts(document: Document, ranges: Sequence[tuple[int, int]]) -> list[str]:
    """The characters of the ranges."""
    return [document.text[start:end] for start, end in ranges]
