"""Names and numbers as whole tokens: "Zarn5" is not "Zarn55", "15" no part of "1577", nor "240" of "1,240".

What carries a digit is compared to the last character, capitals, possessive endings and hyphens aside. Where a text
lacks what was asked for and has its *look-alike* (another number of the same series: "X1000" for "X100", "Section 41"
for "Section 4"), it speaks of another thing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from documents.unspaced import UNSPACED
from index.analyse import STOP_WORDS

# What belongs to a number between its digits.
WITHIN = r"(?<=\d)(?:\.(?=\d)|,(?=\d{3}(?!\d)))"
# A word or number of a script that is written with spaces.
_WHOLE = re.compile(rf"[^\W_{UNSPACED}][^\W_{UNSPACED}\u0300-\u036f]*(?:{WITHIN}[^\W_{UNSPACED}]+)*")
_JOINED = re.compile(rf"[^\W_]+(?:(?:[.’'&·-]|{WITHIN})[^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?\Z")
# Not between the digits of a number, unless a year follows, as in 12.05.2020.
_PARTS = re.compile(r"[^\w.,]+|(?<!\d)[.,]|[.,](?!\d)|\.(?=\d{4}\Z)")
_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile("[IVXLC]+")
# Of letters and digits; "20th" and "5km" are numbers.
_IDENTIFIER = re.compile(r"[^\W\d_].*\d|\d.*[A-Z]", re.DOTALL)


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with the whole of the words and numbers that it begins or ends within."""
    for token in _WHOLE.finditer(text):
        if token.start() < start < token.end():
            start = token.start()
        if token.start() < end < token.end():
            end = token.end()
    return start, end


def holds(text: str, part: str) -> bool:
    """Whether ``part`` stands in ``text`` as whole words and numbers."""
    tokens = [match.span() for match in _WHOLE.finditer(text)]

    def is_within(place: int) -> bool:
        number = bisect_left(tokens, (place, 0)) - 1
        return number >= 0 and place < tokens[number][1]

    found = (match.start() for match in re.finditer(f"(?={re.escape(part)})", text))
    return bool(part) and any(not is_within(start) and not is_within(start + len(part)) for start in found)


@lru_cache(maxsize=512)
def joined(text: str) -> tuple[str, ...]:
    """The tokens of ``text`` as they are written, hyphens and inner marks kept, possessive endings not."""
    return tuple(_POSSESSIVE.sub("", match[0]) for match in _JOINED.finditer(text))


def parts(token: str) -> Iterator[str]:
    """The words that marks join in ``token``; a number is one, whatever marks are in it."""
    return (part for part in _PARTS.split(token) if part)


def look_alikes(name: str, asked: str, told: str) -> tuple[str, ...]:
    """Tokens of ``told`` that are of one series with ``name``, which stands in ``asked`` and not in ``told``."""
    before = _before(joined(asked), name)
    tokens = joined(told)
    return tuple(
        token
        for previous, token in zip(("", *tokens), tokens, strict=False)
        if _is_like(name, token, before if previous.casefold() == before else "")
    )


def _before(tokens: Sequence[str], name: str) -> str:
    place = tokens.index(name) if name in tokens else 0
    return tokens[place - 1].casefold() if place else ""


def _is_like(name: str, token: str, before: str) -> bool:
    """Whether the two are another of one series; ``before`` is the word before both, where that is the same."""
    one, other = name.casefold(), token.casefold()
    numbered = all(map(_DIGITS.search, (name, token))) or all(map(_ROMAN.fullmatch, (name, token)))
    if one == other or not numbered:
        return False
    if not _IDENTIFIER.match(name):  # a number: what it numbers stands before it; 4.2 is within 4
        continued = other.startswith(one) and other[len(one)].isalnum()
        return bool(before) and (continued or not (other.startswith(f"{one}.") or before in STOP_WORDS))
    if _DIGITS.sub("#", one) == _DIGITS.sub("#", other) or other.startswith(one):
        return True
    mine, theirs = one.rpartition("-"), other.rpartition("-")
    return bool(mine[0]) and mine[0] == theirs[0]
