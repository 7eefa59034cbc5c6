"""Which of two amounts is the larger, and the sentence that says so.

"Which takes longer, A or B?" asks for one of two names, "Is A longer than B?" and "Is it the same?" for yes or no. Two
amounts are compared only in the same unit, or in units of the same kind ("6 min 40 sec" and "3 minutes").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from documents.vocabulary import Vocabulary
from qa.read.compute.measures import measure
from qa.read.compute.wording import says
from qa.read.tables.words import Words, listed_stems, stems
from qa.understand.phrases import AUXILIARIES, DETERMINERS, POSSESSIVES, PREPOSITIONS, lower_words
from qa.understand.sides import Side

_VOCABULARY = Vocabulary("qa")
# Comparatives that ask for the larger or the smaller amount, by kind ("": any). "Faster" asks for the smaller time,
# and for the larger speed.
_LARGER, _SMALLER = _VOCABULARY.grouped("larger"), _VOCABULARY.grouped("smaller")
COMPARATIVES = listed_stems("larger") | listed_stems("smaller")
PRICED = _VOCABULARY.words_of("priced")
_OF_SIZE = _VOCABULARY.words_of("of_size")
_SAME, _DIFFERENT = _VOCABULARY.words_of("same"), _VOCABULARY.words_of("different")
_RELATIONS = ("more than", "less than", "the same as", "not the same as")
_SENTENCE = re.compile(rf"(?P<short>.+?) — (?P<one>.+) is (?P<relation>{'|'.join(_RELATIONS)}) (?P<other>.+)\.\Z")

Direction = Literal["larger", "smaller", "same", "different"]


@dataclass(frozen=True, slots=True)
class Relation:
    """The ``short`` answer and the sentence that gives both amounts."""

    short: str
    text: str


def direction(question: str) -> tuple[Direction, frozenset[str]] | None:
    """Which amount the question asks for, and of which kinds (none: any); None if it asks for neither."""
    words = lower_words(question)
    if words and words[0] in AUXILIARIES and _SAME & set(words):
        return "same", frozenset()
    if words and words[0] in AUXILIARIES and _DIFFERENT & set(words):
        return "different", frozenset()
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


def relation_of(question: str, sides: tuple[Side, Side], one: str, other: str, heading: str = "") -> Relation | None:
    """The answer that follows from the amounts of both sides, ``one`` and ``other``.

    None if another kind of amount is asked for or the units differ.
    """
    wanted, first, second = direction(question), measure(one, heading), measure(other, heading)
    if wanted is None or first is None or second is None:
        return None
    way, kinds = wanted
    if (first.kind, first.unit) != (second.kind, second.unit) or (kinds and first.kind not in kinds):
        return None
    if first.kind == "speed" and "time" in kinds:
        way = "larger" if way == "smaller" else "smaller"
    are_equal = first.value == second.value
    if way in ("same", "different"):
        short = "Yes" if are_equal == (way == "same") else "No"
        relation = "the same as" if are_equal else "not the same as"
    else:
        relation = "the same as" if are_equal else "more than" if first.value > second.value else "less than"
        first_has_it = not are_equal and (first.value > second.value) == (way == "larger")
        if _is_polar(question):
            short = "Yes" if first_has_it else "No"
        else:
            short = "Neither" if are_equal else _name(sides[0 if first_has_it else 1])
    return Relation(short, f"{short} — {one} is {relation} {other}.")


def amounts_in(text: str) -> tuple[str, str] | None:
    """The two amounts of a sentence that ``relation_of`` gives; None where it is no such sentence."""
    found = _SENTENCE.fullmatch(text)
    return (found["one"], found["other"]) if found and says(text, found["short"]) else None


def _is_polar(question: str) -> bool:
    """Whether yes or no is asked for: "Is A longer than B?", but not "Is A or B longer?"."""
    words = lower_words(question)
    return bool(words) and words[0] in AUXILIARIES and "than" in words and "or" not in words


def _name(side: Side) -> str:
    words = side.name.split()
    while len(words) > 1 and words[0].casefold() in DETERMINERS | POSSESSIVES | PREPOSITIONS:
        words = words[1:]
    name = " ".join(words)
    return name[:1].upper() + name[1:]
