"""Query -> passages: dense and BM25 retrieval over one state of the store, fused."""

from __future__ import annotations

import itertools
import logging
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from documents.dates import find_dates
from documents.document import Document, Source
from documents.normalise import normalise
from index.analyse import question_terms
from index.catalogue import languages_of, titles_of
from index.diversify import distinct
from index.embed import Embedder, Vectors
from index.fuse import fuse
from index.labels import labelled
from index.lexical import LexicalIndex
from index.named import named
from index.passage import Passage, Scope
from index.query import Query
from index.refresh import refresh
from index.rerank import Reranker, rerank
from index.searcher import Hits, Searcher
from index.snapshot import Selection, Snapshot
from index.store import Store, StoreError
from index.vectors import VectorIndex

log = logging.getLogger(__name__)

Retriever = Literal["dense", "bm25"]
ENGLISH = "en"
RETRIEVERS: tuple[Retriever, ...] = ("dense", "bm25")
# Candidates that each retriever gives at least; chosen by ``python -m benchmarks.ablation`` on training questions.
CANDIDATES = 100
# BM25 stems the words of a question as its own language does, and as so many of the documents' commonest languages do.
_LANGUAGES = 3
_LOOKED_AT = 4  # times as many passages as are wanted are looked at for rows whose label the query says
_SPARE = 4  # passages that are read besides those that are wanted, as some may share a score
_SCOPES = 64  # whose ``Visible`` is remembered


@dataclass(frozen=True)
class Visible:
    """What a scope may see of one state of the store.

    - ``selection``: the chunks, or None for all of them; ``count``: how many they are;
    - ``languages``: how many documents are in each language, by code, the commonest first;
    - ``store_is_empty``: whether there are no passages at all, whoever may see them;
    - ``has_rows``: whether there are some without embedding, whoever may see them.
    """

    selection: Selection | None
    count: int
    languages: Mapping[str, int]
    store_is_empty: bool
    has_rows: bool

    @classmethod
    def of(cls, snapshot: Snapshot, scope: Scope) -> Visible:
        """Read what ``scope`` may see."""
        selection = snapshot.selection(scope)
        count = 0 if selection is None else len(selection.ids)
        if selection is None or selection.hidden:
            count = snapshot.count("chunks") - count
        return cls(
            selection, count, languages_of(snapshot, scope), snapshot.is_empty, snapshot.has_chunks_without_embedding
        )


