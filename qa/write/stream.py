"""A model's pieces of text -> its sentences, each as soon as it is whole.

Where a sentence ends depends on what follows ("No. 5", "No. Then"), so one is given when the first word of the next is
complete. The text is looked at whenever a word is, however it was cut: the same text gives the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from documents.sentences import sentences

# Nobody writes such a sentence; a model that does is not let go on.
LONGEST = 2000  # characters
MOST_CITED = 20
# A last sentence of so many words that has no end was cut off, and may say something else than the whole would.
CUT_OFF = 8

_WORD_END = re.compile(r"(?<=\s)|(?<=[。！？])")
_MARKER = re.compile(r"\s*[\[【]\^?(?:passages?\s+)?(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】]", re.IGNORECASE)
# "… stations. [1]": the marker belongs to the sentence before it.
_LATE = re.compile(rf"([.!?。！？]+[”\"'’)]*)((?:{_MARKER.pattern})+)", re.IGNORECASE)
_LAYOUT = re.compile(r"^(?:\s*(?:[-*•>#]+|\(?\d{1,2}[.)]|(?:answer|response)\s*:)(?:\s+|\Z))+|\*\*|__|`", re.IGNORECASE)
_ENDED = re.compile(rf"(?:[.!?…。！？।][”\"'’)*_]*|{_MARKER.pattern})\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence without marks of layout, and the numbers of the passages that the model says it rests on."""

    text: str
    cites: tuple[int, ...]


def written(pieces: Iterable[str]) -> Iterator[Written]:
    """The sentences of what ``pieces`` make together; a line's end is a sentence's end."""
    text = ""
    for word in _words(pieces):
        whole, text = _split(_LATE.sub(r"\2\1", text + word))
        yield from _read(whole)
        if len(text) > LONGEST:
            return
    rest = [text[start:end] for start, end in sentences(text)]
    if rest and len(rest[-1].split()) >= CUT_OFF and not _ENDED.search(rest[-1]) and not _LAYOUT.match(rest[-1]):
        rest.pop()
    yield from _read(rest)


def _split(text: str) -> tuple[list[str], str]:
    """The sentences that are whole, and the rest: the last one, unless its line is over."""
    spans = sentences(text)
    rest = ""
    if spans and not text.endswith("\n"):
        start = spans.pop()[0]
        if spans and text[start] in "[【":  # the marker of the one before, not yet whole
            start = spans.pop()[0]
        rest = text[start:]
    return [text[start:end] for start, end in spans], rest


def _words(pieces: Iterable[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *whole, rest = _WORD_END.split(rest + piece)
        yield from whole
    if rest:
        yield rest


def _read(texts: Sequence[str]) -> Iterator[Written]:
    for text in texts:
        bare = " ".join(_LAYOUT.sub("", _MARKER.sub("", text)).split())
        if any(character.isalnum() for character in bare):
            yield Written(bare, tuple(dict.fromkeys(_cited(text)))[:MOST_CITED])


def _cited(text: str) -> Iterator[int]:
    for marker in _MARKER.finditer(text):
        for part in re.split(r"[,;]", marker[1]):
            first, *last = (int(number) for number in re.split(r"[–-]", part))
            yield from range(first, min(last[0], first + MOST_CITED) + 1) if last else (first,)
