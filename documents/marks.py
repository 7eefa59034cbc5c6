"""Inline marks of Markdown, which people also write in mails and notes: where they are, so that they are not read.

Models that have learned from prose take ``_does not_`` and ``**Yes**`` for something else than "does not" and "Yes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.blocks import Range

_SIGNS = frozenset("*_~`[")
# Emphasis and code begin and end at a character, outside words and within a paragraph; a link to another part of the
# document or to its neighbour has a target that says nothing.
_MARKED = re.compile(
    r"!?\[(?P<shown>[^\[\]]{1,300})\]\((?!\w+:)[^()\s]*\)"
    r"|(?<![\w\\*_~`])(?P<sign>\*{1,3}|_{1,3}|~~|`{1,2})(?=\S)(?P<said>(?:[^\n]|\n(?!\s*\n)){1,300}?)(?<=\S)(?P=sign)"
    r"(?![\w*_~`])"
)


def marks(text: str, start: int, end: int) -> Iterator[Range]:
    """The marks in ``text[start:end]``, in order."""
    if _SIGNS.isdisjoint(text[start:end]):
        return
    for found in _MARKED.finditer(text, start, end):
        first, last = found.span("said" if found["said"] else "shown")
        yield found.start(), first
        if found["sign"] is None or "`" not in found["sign"]:
            yield from marks(text, first, last)
        yield last, found.end()