@dataclass(frozen=True)
class _Derived:
    """Searches a snapshot by the indexes that are derived from the store; ``words`` opens the one of words."""

    snapshot: Snapshot
    vectors: VectorIndex
    words: Callable[[], LexicalIndex]

    @property
    def kind(self) -> str:
        return self.vectors.kind

    def dense(self, query: Vectors, limit: int, selection: Selection | None = None) -> Hits:
        return self.vectors.search(query, limit, self.snapshot.embeddings.of, selection)

    def bm25(self, terms: Sequence[str], limit: int, selection: Selection | None = None) -> Hits:
        return self.words().search(self.snapshot, terms, limit, selection)


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
        self._visible: tuple[str, dict[Scope, Visible]] = ("", {})  # by scope, of one state
        self._failed_state = ""  # the state of the store in which rebuilding the vector index failed
        self._lock = threading.Lock()
        self._rebuilding = threading.Lock()

    @contextmanager
    def view(self, scope: Scope) -> Iterator[View]:
        """The index as it is now and as ``scope`` sees it. For one thread at a time.

        Raises:
            StoreError: the index cannot be read, or another embedder made its vectors.
        """
        with self._snapshot() as snapshot:
            yield View(self, snapshot, scope)

    def retrieve(
        self, question: str, scope: Scope, limit: int, retrievers: Sequence[Retriever] = RETRIEVERS
    ) -> list[Passage]:
        """``View.retrieve`` for a question that needs nothing else of the index."""
        with self.view(scope) as view:
            return view.retrieve(Query.of(question), limit, retrievers)

    def candidates(self, question: str, scope: Scope, limit: int) -> list[Passage]:
        """``View.candidates`` for a question that needs nothing else of the index."""
        with self.view(scope) as view:
            return view.candidates(Query.of(question), limit)

    def rerank(self, question: str, passages: Sequence[Passage], enough: float = math.inf) -> list[Passage]:
        """``passages`` by reranker and retrieval together, best first; ``enough`` is as of ``index.rerank.rerank``."""
        return rerank(self.reranker, question, passages, enough)

    def embedding_of(self, query: Query) -> Vectors:
        """The query's embedding, of shape (dimension,).

        In the caller's own thread: to hand it to another and wait takes as long as the search for words does.
        """
        (embedding,) = self.embedder.embed([query.text], "query")
        return np.asarray(embedding)

    def visible(self, snapshot: Snapshot, scope: Scope) -> Visible:
        """What ``scope`` may see of the snapshot; remembered until the store changes."""
        with self._lock:
            if self._visible[0] != snapshot.state or len(self._visible[1]) >= _SCOPES:
                self._visible = (snapshot.state, {})
            known = self._visible[1]
        if scope not in known:
            known[scope] = Visible.of(snapshot, scope)
        return known[scope]

    def searcher(self, snapshot: Snapshot) -> Searcher:
        """What searches the snapshot."""
        return self.store.searcher(snapshot) or _Derived(snapshot, self.vectors(snapshot), self.lexical)

    def lexical(self) -> LexicalIndex:
        """The BM25 index, opened at the first use.

        Raises:
            StoreError: it cannot be written.
        """
        with self._lock:
            self._lexical = self._lexical or LexicalIndex(self.store)
            return self._lexical

    def vectors(self, snapshot: Snapshot) -> VectorIndex:
        """The vector index of the snapshot's state. One with many later changes is rebuilt in the background."""
        with self._lock:
            current = self._vectors.following(snapshot) if self._vectors else None
            self._vectors = current or VectorIndex.open(self.store.folder, snapshot)
            due = self._vectors.outdated and self.store.writable and self._failed_state != snapshot.state
            if due and self._rebuilding.acquire(blocking=False):
                threading.Thread(target=self._rebuild, name="rebuild-vectors", daemon=True).start()
            return self._vectors

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        """The store as it is now, and no older than the vectors at hand, which another thread may have brought on.

        A store that was deleted and rebuilt may be of an earlier generation: then the vectors are of no use.
        """
        for _ in range(3):
            with self.store.snapshot() as snapshot:
                self._check_embedder(snapshot)  # the first read, which fixes the snapshot's state
                known = self._vectors
                if known is None or known.generation <= snapshot.generation:
                    yield snapshot
                    return
        with self.store.snapshot() as snapshot:
            self._check_embedder(snapshot)
            yield snapshot

    def _check_embedder(self, snapshot: Snapshot) -> None:
        """
        Raises:
            StoreError: another embedder made the vectors; the index may have been rebuilt since it was opened.
        """
        if snapshot.embedder != self.embedder.fingerprint:
            raise StoreError(
                f"the index in {self.store.name} was made with embedder {snapshot.embedder}, not "
                f"{self.embedder.fingerprint}: use that one, or make another index with --index"
            )

    def _rebuild(self) -> None:
        """Rebuild the vector index while questions are answered."""
        try:
            refresh(self.store)
            with self.store.snapshot() as snapshot:
                vectors = VectorIndex.open(self.store.folder, snapshot)
            with self._lock:
                self._vectors = vectors
        except Exception as error:  # the present index still answers; tried again when the store has changed
            log.warning("the vector index could not be rebuilt: %s", error)
            with suppress(StoreError), self.store.snapshot() as snapshot:
                self._failed_state = snapshot.state
        finally:
            self._rebuilding.release()


