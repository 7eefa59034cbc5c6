"""What chunks are packed of: sentences and parts of those that are too long, and how many tokens they take."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from documents.blocks import Range, Table
from documents.document import Document
from documents.elements import sentences_of
from documents.grid import grid_of
from documents.linearise import linearise
from documents.tokens import BLOCK

_WORD = re.compile(r"\S+")
_CLAUSE_ENDS = "，、；：。！？,;:"

_HEADINGS = 8  # heading rows of a table whose rows are counted without being linearised

# Pieces that are dropped one by one until a run fits, before bisection takes over; wrapped prose needs one or two.
_STEPS = 3
# Characters that a run of pieces may span; only text that is mostly white space has so many in a chunk.
_FARTHEST = BLOCK


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, or a part of one that is too long for a chunk, with its length in tokens."""

    start: int
    end: int
    tokens: int


class TokenBudget:
    """The tokens that ranges of a document take of the ``most`` that a chunk may have, counted by ``count``."""

    def __init__(self, document: Document, count: Callable[[str], int], most: int) -> None:
        self.most = most
        self.count = count
        self._document = document
        self._text = document.text
        self.large = frozenset(table for table in document.tables if not self._fits(table.start, table.end, most))
        self._heading_tokens: dict[Table, int | None] = {}

    def tokens(self, start: int, end: int) -> int:
        """The tokens of a sentence or row, and a few more for rows of a large table, which are not linearised here."""
        table = self._document.table_at(start)
        if table in self.large:
            headings = self._tokens_of_headings(table)
            own = self.count(self._text[start:end])
            if headings is not None and headings + own <= self.most // 2:
                return headings + own
        return self._as_read(start, end)

    def _tokens_of_headings(self, table: Table) -> int | None:
        """The tokens that headings add to a row at most; None where that depends on the row."""
        if table not in self._heading_tokens:
            grid, depends = grid_of(self._text, table), bool(table.groups or table.merged or table.headings[_HEADINGS:])
            rows = () if depends else map(grid.range_of, table.headings)
            tokens = sum(self.count(self._text[start:end]) for start, end in rows)
            self._heading_tokens[table] = None if depends else tokens
        return self._heading_tokens[table]

    def _as_read(self, start: int, end: int) -> int:
        """The tokens of ``document.text[start:end]``, and no less than a model reads: rows of tables with headings."""
        own = self._text[start:end]
        read = linearise(self._text, self._document.tables, start, end).text
        return self.count(own) if read == own else max(self.count(own), self.count(read))

    def reach(self, pieces: Sequence[Piece], first: int, least: int, limit: int | None = None) -> int:
        """The end of the longest run of pieces from ``first`` that fits, but at least ``least``."""
        last, total, limit = first, 0, limit or self.most
        while last < len(pieces) and (last < least or self._may_hold(pieces[first], pieces[last], limit - total)):
            total += pieces[last].tokens
            last += 1
        # Token counts do not add up exactly where texts are joined, so the count of the whole run decides.
        for _ in range(_STEPS):
            if last <= least or self.holds(pieces[first], pieces[last - 1], limit):
                return last
            last -= 1
        return least + bisect_left(  # here white space between the pieces takes many tokens
            range(least, last), True, key=lambda end: not self.holds(pieces[first], pieces[end], limit)
        )

    def _may_hold(self, first: Piece, last: Piece, left: int) -> bool:
        return last.tokens <= left and last.end - first.start <= _FARTHEST

    def holds(self, first: Piece, last: Piece, limit: int | None = None) -> bool:
        """Whether all from the first to the last piece has at most ``limit`` tokens (None: ``most``)."""
        return last.end - first.start <= _FARTHEST and self._fits(first.start, last.end, limit or self.most)

    def _fits(self, start: int, end: int, limit: int) -> bool:
        total = 0
        for begin in range(start, end, BLOCK):
            total += self._as_read(begin, min(end, begin + BLOCK))
            if total > limit:
                return False
        return True


class Segmenter:
    """Divides regions of a document into pieces that fit into a chunk."""

    def __init__(self, document: Document, budget: TokenBudget) -> None:
        self._document = document
        self._text = document.text
        self._budget = budget

    def pieces(self, start: int, heading_end: int, end: int) -> list[Piece]:
        """The sentences, cut where too long; what follows a heading leaves room for the heading in its chunk."""
        text, pieces = self._text, list[Piece]()
        heading, before = 0, start
        for first, last in sentences_of(self._document, start, end):
            tokens = self._budget.tokens(first, last)
            room = self._budget.most - (heading if heading < self._budget.most // 2 else 0)
            if tokens <= room:
                pieces.append(Piece(first, last, tokens + text.count("\n", before, first)))
            else:
                pieces.extend(self._cut(first, last, room))
            heading, before = (heading + tokens + 1 if last <= heading_end else 0), last
        return pieces

    def _cut(self, start: int, end: int, room: int) -> Iterator[Piece]:
        """A sentence of more than ``room`` tokens, cut between words, or within a word that is too long itself."""
        text = self._text
        words, ahead, limit = self._word_pieces(start, end, room), list[Piece](), room
        while True:
            tokens = sum(word.tokens for word in ahead)
            while tokens <= limit and (word := next(words, None)):
                ahead.append(word)
                tokens += word.tokens
            if not ahead:
                return
            last = self._budget.reach(ahead, 0, 1, limit)
            begin, stop = ahead[0].start, ahead[last - 1].end
            yield Piece(begin, stop, self._budget.count(text[begin:stop]))
            del ahead[:last]
            limit = self._budget.most

    def _word_pieces(self, start: int, end: int, room: int) -> Iterator[Piece]:
        """The words of a sentence, cut where too long; the first piece has at most ``room`` tokens."""
        text = self._text
        for word in _WORD.finditer(text, start, end):
            tokens = self._budget.count(" " + word[0])
            if max(tokens, self._budget.count(word[0])) <= room:  # the first word of a chunk has no space before it
                yield Piece(*word.span(), tokens)
            else:
                for first, stop in self._cut_word(*word.span(), room):
                    yield Piece(first, stop, self._budget.count(text[first:stop]))
            room = self._budget.most

    def _cut_word(self, start: int, end: int, room: int) -> Iterator[Range]:
        """A run without spaces (of Chinese, or of noise) cut after a clause or, failing that, anywhere."""
        text = self._text
        while start < end:
            size = min(end - start, 4 * room)
            while size > 1 and self._budget.count(text[start : start + size]) > room:
                size = size * 3 // 4
            stop = start + size
            if stop < end:
                stop = _good_end(text, start, stop)
            yield start, stop
            start, room = stop, self._budget.most


def _good_end(text: str, start: int, stop: int) -> int:
    """The best end of a cut in ``text[start:stop]``: after its last clause, else where no combining mark follows."""
    clause = max(text.rfind(sign, start + (stop - start) // 2, stop) for sign in _CLAUSE_ENDS)
    if clause > start:
        return clause + 1
    whole = stop
    while whole > start + 1 and unicodedata.category(text[whole])[0] == "M":
        whole -= 1
    return whole if whole > start + 1 else stop
