"""The same documents in a folder and in PostgreSQL: do both find the same passages, and how long does each take?

    python -m benchmarks.postgres postgresql://USER@HOST/DATABASE [--data DATA] [--questions 300] [--folder FOLDER]

The database must be one that may be filled; what it holds already is not indexed again. Without ``--data`` the samples
are asked the questions that come with the repository; with it, SciFact in DATA/scifact. The folder
(.benchmarks/postgres by default) keeps the index in files, whose embeddings are taken over into the database. A
question's time is its best of three, without embedding and without reranking, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from documents.document import Document
from documents.load import sample_paths
from documents.split import Splitter
from index.address import DatabaseUrl
from index.embed import Embedder, Role, Vectors, load_embedder
from index.ingest import Ingest
from index.onnx import cores
from index.opened import open_store
from index.passage import Scope
from index.search import Index
from index.snapshot import embedding_key
from index.store import Store
from qa import settings
from qa.compose import reranker_of
from qa.evaluation import distractor_documents, load_dataset

TOP_K = settings.read().top_k
FIXTURES = Path(__file__).parents[1] / "tests/fixtures"


class Known:
    """An embedder that takes the embeddings that a store has from there, and remembers those of questions."""

    def __init__(self, embedder: Embedder, store: Store, questions: Sequence[str]) -> None:
        self.fingerprint = embedder.fingerprint
        self._questions = {question: embedder.embed([question], "query")[0] for question in questions}
        with store.snapshot() as snapshot:
            rows = snapshot.db.execute("SELECT key, vector FROM embeddings").fetchall()
        self._passages = {key: np.frombuffer(vector, dtype=np.float32) for key, vector in rows}

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        known = [self._questions[text] if role == "query" else self._passages[embedding_key(text)] for text in texts]
        return np.stack(known)


def read(data: Path | None) -> tuple[dict[str, Document], list[str]]:
    """The documents, by name, and the questions."""
    if data is None:
        names = ("beijing_dev.jsonl", "beijing_heldout.jsonl")
        rows = [json.loads(line) for name in names for line in (FIXTURES / name).read_text("utf-8").splitlines()]
        return dict(distractor_documents(sample_paths())[0]), [row["question"] for row in rows]
    dataset = load_dataset(data / "scifact")
    return dict(dataset.documents), [item.question for item in dataset.items]


def fill(store: Store, embedder: Embedder, documents: dict[str, Document]) -> float:
    """Index the documents, unless it was done; seconds."""
    began = time.perf_counter()
    print(f"indexing {len(documents):,} documents in {store.name}", file=sys.stderr, flush=True)
    Ingest(store, embedder, Splitter()).add(documents.items())
    return time.perf_counter() - began


def asked(index: Index, questions: Sequence[str]) -> tuple[list[list[tuple[str, int]]], np.ndarray]:
    """What each question finds, as documents and starts of passages, and the milliseconds that it takes."""
    found, times = [], np.full(len(questions), np.inf)
    for _ in range(3):
        found = []
        for number, question in enumerate(questions):
            began = time.perf_counter()
            passages = index.retrieve(question, Scope(), TOP_K)
            times[number] = min(times[number], 1000 * (time.perf_counter() - began))
            found.append([(passage.document.id, passage.chunk.start) for passage in passages])
    return found, times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", type=DatabaseUrl)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks/postgres"))
    options = parser.parse_args()
    documents, questions = read(options.data)
    questions = questions[: options.questions]
    embedder = load_embedder(settings.read().new_embedder)
    here = Store(options.folder / ("scifact" if options.data else "sample"))
    there = open_store(options.url)
    fill(here, embedder, documents)
    known = Known(embedder, here, questions)
    seconds = fill(there, known, documents)
    there.vacuum()
    reranker = reranker_of(settings.read())
    in_files, times = asked(Index(here, known, reranker), questions)
    in_database, database_times = asked(Index(there, known, reranker), questions)
    with there.snapshot() as snapshot:
        count, kind = snapshot.count("chunks"), there.searcher(snapshot)
    pairs = list(zip(in_files, in_database, strict=True))
    print(f"{count:,} passages, {len(questions)} questions, {cores()} cores, {platform.machine()}")
    print(f"nearest vectors in the database: {kind.kind if kind else ''}; {there.size / 2**20:.0f} MB")
    print(f"filling the database, embedding apart: {seconds:.1f} s, {count / seconds:.0f} passages a second")
    print(f"same first passage: {np.mean([one[:1] == other[:1] for one, other in pairs]):.3f} of questions")
    print(
        f"same {TOP_K} passages in the same order: {np.mean([one == other for one, other in pairs]):.3f} of questions"
    )
    for name, own in (("files", times), ("PostgreSQL", database_times)):
        print(f"{name:12} median {np.median(own):6.2f} ms, p95 {np.percentile(own, 95):6.2f} ms")


if __name__ == "__main__":
    main()
