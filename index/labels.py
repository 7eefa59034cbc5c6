"""How much of a row's label a question says: what a reranker, which reads for meaning, passes over.

"What were accrued bonuses in 2021?" is about the row "Accrued bonuses", however much "Accrued expenses" resembles it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from documents.document import Chunk
from documents.grid import Grid, grid_of
from documents.linearise import tables_within
from index.analyse import question_terms, terms
from index.passage import Passage
from index.snapshot import embedding_text

# How much the whole label counts beside the fused score. Chosen by ``python -m benchmarks.row_labels``.
FOUND_SHARE = 0.5


def label_said(question: str, chunk: Chunk, start: int, end: int) -> float:
    """How much of a row's label the question says, between 0 and 1, the largest of the chunk's rows from ``start`` on.

    It is the share of the label's terms that are in the question, times the share of the question's terms that are in
    the chunk: "the deposit for a library card" is not all about a row "Deposit". 0 outside tables. Numbers in labels
    do not count: a row for each year is not what a question about that year is about.
    """
    asked = _asked(question)
    shares = [0.0]
    for table in tables_within(chunk.document.tables, start, end):
        grid = grid_of(chunk.document.text, table)
        first, last = grid.row_at(max(start, table.start)), grid.row_at(min(end, table.end) - 1)
        labels = (label_of(grid, row) for row in range(first, last + 1) if grid.is_data(row))
        shares += [_share(_label_terms(label), asked) for label in labels]
    return max(shares) and max(shares) * _share(asked, frozenset(terms(embedding_text(chunk), "en")))


def labelled(question: str, passages: Iterable[Passage]) -> list[Passage]:
    """Passages that were found, those with a row whose label the question says further ahead."""
    found = [(own, label_said(question, own.chunk, own.chunk.start, own.chunk.end)) for own in passages]
    return [own for own, said in sorted(found, key=lambda one: -(one[0].score + FOUND_SHARE * one[1]))]


def label_of(grid: Grid, row: int) -> str:
    """The text of the cells that say what the row is about."""
    return " ".join(grid.text[cell.start : cell.end] for cell in grid.cells(row)[: grid.table.labels])


def _label_terms(label: str) -> frozenset[str]:
    return frozenset(term for term in terms(label, "en") if not term.isdigit())


def _share(words: frozenset[str], among: frozenset[str]) -> float:
    return len(words & among) / len(words) if words else 0.0


@lru_cache(maxsize=64)
def _asked(question: str) -> frozenset[str]:
    return frozenset(question_terms(question, ("en",)))
