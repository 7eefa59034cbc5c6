"""Markdown: headings become sections, and the text keeps its markup, so that offsets are exact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from documents.blocks import Block, in_order
from documents.captions import with_captions
from documents.document import Document
from documents.formats import Heading, sections
from documents.formats.markdown_blocks import BOLD, read_blocks

PARSER = "markdown/4"

_LEVELS = 6
_ATX = re.compile(r"(#{1,6})(?![^ \t])")
_CLOSE = re.compile(r"^(?:---|\.\.\.)$", re.MULTILINE)
_FRONT_FIELD = re.compile(r"^(?P<name>[\w-]{1,60}):[ ]+(?P<value>\S.*)$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\s+\"[^\"]*\")?\)|\[[^\[\]]*\])")
_EMPHASIS = re.compile(r"(?<!\\)(?:\*+|~~|`+|(?<!\w)_++|(?<!_)_++(?!\w))")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def parse(text: str) -> Document:
    """The document of normalised Markdown; its title is that of the front matter, else the only outermost heading."""
    fields, body, title = _front_matter(text)
    found = read_blocks(text, body)
    headings = list(_headings(text, found.headings))
    if not title and headings:
        level = min(heading.level for heading in headings)
        outermost = [heading.title for heading in headings if heading.level == level]
        title = outermost[0] if len(outermost) == 1 else ""
    blocks, tables = with_captions(text, body, in_order([*fields, *found.blocks]), found.tables)
    return Document(text, title, sections(headings, len(text)), (), PARSER, in_order(blocks), tuple(tables))


def _front_matter(text: str) -> tuple[list[Block], int, str]:
    """The fields of the front matter, where the text after it begins, and the title in it ("": none)."""
    is_begun = text.startswith("---\n") and text[4:5] != "\n"  # else it is a rule
    close = _CLOSE.search(text, 4) if is_begun else None
    if close is None:
        return [], 0, ""
    title, fields = "", list[Block]()
    for line in _FRONT_FIELD.finditer(text, 4, close.start()):
        fields.append(Block("field", *line.span(), line["name"]))
        if line["name"].lower() == "title" and not title:
            title = line["value"].strip("\"'").strip()
    return fields, close.end(), title


def _headings(text: str, places: Sequence[tuple[int, int, str]]) -> Iterator[Heading]:
    """The headings; lines in bold are below the last one that is marked as one."""
    level = 0
    for start, end, sign in places:
        if sign == BOLD:
            yield Heading(start, end, min(level + 1, _LEVELS), plain(text[start:end]))
        elif heading := _heading(text, start, end, sign):
            level = heading.level
            yield heading


def _heading(text: str, start: int, end: int, sign: str) -> Heading | None:
    """The heading at ``text[start:end]``; None where it is empty, or several lines that are not meant as one."""
    if sign == "#":
        atx = _ATX.match(text, start, end)
        title = plain(_without_closing(text[start:end].lstrip("#").strip(" \t")))
        return Heading(start, end, len(atx[1]), title) if atx and title else None
    lines = text[start:end].split("\n")
    title = plain(lines[0])
    if len(lines) != 2 or lines[0].startswith("|") or not title:
        return None
    return Heading(start, end, 1 if sign == "=" else 2, title)


def _without_closing(title: str) -> str:
    """A heading's text without the closing number signs."""
    bare = title.rstrip("#")
    return bare.rstrip(" \t") if bare[-1:] in ("", " ", "\t") else title


def plain(markup: str) -> str:
    """A line of Markdown without its inline markup."""
    return _ESCAPE.sub(r"\1", _EMPHASIS.sub("", _LINK.sub(r"\1", markup))).strip()
