"""A document's regions -> chunks: how sentences and rows are packed (``documents.split`` says into what)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence, Set
from heapq import merge
from itertools import groupby

from documents.blocks import Block, Range, Table
from documents.document import Document
from documents.grid import grid_of
from documents.outline import COLONS
from documents.pieces import Piece, Segmenter, TokenBudget

# Tokens of table rows that share a chunk: a row is found best on its own, so only very short rows are combined.
ROWS = 32

_INTRODUCED = frozenset({"list", "code", "quotation", "header"})


class Chunking:
    """Packs one document's sentences into chunks of at most ``max_tokens`` tokens, counted by ``count``."""

    def __init__(
        self, document: Document, count: Callable[[str], int], max_tokens: int, overlap_sentences: int
    ) -> None:
        self._document = document
        self._text = document.text
        self._max = max_tokens
        self._overlap = overlap_sentences
        self._budget = TokenBudget(document, count, max_tokens)
        self._segmenter = Segmenter(document, self._budget)

    def chunks(self, start: int, heading_end: int, end: int) -> Iterator[Range]:
        """The chunks of a region: runs of what is not in a large table, and rows, in the order of their starts."""
        pieces = self._segmenter.pieces(start, heading_end, end)
        introductions = self._introductions(pieces, heading_end)
        for is_large, own in self._runs(pieces, introductions):
            if is_large:
                yield from self._row_chunks(own, introductions)
            else:
                rows = (span for rows in self._rows_by_table(own) for span in self._row_chunks(rows, introductions))
                prose = self._prose_chunks(own, introductions, start if own[0] is pieces[0] else own[0].start)
                yield from merge(prose, rows, key=lambda span: (span[0], -span[1]))

    def _introductions(self, pieces: Sequence[Piece], heading_end: int) -> set[Piece]:
        """The pieces that say nothing alone: headings, and the captions and column headings of tables."""
        tables = self._document.tables
        found = set[Piece]()
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

    def _runs(self, pieces: Sequence[Piece], introductions: Set[Piece]) -> Iterator[tuple[bool, list[Piece]]]:
        """Runs of pieces in large tables, each with what introduces it, and runs of other pieces."""
        own: list[Piece] = []
        was_large = False
        for piece in pieces:
            is_large = self._document.table_at(piece.start) in self._budget.large
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

    def _row_chunks(self, rows: Sequence[Piece], introductions: Set[Piece]) -> Iterator[Range]:
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

    def _prose_chunks(self, pieces: list[Piece], introductions: Set[Piece], begin: int) -> Iterator[Range]:
        """Runs of pieces that end between blocks, such as lists, rather than in one that the next chunk can hold.

        Where only what introduces the block is before it, the run goes on into the block, and so does the next one.
        """
        first, done = 0, 0
        kept = self._kept(pieces, begin)
        while done < len(pieces):
            reach = self._budget.reach(pieces, first, done + 1)
            last, needed = self._before_block(pieces, kept, first, max(first, done), reach)
            if last < reach and all(piece in introductions for piece in pieces[first:last]):
                yield pieces[first].start, pieces[reach - 1].end
                first = done = last
                continue
            yield pieces[first].start, pieces[last - 1].end
            if last == len(pieces):
                return
            first = max(first + 1, last - self._overlap)
            while first < last and not self._budget.holds(pieces[first], pieces[needed - 1]):
                first += 1
            done = last

    def _before_block(
        self, pieces: list[Piece], kept: Sequence[Range], first: int, new: int, last: int
    ) -> tuple[int, int]:
        """Where to end a run from ``first`` that reaches to ``last``, and the end of what the next one should hold.

        Of the blocks that would be cut, the largest that fits into a chunk decides; one that begins the run, after what
        it shares with the run before (up to ``new``), may be somewhat longer than ``last`` was estimated to be.
        """
        near = kept[bisect_left(kept, (max(new, last - self._max), 0)) : bisect_left(kept, (last, 0))]
        cut = self._largest(pieces, [run for run in near if run[1] > last])
        if cut and cut[0] > new:
            return cut
        if cut and self._budget.holds(pieces[first], pieces[cut[1] - 1]):
            last = cut[1]
        beginning = kept[bisect_left(kept, (last, 0)) : bisect_left(kept, (last + 1, 0))]
        following = self._largest(pieces, beginning)
        return last, following[1] if following else min(last + 1, len(pieces))

    def _largest(self, pieces: list[Piece], runs: Sequence[Range]) -> Range | None:
        """The largest of the runs, each in the next, that fits into a chunk, which has no more pieces than tokens."""
        by_size = sorted((run for run in runs if run[1] - run[0] <= self._max), key=lambda run: run[1] - run[0])
        count = bisect_left(by_size, True, key=lambda run: not self._budget.holds(pieces[run[0]], pieces[run[1] - 1]))
        return by_size[count - 1] if count else None

    def _kept(self, pieces: Sequence[Piece], begin: int) -> list[Range]:
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

    def _is_introduced(self, own: Block | Table, before: Piece) -> bool:
        """Whether the sentence before a list, a table or the like is its lead-in; both are in the same blocks."""
        if isinstance(own, Block) and own.kind not in _INTRODUCED:
            return False
        around = self._document.blocks_at(before.start)
        return self._text[before.end - 1] in COLONS and all(block.end >= own.end for block in around)

    def _rows_by_table(self, pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
        """The rows below the headings of each table among the pieces that has several."""
        for table, run in groupby(pieces, key=lambda piece: self._document.table_at(piece.start)):
            if table:
                grid = grid_of(self._text, table)
                rows = [piece for piece in run if grid.is_data(grid.row_at(piece.start))]
                if len(rows) > 1:
                    yield rows


def _start(block: Block | Table) -> int:
    return block.start
