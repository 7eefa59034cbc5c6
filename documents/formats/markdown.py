"""Markdown: headings become sections; the text keeps its markup, so that offsets are exact."""

from __future__ import annotations

import re

from documents.document import Document
from documents.formats import Heading, sections

PARSER = "markdown/1"

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?![^ \t])")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*\Z")
_NOT_SETEXT = re.compile(r" {0,3}(?:[-*+>|]|\d{1,9}[.)]\s|#{1,6}(?:\s|\Z))|(?: {4}|\t)")
_TITLE = re.compile(r"title:\s*(.+?)\s*\Z", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\s+\"[^\"]*\")?\)|\[[^\[\]]*\])")
_EMPHASIS = re.compile(r"(?<!\\)(?:\*+|~~|`+|(?<!\w)_++|(?<!_)_++(?!\w))")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def parse(text: str) -> Document:
    """The document of normalised Markdown; its title is that of the front matter, else the only outermost heading."""
    body, title = _front_matter(text)
    headings = _headings(text, body)
    if not title and headings:
        level = min(heading.level for heading in headings)
        outermost = [heading.title for heading in headings if heading.level == level]
        title = outermost[0] if len(outermost) == 1 else ""
    return Document(text, title, sections(headings, len(text)), parser=PARSER)


def _front_matter(text: str) -> tuple[int, str]:
    """Where the text after the front matter begins, and the title in the front matter ("": none)."""
    if not text.startswith("---\n"):
        return 0, ""
    close = re.compile(r"^(?:---|\.\.\.)$", re.MULTILINE).search(text, 4)
    if close is None:
        return 0, ""
    for line in text[4 : close.start()].split("\n"):
        found = _TITLE.match(line)
        if found:
            return close.end(), found[1].strip("\"'").strip()
    return close.end(), ""


def _headings(text: str, start: int) -> list[Heading]:
    found: list[Heading] = []
    fence = ""
    paragraph: tuple[int, int] | None = None  # the previous line, if it may be a setext heading
    lines_before = 0
    position = start
    for line in text[start:].split("\n"):
        end = position + len(line)
        mark = _FENCE.match(line)
        if fence or mark:
            if not fence:
                fence = mark[1] if mark else ""
            elif mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
            paragraph, lines_before = None, 0
        elif heading := _heading(text, line, position, end, paragraph):
            found.append(heading)
            paragraph, lines_before = None, 0
        else:
            lines_before = lines_before + 1 if line.strip() else 0
            plain = lines_before == 1 and not _NOT_SETEXT.match(line)
            paragraph = (position, end) if plain else None
        position = end + 1
    return found


def _heading(text: str, line: str, start: int, end: int, before: tuple[int, int] | None) -> Heading | None:
    """The heading that ``line`` is, or whose underline it is; ``before`` is the span of the line above."""
    atx = _ATX.match(line)
    if atx:
        title = plain(_without_closing(line[atx.end() :].strip(" \t")))
        return Heading(_first(text, start), end, len(atx[1]), title) if title else None
    underline = _SETEXT.match(line)
    if underline and before:
        title = plain(text[before[0] : before[1]])
        level = 1 if underline[1][0] == "=" else 2
        return Heading(_first(text, before[0]), end, level, title) if title else None
    return None


def _without_closing(title: str) -> str:
    """A heading's text without the closing number signs."""
    bare = title.rstrip("#")
    return bare.rstrip(" \t") if bare[-1:] in ("", " ", "\t") else title


def _first(text: str, start: int) -> int:
    while text[start] == " ":
        start += 1
    return start


def plain(markup: str) -> str:
    """A line of Markdown without its inline markup."""
    return _ESCAPE.sub(r"\1", _EMPHASIS.sub("", _LINK.sub(r"\1", markup))).strip()
