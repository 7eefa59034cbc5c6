"""The shared everyday documents (``DATA/everyday``; FORMAT.md there describes their form) and what is asked of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.document import Document
from documents.load import parse
from documents.sentences import Range
from documents.split import sentences_within

KINDS = "QNYXTFLG"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Item:
    """A question or claim: ``kind`` is a letter of FORMAT.md, ``fields`` has the lines below it by their letters."""

    kind: str
    text: str
    fields: Mapping[str, Sequence[str]]


def read(path: Path) -> Iterator[tuple[Document, list[Item]]]:
    """Every document of a file with its items."""
    for part in re.split(r"^=== ?", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, _, rest = part.partition("\n")
        text, _, items = rest.partition("\n---\n")
        title = head.partition("|")[0].strip()
        above = "" if text.lstrip().startswith("# ") else f"# {title}\n\n"
        yield parse(f"{above}{text.strip()}\n".encode(), "everyday.md"), list(_items(items))


def _items(text: str) -> Iterator[Item]:
    own: list[tuple[str, str, dict[str, list[str]]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        letter, _, value = line.partition(":")
        if letter in KINDS:
            own.append((letter, value.strip(), {}))
        elif own:
            own[-1][2].setdefault(letter, []).append(value.strip())
    for kind, asked, fields in own:
        yield Item(kind, asked, fields)


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
