"""Question -> passages: dense and BM25 retrieval, fused, then reranked."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Literal

from documents.language import told
from documents.normalise import normalise
from index.analyse import question_terms
from index.diversify import distinct
from index.embed import Embedder, Vectors
from index.lexical import LexicalIndex
from index.passage import Passage, Scope
from index.refresh import refresh
from index.rerank import Reranker
from index.snapshot import Selection, Snapshot, embedding_text
from index.store import Store, StoreError
from index.vectors import VectorIndex

log = logging.getLogger(__name__)

Retriever = Literal["dense", "bm25"]
ENGLISH = "en"
RETRIEVERS: tuple[Retriever, ...] = ("dense", "bm25")
# Chosen by ``python -m benchmarks.ablation`` on training questions: how many candidates each retriever gives at least,
# and how much the fused score, from 0 to 1, counts beside the reranker's logit: more for a statement, since rerankers
# are trained on questions.
CANDIDATES = 100
FUSION_SHARE, STATEMENT_SHARE = 2.5, 20.0
# Whose terms a question is given, beside its own language's: the commonest languages of the documents.
_LANGUAGES = 3
_SCOPES = 64  # remembered, of the present state

# What a scope may see, and how many of its documents are in which language.
Visible = tuple[Selection | None, Mapping[str, int]]


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
        self._lexical: LexicalIndex | None = None
        self._seen: tuple[str, dict[Scope, Visible]] = ("", {})
        self._not_renewed = ""  # the state in which the base could not be built anew
        self._beside = ThreadPoolExecutor(thread_name_prefix="query")
        self._lock = threading.Lock()
        self._renewing = threading.Lock()

    def retrieve(
        self, question: str, scope: Scope, limit: int, retrievers: Sequence[Retriever] = RETRIEVERS
    ) -> list[Passage]:
        """The ``limit`` best passages by fused score, best first; those that ``scope`` may not see do not exist.

        With one of the ``retrievers`` alone, its own ranking.
        """
        query = self._query(question) if "dense" in retrievers else None
        with self._snapshot() as snapshot:
            fused = self._fused(snapshot, question, query, scope, max(CANDIDATES, limit), "bm25" in retrievers)
            return list(itertools.islice(_ordered(snapshot, fused, scope), limit))

    def candidates(self, question: str, scope: Scope, limit: int) -> list[Passage]:
        """The ``limit`` best passages that say different things, best first: what is worth reranking."""
        query = self._query(question)
        with self._snapshot() as snapshot:
            fused = self._fused(snapshot, question, query, scope, max(CANDIDATES, limit), True)
            return list(itertools.islice(distinct(_ordered(snapshot, fused, scope)), limit))

    def _query(self, question: str) -> Future[Vectors]:
        """The question's embedding, which is made while its words are looked for."""
        return self._beside.submit(lambda: self.embedder.embed([question], "query")[0])

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        """The store as it is now: no older than the vectors at hand, unless it was made anew."""
        for _ in range(3):
            with self.store.snapshot() as snapshot:
                self._check_embedder(snapshot)  # the first reading, from which on the snapshot stays as it is
                known = self._vectors
                if known is None or known.generation <= snapshot.generation:
                    yield snapshot
                    return
        with self.store.snapshot() as snapshot:
            yield snapshot

    def _fused(
        self, snapshot: Snapshot, question: str, query: Future[Vectors] | None, scope: Scope, depth: int, words: bool
    ) -> dict[int, dict[str, float]]:
        selection, languages = self._visible(snapshot, scope)
        rankings: dict[Retriever, list[tuple[int, float]]] = {}
        # Words of a language that the documents are not in match by chance, and bury what dense search finds.
        asked = told([question])
        if words and (query is None or asked is None or asked in languages):
            spoken = [asked or ENGLISH, *list(languages)[:_LANGUAGES]]
            rankings["bm25"] = self._search_words(
                snapshot, question_terms(normalise(question), spoken), depth, selection
            )
        if query is not None:
            vectors = self._current_vectors(snapshot)
            rankings["dense"] = vectors.search(query.result(), depth, snapshot.vectors_of, selection)
        return fuse({retriever: rankings[retriever] for retriever in RETRIEVERS if retriever in rankings})

    def count(self, scope: Scope) -> int:
        """How many passages ``scope`` may see."""
        with self.store.snapshot() as snapshot:
            selection, all_of_them = self._visible(snapshot, scope)[0], snapshot.count("chunks")
        if selection is None:
            return all_of_them
        return all_of_them - len(selection.ids) if selection.hidden else len(selection.ids)

    def languages(self, scope: Scope) -> Mapping[str, int]:
        """How many of the documents that ``scope`` may see are in each language, by code, the commonest first."""
        with self.store.snapshot() as snapshot:
            return self._visible(snapshot, scope)[1]

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """``passages`` ordered by reranker and retrieval together, best first."""
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

    def _visible(self, snapshot: Snapshot, scope: Scope) -> Visible:
        """What ``scope`` may see, and in which languages; remembered while the store stays as it is."""
        with self._lock:
            if self._seen[0] != snapshot.state or len(self._seen[1]) >= _SCOPES:
                self._seen = (snapshot.state, {})
            known = self._seen[1]
        if scope not in known:
            known[scope] = (snapshot.selection(scope), snapshot.languages(scope))
        return known[scope]

    def _current_vectors(self, snapshot: Snapshot) -> VectorIndex:
        with self._lock:
            current = self._vectors.following(snapshot) if self._vectors else None
            self._vectors = current or VectorIndex.open(self.store.folder, snapshot)
            due = self._vectors.outdated and self.store.writable and self._not_renewed != snapshot.state
            if due and self._renewing.acquire(blocking=False):
                threading.Thread(target=self._renew, name="renew-vectors", daemon=True).start()
            return self._vectors

    def _renew(self) -> None:
        """Build the base anew beside the questions that are asked meanwhile."""
        try:
            refresh(self.store)
            with self.store.snapshot() as snapshot:
                vectors = VectorIndex.open(self.store.folder, snapshot)
            with self._lock:
                self._vectors = vectors
        except Exception as error:  # questions go on with what there is; tried again when the store has changed
            log.warning("the vector index could not be built anew: %s", error)
            with suppress(StoreError), self.store.snapshot() as snapshot:
                self._not_renewed = snapshot.state
        finally:
            self._renewing.release()

    def _search_words(
        self, snapshot: Snapshot, terms: Sequence[str], limit: int, selection: Selection | None
    ) -> list[tuple[int, float]]:
        with self._lock:
            self._lexical = self._lexical or LexicalIndex(self.store)
        lexical = self._lexical
        try:
            found = lexical.searcher(snapshot).search(terms, limit, selection)
        except BaseException as error:
            if not (isinstance(error, ValueError) or type(error).__name__ == "PanicException"):
                raise
            log.warning("the lexical index cannot be searched; making it anew (%s)", error)
            lexical.remake()
            found = lexical.searcher(snapshot).search(terms, limit, selection)
        existing = snapshot.existing([chunk_id for chunk_id, _ in found])
        return [hit for hit in found if hit[0] in existing]


