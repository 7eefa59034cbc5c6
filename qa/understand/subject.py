"""Question -> the document that it names, by the words and the date of the document's name and title."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from documents.dates import find_dates, in_words
from documents.document import Source
from index.analyse import STOP_WORDS, terms
from index.families import newest_first

# The least share of the weight of the question's words in any name that the document's name must have.
_LEAST = 0.5
_DATED = 0.5  # what the date of the question counts for: as much as half of the words


def subject(question: str, catalogue: Sequence[tuple[Source, str]]) -> Source | None:
    """The source that the question names, the newest of equally good ones; None if it names none.

    ``catalogue`` holds the sources, each with its document's title.
    """
    named = subjects(question, catalogue)
    return newest_first(named)[0] if named else None


def subjects(question: str, catalogue: Sequence[tuple[Source, str]]) -> list[Source]:
    """The sources that the question names equally well, in the order of the ``catalogue``; none if it names none."""
    names = {
        source: _terms(f"{title} {source.name.rpartition('.')[0]} {_month(source.date)}") for source, title in catalogue
    }
    known = Counter(word for words in names.values() for word in words)
    asked = _terms(question) & known.keys()
    weights = {word: math.log(1 + len(names) / known[word]) for word in asked}
    if not weights:
        return []
    dates = [found.value for found in find_dates(question)]

    def merit(source: Source) -> float:
        named = sum(weights[word] for word in asked & names[source]) / sum(weights.values())
        fits = any(source.date.startswith(date) or date.startswith(source.date) for date in dates)
        return named + (_DATED * (1 if fits else -1) if dates and source.date else 0.0)

    best = max(map(merit, names))
    return [source for source in names if merit(source) == best] if best >= _LEAST else []


def _month(date: str) -> str:
    """The name of a date's month, by which minutes are called; "" where it has none."""
    return in_words(date[: len("2025-02")]).rpartition(" ")[0]


def _terms(text: str) -> frozenset[str]:
    spaced = "".join(character if character.isalnum() else " " for character in text)
    return frozenset(terms(" ".join(word for word in spaced.split() if word.casefold() not in STOP_WORDS), "en"))
