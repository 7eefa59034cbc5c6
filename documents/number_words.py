"""The words for numbers, months, weekdays and units: English, and other languages' multipliers and units."""

from __future__ import annotations

from collections.abc import Iterable

from documents.month_names import ENGLISH_DAYS, ENGLISH_MONTHS
from documents.vocabulary import grouped, listed, values_of


def _numbered(words: Iterable[str], first: int) -> dict[str, int]:
    """Each word with its number, counted from ``first``; words joined by a bar share one."""
    return {word: number for number, names in enumerate(words, first) for word in names.split("|")}


SMALL = _numbered(listed("numbers"), 0)
TENS = {word: 10 * number for word, number in _numbered(listed("tens"), 2).items()}
ORDINALS = _numbered(listed("ordinals"), 1)
MONTHS = _numbered((f"{name}|{name[:3]}".casefold() for name in ENGLISH_MONTHS), 1) | {"sept": 9}
WEEKDAYS = _numbered((f"{name}|{name[:3]}".casefold() for name in ENGLISH_DAYS), 1)
WEEKDAYS |= {"tues": 2, "thur": 4, "thurs": 4}
MULTIPLIERS = {word: by for words in values_of("multipliers").values() for word, by in words.items()}
UNIT_OF = {name: unit for unit, names in grouped("units").items() for name in names}


def has_number(text: str) -> bool:
    """Whether the text has a number, in digits or in English words."""
    words = text.casefold().replace("-", " ").split()
    return any(map(str.isdigit, text)) or any(word in SMALL or word in TENS or word in MULTIPLIERS for word in words)
