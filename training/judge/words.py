"""The words of a document, in which quotations are found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.document import Document
from documents.sentences import Range
from documents.split import sentences_within

_WORD = re.compile(r"\w+")


def is_mostly_in(place: Range, around: Range) -> bool:
    """Whether more than half of the place is within the range around it."""
    return min(place[1], around[1]) - max(place[0], around[0]) > (place[1] - place[0]) / 2


def holds(around: Range, places: Sequence[Range]) -> bool:
    """Whether one of the places is mostly within the range around it."""
    return any(is_mostly_in(place, around) for place in places)


class Words:
    """The words of a document, to find quotations whose signs and white space may differ."""

    def __init__(self, document: Document) -> None:
        self.document = document
        found = [(match[0].casefold(), match.start(), match.end()) for match in _WORD.finditer(document.text)]
        self._words = [word for word, _, _ in found]
        self._places = [(start, end) for _, start, end in found]
        self._sentences = [
            own for own in sentences_within(document, 0, len(document.text)) if not document.in_heading(*own)
        ]

    def find(self, quote: str) -> list[Range]:
        """Where the quotation's words stand, in the order of the text."""
        wanted = [match[0].casefold() for match in _WORD.finditer(quote)]
        size = len(wanted)
        return [
            (self._places[i][0], self._places[i + size - 1][1])
            for i in range(len(self._words) - size + 1)
            if size and self._words[i] == wanted[0] and self._words[i : i + size] == wanted
        ]

    @property
    def sentences(self) -> Sequence[Range]:
        """The sentences, items and rows, headings apart."""
        return self._sentences

    def sentences_of(self, quotes: Sequence[str]) -> list[Range]:
        """The sentences, items or rows that the quotations begin in, each once."""
        starts = [place[0] for quote in quotes for place in self.find(quote)[:1]]
        return sorted({own for own in self._sentences for start in starts if own[0] <= start < own[1]})
