"""A document's regions -> chunks: how sentences and rows are packed (``documents.split`` says into what)."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from heapq import merge
from itertools import groupby

from documents.blocks import Block, Range, Table
from documents.document import Document
from documents.elements import sentences_of
from documents.grid import grid_of
from documents.linearise import linearise
from documents.outline import COLONS
from documents.tokens import BLOCK

# Tokens of table rows that share a chunk: a row is found best on its own, so only very short rows are combined.
ROWS = 32

_INTRODUCED = frozenset({"list", "code", "quotation", "header"})

_WORD = re.compile(r"\S+")
_CLAUSE_ENDS = "，、；：。！？,;:"

_HEADINGS = 8  # heading rows of a table whose rows are counted without being linearised

# Pieces that are dropped one by one until a run fits, before bisection takes over; wrapped prose needs one or two.
_STEPS = 3
# Characters that a run of pieces may span; only text that is mostly white space has so many in a chunk.
_FARTHEST = BLOCK


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long for a chunk, with its length in tokens."""

    start: int
    end: int
    tokens: int


class Chunking:
    """Packs one document's sentences into chunks of at most ``max_tokens`` tokens, counted by ``count``."""

    def __init__(
        self, document: Document, count: Callable[[str], int], max_tokens: int, overlap_sentences: int
    ) -> None:
        self._document = document
        self._text = document.text
        self._count_text = count
        self._max = max_tokens
        self._overlap = overlap_sentences
        self._large = frozenset(table for table in document.tables if not self._fits(table.start, table.end))
        self._heading_tokens: dict[Table, int | None] = {}

    def chunks(self, start: int, heading_end: int, end: int) -> Iterator[Range]:
        """The chunks of a region: runs of what is not in a large table, and rows, in the order of their starts."""
        pieces = self._pieces(start, heading_end, end)
        introductions = self._introductions(pieces, heading_end)
        for is_large, own in self._runs(pieces, introductions):
            if is_large:
                yield from self._row_chunks(own, introductions)
            else:
                rows = (span for rows in self._rows_by_table(own) for span in self._row_chunks(rows, introductions))
                prose = self._prose_chunks(own, introductions, start if own[0] is pieces[0] else own[0].start)
                yield from merge(prose, rows, key=lambda span: (span[0], -span[1]))

    def _introductions(self, pieces: Sequence[_Piece], heading_end: int) -> set[_Piece]:
        """The pieces that say nothing alone: headings, and the captions and column headings of tables."""
        tables = self._document.tables
        found = set[_Piece]()
        for piece in pieces:
            table = self._document.table_at(piece.start)
            if table:
                grid = grid_of(self._text, table)
                if not grid.is_data(grid.row_at(piece.start)):
                    found.add(piece)
            elif piece.end <= heading_end:
                found.add(piece)
            else:
                following = bisect_left(tables, piece.start, key=_start)
                caption = tables[following].caption if following < len(tables) else None
                if caption and caption[0] <= piece.start and piece.end <= caption[1]:
                    found.add(piece)
        return found

    def _runs(self, pieces: Sequence[_Piece], introductions: Set[_Piece]) -> Iterator[tuple[bool, list[_Piece]]]:
        """Runs of pieces in large tables, each with what introduces it, and runs of other pieces."""
        own: list[_Piece] = []
        was_large = False
        for piece in pieces:
            is_large = self._document.table_at(piece.start) in self._large
            if own and is_large != was_large:
                first = len(own)
                while is_large and first and own[first - 1] in introductions:
                    first -= 1
                if first:
                    yield was_large, own[:first]
                own = own[first:]
            own.append(piece)
            was_large = is_large
        if own:
            yield was_large, own

    def _pieces(self, start: int, heading_end: int, end: int) -> list[_Piece]:
        """The sentences, cut where too long; what follows a heading leaves room for the heading in its chunk."""
        text, pieces = self._text, list[_Piece]()
        heading, before = 0, start
        for first, last in sentences_of(self._document, start, end):
            tokens = self._tokens(first, last)
            room = self._max - (heading if heading < self._max // 2 else 0)
            if tokens <= room:
                pieces.append(_Piece(first, last, tokens + text.count("\n", before, first)))
            else:
                pieces.extend(self._cut(first, last, room))
            heading, before = (heading + tokens + 1 if last <= heading_end else 0), last
        return pieces

    def _tokens(self, start: int, end: int) -> int:
        """The tokens of a sentence or row, and a few more for rows of a large table, which are not linearised here."""
        table = self._document.table_at(start)
        if table in self._large:
            headings = self._tokens_of_headings(table)
            own = self._count_text(self._text[start:end])
            if headings is not None and headings + own <= self._max // 2:
                return headings + own
        return self._count(start, end)

    def _tokens_of_headings(self, table: Table) -> int | None:
        """The tokens that headings add to a row at most; None where that depends on the row."""
        if table not in self._heading_tokens:
            grid, depends = grid_of(self._text, table), bool(table.groups or table.merged or table.headings[_HEADINGS:])
            rows = () if depends else map(grid.range_of, table.headings)
            tokens = sum(self._count_text(self._text[start:end]) for start, end in rows)
            self._heading_tokens[table] = None if depends else tokens
        return self._heading_tokens[table]

    def _count(self, start: int, end: int) -> int:
        """The tokens of ``document.text[start:end]``, and no less than a model reads: rows of tables with headings."""
        own = self._text[start:end]
        read = linearise(self._text, self._document.tables, start, end).text
        return self._count_text(own) if read == own else max(self._count_text(own), self._count_text(read))

    def _row_chunks(self, rows: Sequence[_Piece], introductions: Set[_Piece]) -> Iterator[Range]:
        """A few rows each, without overlap; what introduces rows is with the first of them where it fits."""
        first = tokens = 0
        for number, row in enumerate(rows):
            limit = self._max if number > first and rows[number - 1] in introductions else min(ROWS, self._max)
            if tokens + row.tokens > limit and number > first:
                yield rows[first].start, rows[number - 1].end
                first, tokens = number, 0
            tokens += row.tokens
        if rows:
            yield rows[first].start, rows[-1].end

    def _prose_chunks(self, pieces: list[_Piece], introductions: Set[_Piece], begin: int) -> Iterator[Range]:
        """Runs of pieces that end between blocks, such as lists, rather than in one that the next chunk can hold.

        Where only what introduces the block is before it, the run goes on into the block, and so does the next one.
        """
        first, done = 0, 0
        kept = self._kept(pieces, begin)
        while done < len(pieces):
            reach = self._reach(pieces, first, done + 1, self._max)
            last, needed = self._before_block(pieces, kept, first, max(first, done), reach)
            if last < reach and all(piece in introductions for piece in pieces[first:last]):
                yield pieces[first].start, pieces[reach - 1].end
                first = done = last
                continue
            yield pieces[first].start, pieces[last - 1].end
            if last == len(pieces):
                return
            first = max(first + 1, last - self._overlap)
            while first < last and not self._run_fits(pieces[first], pieces[needed - 1], self._max):
                first += 1
            done = last

    def _before_block(
        self, pieces: list[_Piece], kept: Sequence[Range], first: int, new: int, last: int
    ) -> tuple[int, int]:
        """Where to end a run from ``first`` that reaches to ``last``, and the end of what the next one should hold.

        Of the blocks that would be cut, the largest that fits into a chunk decides; one that begins the run, after what
        it shares with the run before (up to ``new``), may be somewhat longer than ``last`` was estimated to be.
        """
        near = kept[bisect_left(kept, (max(new, last - self._max), 0)) : bisect_left(kept, (last, 0))]
        cut = self._largest(pieces, [run for run in near if run[1] > last])
        if cut and cut[0] > new:
            return cut
        if cut and self._run_fits(pieces[first], pieces[cut[1] - 1], self._max):
            last = cut[1]
        beginning = kept[bisect_left(kept, (last, 0)) : bisect_left(kept, (last + 1, 0))]
        following = self._largest(pieces, beginning)
        return last, following[1] if following else min(last + 1, len(pieces))

    def _largest(self, pieces: list[_Piece], runs: Sequence[Range]) -> Range | None:
        """The largest of the runs, each in the next, that fits into a chunk, which has no more pieces than tokens."""
        by_size = sorted((run for run in runs if run[1] - run[0] <= self._max), key=lambda run: run[1] - run[0])
        count = bisect_left(
            by_size, True, key=lambda run: not self._run_fits(pieces[run[0]], pieces[run[1] - 1], self._max)
        )
        return by_size[count - 1] if count else None

    def _kept(self, pieces: Sequence[_Piece], begin: int) -> list[Range]:
        """The blocks and tables of several pieces, with and without their lead-ins, as sorted runs of positions.

        Tags may stand before the first piece: blocks are looked for from ``begin`` on.
        """
        starts = [piece.start for piece in pieces]
        blocks, tables = self._document.blocks, self._document.tables
        found = set[Range]()
        nearby: list[Block | Table] = [
            *blocks[bisect_left(blocks, begin, key=_start) : bisect_left(blocks, pieces[-1].end, key=_start)],
            *tables[bisect_left(tables, begin, key=_start) : bisect_left(tables, pieces[-1].end, key=_start)],
        ]
        for own in nearby:
            first, last = bisect_left(starts, own.start), bisect_left(starts, own.end)
            if isinstance(own, Table) and own.caption:
                first = min(first, bisect_left(starts, own.caption[0]))
                last = max(last, bisect_left(starts, own.caption[1]))
            introduced = first > 0 and self._is_introduced(own, pieces[first - 1])
            found.update((start, last) for start in range(first - introduced, first + 1) if last - start > 1)
        return sorted(found)

    def _is_introduced(self, own: Block | Table, before: _Piece) -> bool:
        """Whether the sentence before a list, a table or the like is its lead-in; both are in the same blocks."""
        if isinstance(own, Block) and own.kind not in _INTRODUCED:
            return False
        around = self._document.blocks_at(before.start)
        return self._text[before.end - 1] in COLONS and all(block.end >= own.end for block in around)

    def _rows_by_table(self, pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
        """The rows below the headings of each table among the pieces that has several."""
        for table, run in groupby(pieces, key=lambda piece: self._document.table_at(piece.start)):
            if table:
                grid = grid_of(self._text, table)
                rows = [piece for piece in run if grid.is_data(grid.row_at(piece.start))]
                if len(rows) > 1:
                    yield rows

    def _reach(self, pieces: list[_Piece], first: int, least: int, limit: int) -> int:
        """The end of the longest run of pieces from ``first`` that fits, but at least ``least``."""
        last = first
        total = 0
        while last < len(pieces) and (last < least or self._may_hold(pieces[first], pieces[last], total, limit)):
            total += pieces[last].tokens
            last += 1
        # Token counts do not add up exactly where texts are joined, so the count of the whole run decides.
        for _ in range(_STEPS):
            if last <= least or self._run_fits(pieces[first], pieces[last - 1], limit):
                return last
            last -= 1
        return least + bisect_left(  # here white space between the pieces takes many tokens
            range(least, last), True, key=lambda end: not self._run_fits(pieces[first], pieces[end], limit)
        )

    def _may_hold(self, first: _Piece, last: _Piece, total: int, limit: int) -> bool:
        return total + last.tokens <= limit and last.end - first.start <= _FARTHEST

    def _run_fits(self, first: _Piece, last: _Piece, limit: int) -> bool:
        return last.end - first.start <= _FARTHEST and self._fits(first.start, last.end, limit)

    def _fits(self, start: int, end: int, limit: int | None = None) -> bool:
        total, limit = 0, limit or self._max
        for begin in range(start, end, BLOCK):
            total += self._count(begin, min(end, begin + BLOCK))
            if total > limit:
                return False
        return True

    def _cut(self, start: int, end: int, room: int) -> Iterator[_Piece]:
        """A sentence of more than ``room`` tokens, cut between words, or within a word that is too long itself."""
        text = self._text
        words, ahead, limit = self._word_pieces(start, end, room), list[_Piece](), room
        while True:
            tokens = sum(word.tokens for word in ahead)
            while tokens <= limit and (word := next(words, None)):
                ahead.append(word)
                tokens += word.tokens
            if not ahead:
                return
            last = self._reach(ahead, 0, 1, limit)
            begin, stop = ahead[0].start, ahead[last - 1].end
            yield _Piece(begin, stop, self._count_text(text[begin:stop]))
            del ahead[:last]
            limit = self._max

    def _word_pieces(self, start: int, end: int, room: int) -> Iterator[_Piece]:
        """The words of a sentence, cut where too long; the first piece has at most ``room`` tokens."""
        text = self._text
        for word in _WORD.finditer(text, start, end):
            tokens = self._count_text(" " + word[0])
            if max(tokens, self._count_text(word[0])) <= room:  # the first word of a chunk has no space before it
                yield _Piece(*word.span(), tokens)
            else:
                for first, stop in self._cut_word(*word.span(), room):
                    yield _Piece(first, stop, self._count_text(text[first:stop]))
            room = self._max

    def _cut_word(self, start: int, end: int, room: int) -> Iterator[Range]:
        """A run without spaces (of Chinese, or of noise) cut after a clause or, failing that, anywhere."""
        text = self._text
        while start < end:
            size = min(end - start, 4 * room)
            while size > 1 and self._count_text(text[start : start + size]) > room:
                size = size * 3 // 4
            stop = start + size
            if stop < end:
                stop = _good_end(text, start, stop)
            yield start, stop
            start, room = stop, self._max


def _start(block: Block | Table) -> int:
    return block.start


def _good_end(text: str, start: int, stop: int) -> int:
    """The best end of a cut in ``text[start:stop]``: after its last clause, else where no combining mark follows."""
    clause = max(text.rfind(sign, start + (stop - start) // 2, stop) for sign in _CLAUSE_ENDS)
    if clause > start:
        return clause + 1
    whole = stop
    while whole > start + 1 and unicodedata.category(text[whole])[0] == "M":
        whole -= 1
    return whole if whole > start + 1 else stop