class View:
    """The index at one moment, as one scope sees it: passages that the scope may not see do not exist."""

    def __init__(self, index: Index, snapshot: Snapshot, scope: Scope) -> None:
        self._index = index
        self._snapshot = snapshot
        self._scope = scope
        self._embeddings: dict[str, Vectors] = {}
        self._visible = index.visible(snapshot, scope)
        self._searcher = index.searcher(snapshot)  # now, since later the index may be ahead of the snapshot
        snapshot.limit_to(scope)

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._visible.count

    @property
    def languages(self) -> Mapping[str, int]:
        """How many documents are in each language, by code, the commonest first."""
        return self._visible.languages

    @property
    def with_list(self) -> bool:
        """Whether who asks may be told which sources there are."""
        return self._scope.with_list

    @property
    def chosen(self) -> int:
        """How many documents were chosen one by one to be asked; 0: all that the scope sees are."""
        return len(self._scope.only.documents)

    def catalogue(self) -> list[tuple[Source, str]]:
        """The sources that the scope may see, by path, each with its document's title ("": none)."""
        titles = titles_of(self._snapshot, self._scope)
        return [(source, titles.get(source.document_id, "")) for source in self._snapshot.sources(self._scope)]

    def document(self, source: Source) -> Document:
        """The document that a source leads to."""
        document = self._snapshot.document(source.document_id)
        if document is None:
            raise StoreError(f"the index in {self._index.store.name} is damaged: it lacks the text of {source.path}")
        return document

    def passage_at(self, document_id: str, offset: int) -> Passage | None:
        """The first passage of a document with the character at ``offset``; None where the scope sees none."""
        source = next(iter(self._snapshot.sources(self._scope, document_id)), None)
        # A database knows no numbers as large as anybody may send.
        if source is None or not 0 <= offset < len(self.document(source).text):
            return None
        chunk = self._snapshot.chunk_at(document_id, offset)
        return Passage(chunk, source, 0.0) if chunk else None

    def embedding_of(self, query: Query) -> Vectors:
        """The query's embedding, of shape (dimension,); made once for each text."""
        if query.text not in self._embeddings:
            self._embeddings[query.text] = self._index.embedding_of(query)
        return self._embeddings[query.text]

    @property
    def store_is_empty(self) -> bool:
        """Whether the store holds no passages at all, whoever may see them."""
        return self._visible.store_is_empty

    def holds(self, word: str) -> bool:
        """Whether a passage has the word, in any of its forms."""
        return bool(self._search_words(Query.of(word), 1, self._visible.selection))

    def candidates(self, query: Query, limit: int) -> list[Passage]:
        """The ``limit`` best passages that say different things, best first: those worth reranking.

        What several editions of a work say is from the newest, unless the query names a date. Documents that it names
        are also searched for the rest of it.
        """
        depth, looked_at = max(CANDIDATES, limit), _LOOKED_AT * limit
        found = list(self._ranked(query, depth, RETRIEVERS, looked_at, self._visible.selection))
        asked = query
        if about := named(query.text, (own.source for own in found), sum(self.languages.values())):
            asked = Query(about.rest, query.language)
            only = replace(self._scope.only, documents=tuple(sorted(about.documents)))
            theirs = self._snapshot.selection(replace(self._scope, only=only))
            found = _best_of(found, self._ranked(asked, depth, RETRIEVERS, looked_at, theirs))
        ranked = labelled(asked.text, found)
        return distinct(ranked, limit, newest=not find_dates(query.text))

    def retrieve(self, query: Query, limit: int, retrievers: Sequence[Retriever] = RETRIEVERS) -> list[Passage]:
        """The ``limit`` best passages by fused score, best first; with one retriever alone, in its own order."""
        return list(self._ranked(query, max(CANDIDATES, limit), retrievers, limit, self._visible.selection))

    def rerank(self, query: Query, passages: Sequence[Passage]) -> list[Passage]:
        """``passages`` by reranker and retrieval together, best first."""
        return self._index.rerank(query.text, passages)

    def _ranked(
        self,
        query: Query,
        depth: int,
        retrievers: Sequence[Retriever],
        limit: int,
        selection: Selection | None,
    ) -> Iterator[Passage]:
        """The ``limit`` best of the passages that the retrievers find, each ``depth`` of them, by fused score."""
        dense = "dense" in retrievers
        rankings: dict[str, Hits] = {}
        if dense:
            rankings["dense"] = self._searcher.dense(self.embedding_of(query), depth, selection)
        if "bm25" in retrievers and (not dense or self._may_hold_words_of(query)):
            rankings["bm25"] = self._search_words(query, depth, selection)
        return itertools.islice(self._passages(fuse(rankings), limit + _SPARE), limit)

    def _may_hold_words_of(self, query: Query) -> bool:
        """Whether documents are in the query's language: else its words match by chance and bury what dense finds.

        Rows of large tables are found by their words alone, and names, codes and numbers are of no language.
        """
        language = query.language.certain
        return language is None or language in self.languages or self._visible.has_rows

    def _search_words(self, query: Query, depth: int, selection: Selection | None) -> Hits:
        languages = [query.language.certain or ENGLISH, *itertools.islice(self.languages, _LANGUAGES)]
        terms = question_terms(normalise(query.text), languages)
        return self._searcher.bm25(terms, depth, selection)

    def _passages(self, fused: Mapping[int, Mapping[str, float]], at_once: int) -> Iterator[Passage]:
        """The passages by fused score, read some at a time; equal scores by content, whichever was indexed first."""
        ordered = sorted(fused, key=lambda chunk_id: -fused[chunk_id]["fusion"])
        found = self._read(ordered, fused, at_once)
        for _, equal in itertools.groupby(found, key=lambda passage: passage.score):
            yield from sorted(equal, key=lambda passage: (passage.document.id, passage.chunk.start))

    def _read(self, ids: Sequence[int], scores: Mapping[int, Mapping[str, float]], at_once: int) -> Iterator[Passage]:
        """The chunks as passages, so many at a time: a database may be far away."""
        for start in range(0, len(ids), at_once):
            some = ids[start : start + at_once]
            chunks = self._snapshot.chunks(some)
            sources = self._snapshot.sources_of({chunk.document.id for chunk in chunks}, self._scope)
            for chunk_id, chunk in zip(some, chunks, strict=True):
                own = scores[chunk_id]
                yield Passage(chunk, sources[chunk.document.id], own["fusion"], own)


def _best_of(*rankings: Iterable[Passage]) -> list[Passage]:
    """The passages of all rankings, each by the best of its scores, best first."""
    best: dict[tuple[str, int], Passage] = {}
    for passage in itertools.chain(*rankings):
        known = best.setdefault((passage.document.id, passage.chunk.start), passage)
        if passage.score > known.score:
            best[passage.document.id, passage.chunk.start] = passage
    return sorted(best.values(), key=lambda passage: (-passage.score, passage.document.id, passage.chunk.start))
