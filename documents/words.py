"""Text -> words: the kinds of word that comparing texts needs, as regular expressions.

What is stored depends on tokenisers of its own, which therefore stay where they are: the terms of the lexical index
(``index.analyse``), the sketches of near-duplicates (``documents.sketch``), and the tokens that the weights of
``qa.check.injection.classifier`` were trained on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from documents.unspaced import UNSPACED

# A point or comma inside a number: 3.5, 1,240.
_NUMBER_MARK = r"(?<=\d)(?:\.(?=\d)|,(?=\d{3}(?!\d)))"

# Letters and digits without any mark between them.
WORD = re.compile(r"[^\W_]+")
# The same, but a number is one word with the marks inside it.
WORD_OR_NUMBER = re.compile(rf"[^\W_]+(?:{_NUMBER_MARK}[^\W_]+)*")
# The same, but only of scripts that are written with spaces between words.
SPACED_WORD_OR_NUMBER = re.compile(rf"[^\W_{UNSPACED}]+(?:{_NUMBER_MARK}[^\W_{UNSPACED}]+)*")
# Words that a hyphen, dot, apostrophe or ampersand joins are one: Beijing-based, U.S, O'Neill's, AT&T.
COMPOUND = re.compile(rf"[^\W_]+(?:(?:[.’'&·-]|{_NUMBER_MARK})[^\W_]+)*")

# Names of programs' settings and the like, which an underscore joins: keep_last.
IDENTIFIER = re.compile(r"[^\W_]+(?:_[^\W_]+)+")

# Raised figures behind a word, the marks of notes: Child¹; but not those of units: m², km².
_MARKS = re.compile(r"(?<=[^\W\d_]{3})[⁰¹²³⁴-⁹]+")

_POSSESSIVE = re.compile(r"['’]s?\Z")


class Token(NamedTuple):
    """A compound word without its possessive ending; ``start`` and ``end`` are offsets of the whole word."""

    text: str
    start: int
    end: int


def compounds(text: str) -> list[Token]:
    """The words of ``text`` in order, compound words and numbers whole: "Nike's" is "Nike"."""
    return [Token(without_possessive(match[0]), *match.span()) for match in COMPOUND.finditer(text)]


def without_marks(text: str) -> str:
    """The text without the marks of notes behind its words."""
    return text if text.isascii() else _MARKS.sub("", text)


def without_possessive(word: str) -> str:
    """The word without the "'s" or apostrophe that it ends with."""
    return _POSSESSIVE.sub("", word)


def word_set(words: str) -> frozenset[str]:
    """The words of a text with spaces between them, as a set."""
    return frozenset(words.split())
