"""A model's pieces of text -> its sentences, each as soon as it is complete.

Where a sentence ends depends on what follows ("No. 5", "No. Then"), so a sentence is complete with the first word of
the next. The text is split again after every word and not after every piece, so the same text always gives the same
sentences. A line of a table in Markdown is one sentence, with its cells; the line of its headings is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from documents.blocks import Range
from documents.formats.inline_code import code_in, placed
from documents.formats.markdown_inline import spans
from documents.grid import EDGE
from documents.sentences import sentences

NOT_FOUND = "not found"  # with these words the prompts let the model decline
LONGEST = 2000  # characters of a sentence; after a longer one the rest of the reply is not read
MOST_CITED = 20  # passages that a sentence cites
# A last sentence of this many words without a full stop was cut off, and may mean something else than the whole.
CUT_OFF = 8

_WORD_END = re.compile(r"(?<=\s)|(?<=[。！？])")
_MARKER = re.compile(r"\s*[\[【]\^?(?:passages?\s+)?(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】]", re.IGNORECASE)
# A marker after the full stop belongs to the sentence before it: "… stations. [1]".
_LATE_MARKER = re.compile(rf"([.!?。！？]+[”\"'’)]*)((?:{_MARKER.pattern})+)", re.IGNORECASE)
_LAYOUT = re.compile(r"(?:\s*(?:[-*•>#]+|\(?\d{1,2}[.)]|(?:answer|response)\s*:)(?:\s+|\Z))+", re.IGNORECASE)
_SIGNS = ("**", "__", "`")  # of Markdown, one of a pair that a sentence's end has parted
_ENDED = re.compile(rf"(?:[.!?…。！？।][”\"'’)*_]*|{_MARKER.pattern})\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without marks of layout, and the numbers of the passages that the model cites for it.

    ``code`` is what of it the model set as code, ``cells`` are those of a row of a table, which is no sentence.
    """

    text: str
    cites: tuple[int, ...]
    code: tuple[Range, ...] = ()
    cells: tuple[str, ...] = ()


def sentences_of(pieces: Iterable[str]) -> Iterator[Sentence]:
    """The sentences of the text that ``pieces`` make together; every line break ends a sentence."""
    return _parsed(_below_headings(_texts(pieces)))


def _texts(pieces: Iterable[str]) -> Iterator[str]:
    """The sentences and rows as they were written."""
    text = ""
    for word in _whole_words(pieces):
        whole, text = _split(_LATE_MARKER.sub(r"\2\1", text + word))
        yield from whole
        if len(text) > LONGEST:
            return
    if _is_row(text):
        yield text
        return
    rest = [text[start:end] for start, end in sentences(text)]
    if rest and len(rest[-1].split()) >= CUT_OFF and not _ENDED.search(rest[-1]) and not _LAYOUT.match(rest[-1]):
        rest.pop()
    yield from rest


def _below_headings(texts: Iterable[str]) -> Iterator[str]:
    """The texts without the rows above a rule, which are the headings of a table."""
    held = ""
    for text in texts:
        is_rule = _is_row(text) and not any(character.isalnum() for character in text)
        if held and not is_rule:
            yield held
        held = text if _is_row(text) else ""
        if not held:
            yield text
    if held:
        yield held


def _is_row(text: str) -> bool:
    return text.lstrip().startswith("|")


def _split(text: str) -> tuple[list[str], str]:
    """The complete sentences, and the rest: the last sentence, unless its line has ended."""
    if _is_row(text):
        return ([text], "") if text.endswith("\n") else ([], text)
    spans = sentences(text)
    rest = ""
    if spans and not text.endswith("\n"):
        start = spans.pop()[0]
        if spans and text[start] in "[【":  # an incomplete marker of the sentence before
            start = spans.pop()[0]
        rest = text[start:]
    return [text[start:end] for start, end in spans], rest


def _whole_words(pieces: Iterable[str]) -> Iterator[str]:
    """The text of ``pieces``, cut after each word."""
    rest = ""
    for piece in pieces:
        *whole, rest = _WORD_END.split(rest + piece)
        yield from whole
    if rest:
        yield rest


def _parsed(texts: Iterable[str]) -> Iterator[Sentence]:
    """The sentences that have words, without layout and markers."""
    for text in texts:
        if _is_row(text):
            cells = tuple(without_layout(cell) for cell in EDGE.split(_MARKER.sub("", text).strip().strip("|")))
            if any(character.isalnum() for cell in cells for character in cell):
                yield Sentence(" | ".join(cells), tuple(dict.fromkeys(_cited(text)))[:MOST_CITED], cells=cells)
            continue
        pieces = list(_read(_MARKER.sub("", text)))
        bare = _in_one_line(pieces)
        if any(character.isalnum() for character in bare):
            said = "".join(piece for piece, _ in pieces)
            code = tuple(placed(code_in(pieces), said, bare, 0))
            yield Sentence(bare, tuple(dict.fromkeys(_cited(text)))[:MOST_CITED], code)


def without_layout(text: str) -> str:
    """The text in one line, without the number or sign of a list's item and without the signs of Markdown."""
    return _in_one_line(_read(text))


def _in_one_line(pieces: Iterable[tuple[str, bool]]) -> str:
    return " ".join("".join(piece for piece, _ in pieces).split())


def _read(text: str) -> Iterator[tuple[str, bool]]:
    """What Markdown shows of a sentence, piece by piece, and whether each is code; addresses are behind their words."""
    layout = _LAYOUT.match(text)
    text = text[layout.end() :] if layout else text
    marked = spans(text, 0, len(text))
    edges = sorted({0, len(text), *(edge for own in marked for edge in (own.start, own.end))})
    for start, end in pairwise(edges):
        kinds = {own.kind for own in marked if own.start <= start and end <= own.end}
        piece = text[start:end]
        if "sign" in kinds:
            continue
        if "code" not in kinds:
            for sign in _SIGNS:
                piece = piece.replace(sign, "")
        yield (f" {piece}" if "address" in kinds else piece), "code" in kinds


def declines(text: str) -> bool:
    """Whether the model says that it has no answer, in the words of the prompts."""
    return text.casefold().strip(" .!\"'*") == NOT_FOUND


def _cited(text: str) -> Iterator[int]:
    """The numbers in the text's markers; "[1-3]" has three."""
    for marker in _MARKER.finditer(text):
        for part in re.split(r"[,;]", marker[1]):
            first, *last = (int(number) for number in re.split(r"[–-]", part))
            yield from range(first, min(last[0], first + MOST_CITED) + 1) if last else (first,)
