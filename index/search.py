"""Question -> passages: dense and BM25 retrieval, fused by rank, then reranked."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from index import lexical
from index.embed import Embedder
from index.passage import Passage, Scope
from index.rerank import Reranker
from index.store import Snapshot, Store, StoreError, embedding_text
from index.vectors import VectorIndex

Retriever = Literal["dense", "bm25"]
RETRIEVERS: tuple[Retriever, ...] = ("dense", "bm25")
# Least depth of each retriever, and the constant of reciprocal rank fusion (Cormack, Clarke and Buettcher 2009).
CANDIDATES = 50
RRF_K = 10


class Index:
    """A store with the models that search it. Safe to share between threads."""

    def __init__(self, store: Store, embedder: Embedder, reranker: Reranker) -> None:
        """
        Raises:
            StoreError: there is no index, or another embedder made its vectors.
        """
        self.store = store
        self.embedder = embedder
        self.reranker = reranker
        with store.snapshot() as snapshot:
            self._check_embedder(snapshot)
        self._vectors: VectorIndex | None = None
        self._lock = threading.Lock()

    def retrieve(
        self, question: str, scope: Scope, limit: int, retrievers: Sequence[Retriever] = RETRIEVERS
    ) -> list[Passage]:
        """The ``limit`` best passages by fused rank, best first; those that ``scope`` may not see do not exist.

        With one of the ``retrievers`` alone, its own ranking.
        """
        depth = max(CANDIDATES, limit)
        query = self.embedder.embed([question], "query")[0] if "dense" in retrievers else None
        rankings: dict[str, list[tuple[int, float]]] = {}
        with self.store.snapshot() as snapshot:
            self._check_embedder(snapshot)
            allowed = snapshot.visible_chunks(scope)
            if query is not None:
                rankings["dense"] = self._current_vectors(snapshot).search(query, depth, allowed)
            if "bm25" in retrievers:
                rankings["bm25"] = lexical.search(snapshot.db, question, depth, allowed)
            passages = [self._passage(snapshot, chunk_id, scope, scores) for chunk_id, scores in fuse(rankings).items()]
        passages.sort(key=lambda passage: (-passage.score, passage.chunk.document.id, passage.chunk.start))
        return passages[:limit]

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """``passages`` ordered by the reranker's logit, best first."""
        return rerank(self.reranker, question, passages)

    def _check_embedder(self, snapshot: Snapshot) -> None:
        """
        Raises:
            StoreError: another embedder made the vectors; the index may have been made anew since it was opened.
        """
        if snapshot.embedder != self.embedder.fingerprint:
            raise StoreError(
                f"the index in {self.store.folder} was made with embedder {snapshot.embedder}, not "
                f"{self.embedder.fingerprint}: use that one, or make another index with --index"
            )

    def _current_vectors(self, snapshot: Snapshot) -> VectorIndex:
        with self._lock:
            if self._vectors is None or self._vectors.state != snapshot.state:
                self._vectors = VectorIndex.open(self.store.folder, snapshot)
            return self._vectors

    @staticmethod
    def _passage(snapshot: Snapshot, chunk_id: int, scope: Scope, scores: dict[str, float]) -> Passage:
        chunk = snapshot.chunk(chunk_id)
        return Passage(chunk, snapshot.source_of(chunk.document.id, scope), scores["fusion"], scores)


def rerank(reranker: Reranker, question: str, passages: Sequence[Passage]) -> list[Passage]:
    """``passages`` ordered by ``reranker``'s logit, best first."""
    logits = reranker.score(question, [embedding_text(passage.chunk) for passage in passages])
    scored = [
        replace(passage, score=logit, stage_scores={**passage.stage_scores, "rerank": logit})
        for passage, logit in zip(passages, logits, strict=True)
    ]
    return sorted(scored, key=lambda passage: -passage.score)


def fuse(rankings: dict[str, list[tuple[int, float]]]) -> dict[int, dict[str, float]]:
    """Reciprocal rank fusion: each id's scores by stage, with the sum of 1 / (k + rank) as "fusion".

    Equal scores share a rank, so that texts that are equal score equally, whichever was indexed first.
    """
    fused: dict[int, dict[str, float]] = {}
    for stage, ranking in rankings.items():
        rank, last = 0, math.nan
        for position, (chunk_id, score) in enumerate(ranking, start=1):
            rank, last = (rank, last) if score == last else (position, score)
            scores = fused.setdefault(chunk_id, {"fusion": 0.0})
            scores[stage] = score
            scores["fusion"] += 1 / (RRF_K + rank)
    return fused
