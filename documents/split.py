"""Document -> chunks: runs of whole sentences of one section, measured in tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from documents.document import Chunk, Document
from documents.sentences import Span, sentences
from documents.tokens import counter

VERSION = 2  # part of the fingerprint: raise it when the same document would be split differently

# Tokens of the rows of a table that share a chunk, unless one alone has more: a row is understood and found best alone.
ROWS = 32

_RULE = re.compile(r"\|[\s|:-]*-[\s|:-]*\Z")
_CELL = re.compile(r"\|[^|]+\|\Z")
_WORD = re.compile(r"\S+")
_CLAUSE_ENDS = "，、；：。！？,;:"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long, with its length in tokens."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True)
class Splitter:
    """Splits documents into chunks of at most ``max_tokens`` as ``count`` counts them.

    Consecutive chunks of a section share ``overlap_sentences`` where that fits. One character always fits.
    """

    max_tokens: int = 200
    overlap_sentences: int = 1
    count: Callable[[str], int] = field(default_factory=counter)

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.overlap_sentences < 0:
            raise ValueError("a Splitter needs max_tokens of at least 1 and overlap_sentences of at least 0")

    @property
    def fingerprint(self) -> str:
        """Names all that decides where a document is split; chunks of different fingerprints never mix."""
        name = getattr(self.count, "name", None) or getattr(self.count, "__qualname__", "custom")
        return f"{name}/{self.max_tokens}/{self.overlap_sentences}/v{VERSION}"

    def split(self, document: Document) -> list[Chunk]:
        """The chunks, their starts strictly increasing; every character but white space is in one or more."""
        return [
            Chunk(document, start, end)
            for region in regions(document)
            for start, end in self._chunks(document.text, self._pieces(document.text, *region))
        ]

    def _pieces(self, text: str, start: int, heading_end: int, end: int) -> list[_Piece]:
        """The sentences, those that are too long cut; what follows a heading leaves room for it."""
        pieces: list[_Piece] = []
        heading, before = 0, start
        for first, last in sentences(text, start, end):
            tokens = self.count(text[first:last])
            room = self.max_tokens - (heading if heading < self.max_tokens // 2 else 0)
            if tokens <= room:
                pieces.append(_Piece(first, last, tokens + text.count("\n", before, first)))
            else:
                pieces.extend(self._cut(text, first, last, room))
            heading, before = (heading + tokens + 1 if last <= heading_end else 0), last
        return pieces

    def _chunks(self, text: str, pieces: list[_Piece]) -> Iterator[Span]:
        for is_table, run in groupby(pieces, key=lambda piece: text[piece.start] == "|"):
            own = list(run)
            if is_table and not any(_RULE.match(text[piece.start : piece.end]) for piece in own):
                yield from self._row_chunks(text, own)
            else:  # prose, or a Markdown table, whose headings stand above its rows only
                yield from self._prose_chunks(text, own)

    def _row_chunks(self, text: str, rows: list[_Piece]) -> Iterator[Span]:
        """A few rows each, without overlap; a row of one cell is a heading and goes with the next."""
        first = tokens = 0
        headed = False
        limit = min(ROWS, self.max_tokens)
        for number, row in enumerate(rows):
            full = tokens + row.tokens > (self.max_tokens if headed else limit)
            if full and number > first:
                yield rows[first].start, rows[number - 1].end
                first, tokens = number, 0
            tokens += row.tokens
            headed = bool(_CELL.match(text[row.start : row.end]))
        yield rows[first].start, rows[-1].end

    def _prose_chunks(self, text: str, pieces: list[_Piece]) -> Iterator[Span]:
        first, done = 0, 0
        while done < len(pieces):
            last = self._reach(text, pieces, first, done + 1, self.max_tokens)
            yield pieces[first].start, pieces[last - 1].end
            if last == len(pieces):
                return
            first = max(first + 1, last - self.overlap_sentences)
            while first < last and not self._fits(text, pieces[first], pieces[last], self.max_tokens):
                first += 1
            done = last

    def _reach(self, text: str, pieces: list[_Piece], first: int, least: int, limit: int) -> int:
        """Where the run of pieces from ``first`` on must end, to be as long as fits but reach ``least``."""
        last = first
        total = 0
        while last < len(pieces) and (last < least or total + pieces[last].tokens <= limit):
            total += pieces[last].tokens
            last += 1
        # Tokens do not add up exactly where texts are joined: what counts is the count of the whole.
        while last > least and not self._fits(text, pieces[first], pieces[last - 1], limit):
            last -= 1
        return last

    def _fits(self, text: str, first: _Piece, last: _Piece, limit: int) -> bool:
        return self.count(text[first.start : last.end]) <= limit

    def _cut(self, text: str, start: int, end: int, room: int) -> Iterator[_Piece]:
        """A sentence of more than ``room`` tokens, cut between words, or within one that is too long."""
        words: list[_Piece] = []
        for word in _WORD.finditer(text, start, end):
            tokens, limit = self.count(" " + word[0]), self.max_tokens if words else room
            if tokens <= limit:
                words.append(_Piece(*word.span(), tokens))
                continue
            for start, stop in self._cut_word(text, *word.span(), limit):
                words.append(_Piece(start, stop, self.count(text[start:stop])))
        done, limit = 0, room
        while done < len(words):
            last = self._reach(text, words, done, done + 1, limit)
            begin, stop = words[done].start, words[last - 1].end
            yield _Piece(begin, stop, self.count(text[begin:stop]))
            done, limit = last, self.max_tokens

    def _cut_word(self, text: str, start: int, end: int, room: int) -> Iterator[Span]:
        """A run without spaces (of Chinese, or of noise) cut after a clause or, failing that, anywhere."""
        while start < end:
            size = min(end - start, 4 * room)
            while size > 1 and self.count(text[start : start + size]) > room:
                size = size * 3 // 4
            stop = start + size
            if stop < end:
                stop = _good_end(text, start, stop)
            yield start, stop
            start, room = stop, self.max_tokens


def _good_end(text: str, start: int, stop: int) -> int:
    """The last place in the second half of ``text[start:stop]`` where a cut hurts least."""
    clause = max(text.rfind(sign, start + (stop - start) // 2, stop) for sign in _CLAUSE_ENDS)
    if clause > start:
        return clause + 1
    whole = stop
    while whole > start + 1 and unicodedata.category(text[whole])[0] == "M":
        whole -= 1
    return whole if whole > start + 1 else stop


def regions(document: Document) -> list[tuple[int, int, int]]:
    """(start, end of its headings, end) of the stretches that chunks do not cross.

    A section is one; a heading with nothing below it goes with what follows.
    """
    text, regions = document.text, list[tuple[int, int, int]]()
    bounds = [(section.start, section.heading_end, section.end) for section in document.sections]
    first = bounds[0][0] if bounds else len(text)
    ends = [start for start, *_ in bounds[1:]] + [len(text)] if bounds else []
    pending: int | None = None
    for (start, heading_end, _), end in zip([(0, 0, first), *bounds], [first, *ends], strict=True):
        begin = start if pending is None else pending
        if text[heading_end:end].strip():
            regions.append((begin, heading_end, end))
            pending = None
        elif text[start:end].strip():
            pending = begin
    if pending is not None:
        regions.append((pending, pending, len(text)))
    return regions
