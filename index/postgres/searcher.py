"""Both searches of a snapshot in PostgreSQL, in its own transaction.

Nearest neighbours are found to half precision, exactly or by HNSW (Malkov and Yashunin 2018), and then scored with the
embeddings as the store holds them: the same vectors give the same cosines as in ``index.vectors``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.embed import Vectors
from index.postgres import lexical
from index.postgres.transaction import halfvec
from index.searcher import Hits
from index.snapshot import Selection, Snapshot

NEAREST = "passages_nearest"  # the HNSW index
# Candidates that are scored exactly: so many for each that is wanted, and some more.
_REFINED, _SPARE = 2, 10
_LISTS = 400  # hnsw.ef_search: candidates that HNSW keeps while it searches, at least; at most _MOST
_MOST = 1_000
_FEW = 200  # chunks of which all terms are soon read


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of one state of the store: how many passages there are, how long they are on average, and whether HNSW is used.

    Up to ``exact`` passages of a selection are always searched exactly.
    """

    passages: int
    average: float
    approximate: bool
    exact: int


@dataclass(frozen=True)
class PostgresSearcher:
    """Searches the snapshot, whose statistics these are."""

    snapshot: Snapshot
    statistics: Statistics

    @property
    def kind(self) -> str:
        """See ``index.searcher``."""
        return "HNSW (pgvector), refined" if self.statistics.approximate else "exact (pgvector)"

    def dense(self, query: Vectors, limit: int, selection: Selection | None = None) -> Hits:
        """See ``index.searcher``."""
        if limit == 0:
            return []
        candidates = self._near(query, limit * _REFINED + _SPARE, selection)
        if not candidates:
            return []
        vectors = self.snapshot.vectors_of(candidates)
        cosines = np.einsum("ij,j->i", vectors, query, dtype=np.float64).astype(np.float32)
        found = zip(candidates, cosines.tolist(), strict=True)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def bm25(self, terms: Sequence[str], limit: int, selection: Selection | None = None) -> Hits:
        """See ``index.searcher``."""
        if not terms or limit == 0 or self.statistics.passages == 0:
            return []
        values = {
            "terms": list(dict.fromkeys(map(lexical.key_of, terms))),
            "passages": self.statistics.passages,
            "average": self.statistics.average,
            "ids": selection.ids.tolist() if selection else [],
            "limit": limit,
        }
        many = selection is not None and len(selection.ids) > _FEW
        # Of many chunks all terms would be read: an expression keeps the index of chunks from being used.
        selected = _selected(selection, "postings.chunk + 0" if many else "chunk")
        return self.snapshot.db.execute(lexical.SEARCH.format(selected=selected), values).fetchall()

    def _near(self, query: Vectors, limit: int, selection: Selection | None) -> list[int]:
        """Ids of about the ``limit`` chunks nearest to the query."""
        few = selection is not None and not selection.hidden and len(selection.ids) <= self.statistics.exact
        order = "near"  # an expression that the HNSW index is not for: every selected vector is compared
        if self.statistics.approximate and not few:
            order = f"near::halfvec({len(query)})"
            self.snapshot.db.execute(f"SET LOCAL hnsw.ef_search = {min(_MOST, max(_LISTS, limit))}")
        rows = self.snapshot.db.execute(
            f"SELECT chunk FROM passages WHERE near IS NOT NULL AND {_selected(selection)}"
            f" ORDER BY {order} <#> CAST(:query AS halfvec({len(query)})) LIMIT :limit",
            {"query": halfvec(query), "ids": selection.ids.tolist() if selection else [], "limit": limit},
        )
        return [row[0] for row in rows]


def _selected(selection: Selection | None, chunk: str = "chunk") -> str:
    """An SQL condition that holds for the selected chunks; their ids are its parameter ``ids``."""
    if selection is None:
        return "true"
    return f"{chunk} {'<> ALL' if selection.hidden else '= ANY'}(CAST(:ids AS bigint[]))"
