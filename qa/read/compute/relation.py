"""Whether a question asks for the larger or the smaller amount, and of which kind.

"Which takes longer, A or B?" and "Is A longer than B?" ask for times; "Which ticket is the cheapest?" for money.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from documents.vocabulary import Vocabulary
from qa.read.tables.words import Words, listed_stems, stems
from qa.understand.phrases import AUXILIARIES, lower_words

_VOCABULARY = Vocabulary("qa")
# Comparatives that ask for the larger or the smaller amount, by kind ("": any). "Faster" asks for the smaller time,
# and for the larger speed.
_LARGER, _SMALLER = _VOCABULARY.grouped("larger"), _VOCABULARY.grouped("smaller")
COMPARATIVES = listed_stems("larger") | listed_stems("smaller")
PRICED = _VOCABULARY.words_of("priced")
_OF_SIZE = _VOCABULARY.words_of("of_size")
_ALIKE = _VOCABULARY.words_of("same") | _VOCABULARY.words_of("different")

Direction = Literal["larger", "smaller"]


def compares(question: str) -> bool:
    """Whether the question asks for more or less, or whether things are the same."""
    words = lower_words(question)
    is_alike = bool(words) and words[0] in AUXILIARIES and not _ALIKE.isdisjoint(words)
    return is_alike or direction(question) is not None


def direction(question: str) -> tuple[Direction, frozenset[str]] | None:
    """Which amount the question asks for, and of which kinds (none: any); None if it asks for neither."""
    words = lower_words(question)
    listed: tuple[tuple[Direction, Mapping[str, tuple[str, ...]]], ...] = (("larger", _LARGER), ("smaller", _SMALLER))
    if PRICED & set(words):
        return "smaller" if {"less", "least"} & set(words) else "larger", frozenset({"money"})
    for word in words:
        for way, kinds in listed:
            fitting = frozenset(kind for kind, names in kinds.items() if word in names)
            if fitting:
                return way, fitting - {""}
    return None


def measured_by(question: str) -> Words:
    """The word "size", which headings use, for comparatives and superlatives of size; else nothing."""
    return stems("size") if _OF_SIZE & set(lower_words(question)) else frozenset()
