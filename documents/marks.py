"""Inline marks of Markdown, which people also write in mails and notes: where they are, so that they are not read.

Models that have learned from prose take ``_does not_`` and ``**Yes**`` for something else than "does not" and "Yes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.blocks import Range

_SIGNS = frozenset("*_~`[")
# Emphasis and code begin and end at a character, outside words and within a paragraph. A link shows what it leads to;
# that of a mail or a call says whom it reaches.
_MARKED = re.compile(
    r"!?\[(?P<shown>[^\[\]]{1,300})\]\((?!mailto:|tel:)[^()\s]*\)"
    r"|(?<![\w\\*_~`])(?P<sign>\*{1,3}|_{1,3}|~~|`{1,2})(?=\S)(?P<said>(?:[^\n]|\n(?!\s*\n)){1,300}?)(?<=\S)(?P=sign)"
    r"(?![\w*_~`])"
)


def marks(text: str, start: int, end: int) -> list[Range]:
    """The marks in ``text[start:end]``, in order."""
    return sorted(mark for pair in _pairs(text, start, end) for mark in pair)


def balanced(text: str, start: int, end: int, within: Range) -> Range:
    """``text[start:end]`` with both marks or brackets of each pair or with none, as far as one lies at its edge.

    Code that begins in it is in it whole. Pairs are searched in ``within``.
    """
    for first, last in (*_brackets(text, *within), *reversed(list(_pairs(text, *within)))):
        opens, closes = start <= first[0] < end, start < last[1] <= end
        if opens and not closes:
            is_whole = last[0] <= end or text[first[0]] == "`"
            start, end = (start, last[1]) if is_whole else (first[1] if first[0] == start else start, end)
        elif closes and not opens:
            start, end = (first[0], end) if start <= first[1] else (start, last[0] if last[1] == end else end)
    return start, end


def _brackets(text: str, start: int, end: int) -> Iterator[tuple[Range, Range]]:
    """Each pair of round brackets in ``text[start:end]``, inner ones first."""
    opened = list[int]()
    for place in range(start, end):
        if text[place] == "(":
            opened.append(place)
        elif text[place] == ")" and opened:
            first = opened.pop()
            yield (first, first + 1), (place, place + 1)


def _pairs(text: str, start: int, end: int) -> Iterator[tuple[Range, Range]]:
    """What opens and closes each marked part of ``text[start:end]``, outer ones first."""
    if _SIGNS.isdisjoint(text[start:end]):
        return
    for found in _MARKED.finditer(text, start, end):
        first, last = found.span("said" if found["said"] else "shown")
        yield (found.start(), first), (last, found.end())
        if "`" not in (found["sign"] or ""):
            yield from _pairs(text, first, last)
