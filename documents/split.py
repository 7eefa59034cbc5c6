"""Document -> chunks: runs of whole sentences of one section, measured in tokens."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from itertools import groupby
from typing import Any

from documents.document import Chunk, Document, DocumentError
from documents.sentences import Range, sentences
from documents.tokens import BLOCK, TokenCounter, counter

VERSION = 2  # part of the fingerprint; raise it when the same document would be split differently

# Tokens of table rows that share a chunk: a row is found best on its own, so only very short rows are combined.
ROWS = 32

_RULE = re.compile(r"\|[\s|:]*-[\s|:-]*\Z")
_CELL = re.compile(r"\|[^|]+\|\Z")
_WORD = re.compile(r"\S+")
_CLAUSE_ENDS = "，、；：。！？,;:"

# Chunks of a document; 64 MB of prose, the largest text file allowed, gives half as many.
MAX_CHUNKS = 200_000
# Pieces that are dropped one by one until a run fits, before bisection takes over; wrapped prose needs one or two.
_STEPS = 3
# Characters that a run of pieces may span; only text that is mostly white space has so many in a chunk.
_FARTHEST = BLOCK


class TooManyChunksError(DocumentError):
    """A document has more chunks than the limit."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long for a chunk, with its length in tokens."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True)
class Splitter:
    """Splits documents into chunks of at most ``max_tokens`` tokens, counted by ``count``.

    Consecutive chunks of a section share ``overlap_sentences`` sentences where these fit. A single character always
    fits, whatever its number of tokens.
    """

    max_tokens: int = 200
    overlap_sentences: int = 1
    count: Callable[[str], int] = field(default_factory=counter)

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.overlap_sentences < 0:
            raise ValueError("a Splitter needs max_tokens of at least 1 and overlap_sentences of at least 0")

    def fields(self) -> dict[str, int | str]:
        """This splitter as plain values, from which ``splitter_of`` makes it again in another process.

        Raises:
            ValueError: ``count`` is not a module-level function, so another process cannot import it.
        """
        name = "" if isinstance(self.count, TokenCounter) else f"{self.count.__module__}:{self.count.__qualname__}"
        if name and _counter(name) is not self.count:
            raise ValueError("what counts a Splitter's tokens must be a function at the top of a module")
        return {"max_tokens": self.max_tokens, "overlap_sentences": self.overlap_sentences, "count": name}

    @property
    def fingerprint(self) -> str:
        """Identifies everything that decides where documents are split; an index never mixes different ones."""
        name = getattr(self.count, "name", None) or getattr(self.count, "__qualname__", "custom")
        return f"{name}/{self.max_tokens}/{self.overlap_sentences}/v{VERSION}"

    def split(self, document: Document) -> list[Chunk]:
        """The chunks with strictly increasing starts; every character but white space is in at least one."""
        return [Chunk(document, start, end) for start, end in self.spans(document)]

    def spans(self, document: Document, most: int = MAX_CHUNKS) -> list[Range]:
        """The chunks as offsets; raises TooManyChunksError where there are more than ``most``."""
        found: list[Range] = []
        self._check_length(document.text, most)
        for region in regions(document):
            pieces = self._pieces(document.text, *region)
            for span in self._chunks(document.text, pieces):
                found.append(span)
                if len(found) > most:
                    raise TooManyChunksError(f"more than {most:,} passages")
        return found

    def _check_length(self, text: str, most: int) -> None:
        """Raise TooManyChunksError, without splitting, for a text that is certainly too long."""
        # Token counts do not add up exactly where texts are joined, but twice the limit is certainly too much.
        left = 2 * most * self.max_tokens
        for start in range(0, len(text) if len(text) > left else 0, BLOCK):
            left -= self.count(text[start : start + BLOCK])
            if left < 0:
                raise TooManyChunksError(f"more than {most:,} passages")

    def _pieces(self, text: str, start: int, heading_end: int, end: int) -> list[_Piece]:
        """The sentences, cut where too long; what follows a heading leaves room for the heading in its chunk."""
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

    def _chunks(self, text: str, pieces: list[_Piece]) -> Iterator[Range]:
        for is_table, run in groupby(pieces, key=lambda piece: text[piece.start] == "|"):
            own = list(run)
            if is_table and not any(_RULE.match(text[piece.start : piece.end]) for piece in own):
                yield from self._row_chunks(text, own)
            else:  # prose, or a Markdown table, whose rows do not repeat their headings and need those above
                yield from self._prose_chunks(text, own)

    def _row_chunks(self, text: str, rows: list[_Piece]) -> Iterator[Range]:
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

    def _prose_chunks(self, text: str, pieces: list[_Piece]) -> Iterator[Range]:
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
        """The end of the longest run of pieces from ``first`` that fits, but at least ``least``."""
        last = first
        total = 0
        while last < len(pieces) and (last < least or self._may_hold(pieces[first], pieces[last], total, limit)):
            total += pieces[last].tokens
            last += 1
        # Token counts do not add up exactly where texts are joined, so the count of the whole run decides.
        for _ in range(_STEPS):
            if last <= least or self._fits(text, pieces[first], pieces[last - 1], limit):
                return last
            last -= 1
        return least + bisect_left(  # here white space between the pieces takes many tokens
            range(least, last), True, key=lambda end: not self._fits(text, pieces[first], pieces[end], limit)
        )

    def _may_hold(self, first: _Piece, last: _Piece, total: int, limit: int) -> bool:
        return total + last.tokens <= limit and last.end - first.start <= _FARTHEST

    def _fits(self, text: str, first: _Piece, last: _Piece, limit: int) -> bool:
        total = 0
        for start in range(first.start, last.end, BLOCK):
            total += self.count(text[start : min(last.end, start + BLOCK)])
            if total > limit:
                return False
        return True

    def _cut(self, text: str, start: int, end: int, room: int) -> Iterator[_Piece]:
        """A sentence of more than ``room`` tokens, cut between words, or within a word that is too long itself."""
        words, ahead, limit = self._words(text, start, end, room), list[_Piece](), room
        while True:
            tokens = sum(word.tokens for word in ahead)
            while tokens <= limit and (word := next(words, None)):
                ahead.append(word)
                tokens += word.tokens
            if not ahead:
                return
            last = self._reach(text, ahead, 0, 1, limit)
            begin, stop = ahead[0].start, ahead[last - 1].end
            yield _Piece(begin, stop, self.count(text[begin:stop]))
            del ahead[:last]
            limit = self.max_tokens

    def _words(self, text: str, start: int, end: int, room: int) -> Iterator[_Piece]:
        """The words of a sentence, cut where too long; the first piece has at most ``room`` tokens."""
        for word in _WORD.finditer(text, start, end):
            tokens = self.count(" " + word[0])
            if max(tokens, self.count(word[0])) <= room:  # the first word of a chunk has no space before it
                yield _Piece(*word.span(), tokens)
            else:
                for first, stop in self._cut_word(text, *word.span(), room):
                    yield _Piece(first, stop, self.count(text[first:stop]))
            room = self.max_tokens

    def _cut_word(self, text: str, start: int, end: int, room: int) -> Iterator[Range]:
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


