"""What searches one snapshot of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.embed import Vectors
from index.snapshot import Selection

Hits = list[tuple[int, float]]
"""Chunk ids with their scores, best first; equal scores by id."""


class Searcher(Protocol):
    """Both searches of one snapshot; what the selection leaves out does not exist."""

    @property
    def kind(self) -> str:
        """How the nearest vectors are found, in words."""
        ...

    def dense(self, query: Vectors, limit: int, selection: Selection | None = None) -> Hits:
        """The ``limit`` chunks whose embeddings have the highest cosine with ``query`` of shape (dimension,)."""
        ...

    def bm25(self, terms: Sequence[str], limit: int, selection: Selection | None = None) -> Hits:
        """The ``limit`` chunks with the highest BM25 scores for the ``terms`` (``analyse.question_terms``)."""
        ...
