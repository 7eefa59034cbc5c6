"""Names and numbers as whole words: "Zarn5" is not "Zarn55", and "15" is no part of "1577", nor "240" of "1,240".

A name or number with a digit in it is compared to the last character; only capitals, possessive endings and hyphens
may differ. Where a text lacks a name that was asked for and has a *look-alike* (another member of the same series:
"X1000" for "X100", "Section 41" for "Section 4"), the text is about something else.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from documents.words import SPACED_WORD_OR_NUMBER, compounds
from index.analyse import STOP_WORDS

_SHARED = 4  # least letters of a name that a longer name begins with
# Marks that join words, but not the marks inside a number, unless a year follows as in 12.05.2020.
_JOINT = re.compile(r"[^\w.,]+|(?<!\d)[.,]|[.,](?!\d)|\.(?=\d{4}\Z)")
_DIGITS = re.compile(r"\d+")
_VERSION = re.compile(r"\d+(?:\.\d+){2,}")  # distinct without a word before it
_ROMAN = re.compile("[IVXLC]+")
# A name with letters and digits. "20th" and "5km" are numbers.
_IDENTIFIER = re.compile(r"[^\W\d_].*\d|\d.*[A-Z]", re.DOTALL)


def to_whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The range ``start`` to ``end``, extended to the ends of the words and numbers that it cuts through."""
    for word in SPACED_WORD_OR_NUMBER.finditer(text):
        if word.start() < start < word.end():
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    return start, end


def contains_words(text: str, part: str) -> bool:
    """Whether ``part`` occurs in ``text`` without cutting through a word or number."""
    words = [match.span() for match in SPACED_WORD_OR_NUMBER.finditer(text)]

    def is_inside_word(offset: int) -> bool:
        number = bisect_left(words, (offset, 0)) - 1
        return number >= 0 and offset < words[number][1]

    starts = (match.start() for match in re.finditer(f"(?={re.escape(part)})", text))
    return bool(part) and any(not is_inside_word(start) and not is_inside_word(start + len(part)) for start in starts)


@lru_cache(maxsize=512)
def compound_words(text: str) -> tuple[str, ...]:
    """The words of ``text`` as they are written, compound words whole, without possessive endings."""
    return tuple(token.text for token in compounds(text))


def split_compound(word: str) -> Iterator[str]:
    """The words that marks join in ``word``; a number is one, with the marks inside it."""
    return (part for part in _JOINT.split(word) if part)


def look_alikes(name: str, question: str, evidence: str) -> tuple[str, ...]:
    """Words of ``evidence`` that are of one series with ``name``, or longer names that begin with it.

    The ``name`` is in ``question`` and in no form in ``evidence``.
    """
    before = _word_before(compound_words(question), name)
    words = compound_words(evidence)
    return tuple(
        word
        for previous, word in zip(("", *words), words, strict=False)
        if _is_of_series(name, word, before if previous.casefold() == before else "") or _is_longer(name, word)
    )


def _is_longer(name: str, word: str) -> bool:
    """Whether the word is another name that begins with this one: Smithson for Smith."""
    is_name = name.isalpha() and name[0].isupper() and word.isalpha() and word[0].isupper()
    return is_name and len(name) >= _SHARED and len(word) > len(name) + 1 and word.startswith(name)


def _word_before(words: Sequence[str], name: str) -> str:
    """The case-folded word before ``name``; "" where there is none."""
    index = words.index(name) if name in words else 0
    return words[index - 1].casefold() if index else ""


def _is_of_series(name: str, word: str, before: str) -> bool:
    """Whether the two are members of one series; ``before`` is the word before both, "" where these words differ."""
    one, other = name.casefold(), word.casefold()
    numbered = all(map(_DIGITS.search, (name, word))) or all(map(_ROMAN.fullmatch, (name, word)))
    if one == other or not numbered:
        return False
    if _VERSION.fullmatch(name) and _VERSION.fullmatch(word):
        return True
    if not _IDENTIFIER.match(name):  # a number: the word before it names the series; 4.2 is a part of 4
        continued = other.startswith(one) and other[len(one)].isalnum()
        return bool(before) and (continued or not (other.startswith(f"{one}.") or before in STOP_WORDS))
    if _DIGITS.sub("#", one) == _DIGITS.sub("#", other) or other.startswith(one):
        return True
    series, other_series = one.rpartition("-")[0], other.rpartition("-")[0]
    return bool(series) and series == other_series
