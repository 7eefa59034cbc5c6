"""Question and one document -> answer: the assistant's steps after retrieval, without an index."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache

from documents.document import Document, Source
from documents.split import Splitter
from index.embed import Embedder, Vectors
from index.passage import Passage
from index.rerank import Reranker, rerank
from index.snapshot import embedding_text
from qa.answer import Answer
from qa.propose.extractor import Extractor
from qa.understand.question import Question, analyse
from qa.understand.question_type import Classifier, QuestionType

ASKED_OF_A_DOCUMENT: tuple[QuestionType, ...] = ("keyword", "explanation", "list", "steps", "polar", "count")


class DocumentReader:
    """Answers questions from a document that is given with them.

    Its chunks are ranked and read like retrieved passages; of more than ``top_k``, the nearest to the question. With a
    ``classifier``, a question is answered according to its type.
    """

    def __init__(
        self,
        splitter: Splitter,
        embedder: Embedder,
        reranker: Reranker,
        extractor: Extractor,
        classifier: Classifier | None = None,
        *,
        top_k: int = 15,
    ) -> None:
        self._splitter = splitter
        self._embedder = embedder
        self._reranker = reranker
        self._extractor = extractor
        self._classifier = classifier
        self._top_k = top_k
        # Datasets ask all questions about a document one after the other.
        self._split_last = lru_cache(maxsize=1)(self._split)
        self._embed_last = lru_cache(maxsize=1)(self._embed)

    def ask(self, question: str, document: Document, name: str = "") -> Answer:
        """The answer to ``question`` from ``document``; ``name`` is its source in citations."""
        began = time.perf_counter()
        passages = rerank(self._reranker, question, self._candidates(question, document, name))
        reranked = time.perf_counter()
        answer = self._extractor.answer(self._classified(analyse(question)), passages)
        done = time.perf_counter()
        return replace(
            answer,
            model={"embedder": None, "reranker": self._reranker.fingerprint, **answer.model},
            timings_ms={
                "rerank": 1000 * (reranked - began),
                "read": 1000 * (done - reranked),
                "total": 1000 * (done - began),
            },
        )

    def _classified(self, question: Question) -> Question:
        """The question with its type; types that do not ask something of a document become "fact"."""
        if self._classifier is None:
            return question
        kind = self._classifier.asked(question, self._embed_last(question.text)[0], self._embedder.fingerprint)
        return replace(question, asked=kind if kind in ASKED_OF_A_DOCUMENT else "fact")

    def _candidates(self, question: str, document: Document, name: str) -> list[Passage]:
        passages, vectors = self._split_last(document, name)
        if vectors is None:
            return list(passages)
        similarities = vectors @ self._embed_last(question)[0]
        scored = [
            replace(passage, score=float(cosine), stage_scores={"dense": float(cosine)})
            for passage, cosine in zip(passages, similarities, strict=True)
        ]
        return sorted(scored, key=lambda passage: (-passage.score, passage.chunk.start))[: self._top_k]

    def _embed(self, question: str) -> Vectors:
        """The question's embedding, (1, dimension)."""
        return self._embedder.embed([question], "query")

    def _split(self, document: Document, name: str) -> tuple[list[Passage], Vectors | None]:
        """The document's chunks as passages; with their embeddings, where only the nearest are read."""
        source = Source(name, document.id)
        passages = [Passage(chunk, source, 0.0) for chunk in self._splitter.split(document)]
        if len(passages) <= self._top_k:
            return passages, None
        return passages, self._embedder.embed([embedding_text(passage.chunk) for passage in passages], "passage")