def _ordered(snapshot: Snapshot, fused: Mapping[int, dict[str, float]], scope: Scope) -> Iterator[Passage]:
    """Passages by fused score; equal scores by content, whichever was indexed first."""
    ordered = sorted(fused, key=lambda chunk_id: -fused[chunk_id]["fusion"])
    for _, equal in itertools.groupby(ordered, key=lambda chunk_id: fused[chunk_id]["fusion"]):
        found = [(snapshot.chunk(chunk_id), fused[chunk_id]) for chunk_id in equal]
        for chunk, scores in sorted(found, key=lambda hit: (hit[0].document.id, hit[0].start)):
            yield Passage(chunk, snapshot.source_of(chunk.document.id, scope), scores["fusion"], scores)


def rerank(reranker: Reranker, question: str, passages: Sequence[Passage]) -> list[Passage]:
    """``passages`` by ``reranker``'s logit and what retrieval thought of them (``fusion_share``), best first."""
    share = fusion_share(question)
    logits = reranker.score(question, [embedding_text(passage.chunk) for passage in passages])
    scored = [
        replace(
            passage,
            score=logit + share * passage.stage_scores.get("fusion", 0.0),
            stage_scores={**passage.stage_scores, "rerank": logit},
        )
        for passage, logit in zip(passages, logits, strict=True)
    ]
    return sorted(scored, key=lambda passage: -passage.score)


def fusion_share(question: str) -> float:
    """The weight of the fused score beside the logit; a sentence that ends with a full stop is a statement."""
    return STATEMENT_SHARE if question.rstrip().endswith((".", "。")) and "?" not in question else FUSION_SHARE


def fuse(rankings: Mapping[str, Sequence[tuple[int, float]]]) -> dict[int, dict[str, float]]:
    """Each id's scores by stage, with the mean of its normalised ones as "fusion", between 0 and 1.

    A stage's scores are normalised to 0 for its last and 1 for its best candidate; who is not among them has 0
    (CombSUM, Fox and Shaw 1994; against fusion by rank see Bruch, Gai and Ingber 2023, arXiv:2210.11934, and
    ``benchmarks.ablation``).
    """
    fused: dict[int, dict[str, float]] = {}
    for stage, ranking in rankings.items():
        values = [score for _, score in ranking]
        least, span = min(values, default=0.0), max(values, default=0.0) - min(values, default=0.0)
        for chunk_id, score in ranking:
            scores = fused.setdefault(chunk_id, {"fusion": 0.0})
            scores[stage] = score
            scores["fusion"] += ((score - least) / span if span else 1.0) / len(rankings)
    return fused
