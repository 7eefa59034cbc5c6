"""BM25 search in a tantivy index at one moment, and the index's schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from index.snapshot import Selection

# A selection of at most so many ids is part of tantivy's query; with a larger one, what is found is filtered.
_LISTED = 10_000


def schema() -> Any:
    """A document is a chunk: its id, and its terms separated by spaces."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


@dataclass(frozen=True)
class Bm25Searcher:
    """The index at one moment.

    A selection of at most ``listed`` ids is part of tantivy's query; with a larger one, what is found is filtered.
    """

    _searcher: Any
    _schema: Any
    listed: int = _LISTED

    def search(self, terms: Sequence[str], limit: int, selection: Selection | None = None) -> list[tuple[int, float]]:
        """The ``limit`` best ``(chunk id, BM25 score)`` among the selected chunks, best first."""
        if not terms or limit == 0:
            return []
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._term("terms", term)) for term in terms])
        if selection is not None and not selection.hidden and len(selection.ids) <= self.listed:
            among = tantivy.Query.const_score_query(
                tantivy.Query.term_set_query(self._schema, "id", selection.ids.tolist()), 0.0
            )
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, among)])
            selection = None
        depth = limit
        while True:
            ids, scores = self._best(query, depth)
            kept = np.ones(len(ids), dtype=bool) if selection is None else selection.keeps(ids)
            if kept.sum() >= limit or len(ids) < depth:
                break
            depth *= 16
        found = zip(ids[kept].tolist(), scores[kept].tolist(), strict=True)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def _term(self, field: str, value: str) -> Any:
        return tantivy.Query.term_query(self._schema, field, value, index_option="freq")

    def _best(self, query: Any, depth: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        hits = self._searcher.search(query, depth, count=False).hits
        ids = self._searcher.fast_field_values("id", [address for _, address in hits]) if hits else []
        return np.array(ids, dtype=np.int64), np.array([score for score, _ in hits])