def splitter_of(fields: Mapping[str, Any]) -> Splitter:
    """The splitter that ``Splitter.fields`` describes."""
    return Splitter(fields["max_tokens"], fields["overlap_sentences"], _counter(fields["count"]))


def _counter(name: str) -> Callable[[str], int]:
    module, _, function = name.partition(":")
    return getattr(import_module(module), function, None) if name else counter()  # type: ignore[return-value]


def _good_end(text: str, start: int, stop: int) -> int:
    """The best end of a cut in ``text[start:stop]``: after its last clause, else where no combining mark follows."""
    clause = max(text.rfind(sign, start + (stop - start) // 2, stop) for sign in _CLAUSE_ENDS)
    if clause > start:
        return clause + 1
    whole = stop
    while whole > start + 1 and unicodedata.category(text[whole])[0] == "M":
        whole -= 1
    return whole if whole > start + 1 else stop


def regions(document: Document) -> list[tuple[int, int, int]]:
    """(start, end of the headings, end) of the regions whose borders no chunk crosses.

    A section is a region; a heading with no text below it belongs to the region that follows.
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


def sentences_within(document: Document, start: int, end: int) -> list[Range]:
    """The sentences that the splitter sees in ``text[start:end]`` of the document; the outermost as far as they reach.

    A sentence depends on what stands around it, so the text is read by whole regions.
    """
    return [
        (max(first, start), min(last, end))
        for region_start, _, region_end in _regions(document)
        if region_start < end and start < region_end
        for first, last in _region_sentences(document, region_start, region_end)
        if first < end and start < last
    ]


# Passages of one document are asked about one after the other.
_regions = lru_cache(maxsize=64)(regions)


@lru_cache(maxsize=64)
def _region_sentences(document: Document, start: int, end: int) -> list[Range]:
    return sentences(document.text, start, end)
