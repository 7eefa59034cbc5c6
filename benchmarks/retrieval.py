"""What retrieval costs beyond its three parts: embedding the question, the FAISS search and the tantivy search.

    python -m benchmarks.retrieval DATASET… [--passages 5000] [--questions 100] [--rounds 5] [--folder FOLDER]

An index of about so many of the datasets' passages is made with the default models, and kept in the folder
(.benchmarks/retrieval by default). In each round every question is timed in all rows, one row after the other; a
question's time in a row is its best of all rounds, which other processes disturb the least. "The rest" is, question by
question, what ``Index.retrieve`` and ``Index.candidates`` take beyond the three parts alone. Embedding takes most of a
question's time and varies the most: rows "embedded" are of questions whose embeddings are known. Figures are
milliseconds, over the questions.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import faiss
import numpy as np

from documents.document import Document
from documents.split import Splitter
from index.analyse import question_terms
from index.embed import Embedder, Role, Vectors, load_embedder
from index.ingest import Ingest
from index.lexical import LexicalIndex
from index.onnx import cores
from index.passage import Scope
from index.search import CANDIDATES, Index
from index.store import Store
from qa import settings
from qa.assistant.compose import reranker_of
from qa.evaluation import distractor_documents, load_dataset

TOP_K = settings.read().top_k
WARMING = 20  # questions asked before any is timed


class Remembered:
    """An embedder that knows the embeddings of some questions by heart."""

    def __init__(self, embedder: Embedder, questions: Sequence[str]) -> None:
        self.fingerprint = embedder.fingerprint
        self._known = {question: embedder.embed([question], "query") for question in questions}

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        assert role == "query"
        return np.concatenate([self._known[text] for text in texts])


def build(store: Store, embedder: Embedder, documents: Mapping[str, Document], passages: int) -> None:
    """Index the first documents, until they have so many passages."""
    splitter, chosen, count = Splitter(), dict[str, Document](), 0
    for name, document in documents.items():
        if count >= passages:
            break
        chosen[name] = document
        count += len(list(splitter.split(document)))
    print(f"indexing {count:,} passages", file=sys.stderr, flush=True)
    Ingest(store, embedder, splitter).add(chosen.items())


def measured(store: Store, embedder: Embedder, questions: Sequence[str], rounds: int) -> dict[str, np.ndarray]:
    """Each question's milliseconds, the best of ``rounds``, by what was done."""
    reranker = reranker_of(settings.read())
    known = Remembered(embedder, questions)
    index, ready = Index(store, embedder, reranker), Index(store, known, reranker)
    with store.snapshot() as snapshot:
        vectors = snapshot.embeddings.all()[1]
        words = LexicalIndex(store).searcher(snapshot)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    scope = Scope()
    rows: dict[str, Callable[[str], object]] = {
        "embedding alone": lambda question: embedder.embed([question], "query"),
        "FAISS search alone": lambda question: flat.search(known.embed([question], "query"), CANDIDATES),
        "tantivy search alone": lambda question: words.search(question_terms(question, ("en",)), CANDIDATES),
        "retrieve": lambda question: index.retrieve(question, scope, TOP_K),
        "candidates": lambda question: index.candidates(question, scope, TOP_K),
        "retrieve, embedded": lambda question: ready.retrieve(question, scope, TOP_K),
        "candidates, embedded": lambda question: ready.candidates(question, scope, TOP_K),
    }
    for question in questions[:WARMING]:
        for row in rows.values():
            row(question)
    times = {name: np.full(len(questions), np.inf) for name in rows}
    for number, question in [*enumerate(questions)] * rounds:
        for name, row in rows.items():
            began = time.perf_counter()
            row(question)
            times[name][number] = min(times[name][number], 1000 * (time.perf_counter() - began))
    return times


def with_rest(times: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The rows, and after them the rest of each way to retrieve."""
    rows = dict(times)
    searches = rows["FAISS search alone"] + rows["tantivy search alone"]
    for name in ("retrieve", "candidates"):
        rows[f"the rest of {name}"] = rows[name] - rows["embedding alone"] - searches
    for name in ("retrieve, embedded", "candidates, embedded"):
        rows[f"the rest of {name}"] = rows[name] - searches
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+", help="datasets whose passages and questions are used")
    parser.add_argument("--passages", type=int, default=5000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks/retrieval"))
    options = parser.parse_args()
    items = [item.question for path in options.paths for item in load_dataset(path).items]
    chosen = np.random.default_rng(0).choice(len(items), size=min(options.questions, len(items)), replace=False)
    embedder = load_embedder(settings.read().new_embedder)
    store = Store(options.folder / str(options.passages))
    if not (store.folder / "complete").exists():
        build(store, embedder, distractor_documents(options.paths)[0], options.passages)
        (store.folder / "complete").touch()
    times = with_rest(measured(store, embedder, [items[i] for i in chosen], options.rounds))
    with store.snapshot() as snapshot:
        count = snapshot.count("chunks")
    print(f"{count:,} passages, {len(chosen)} questions, {cores()} cores, {platform.machine()}, milliseconds")
    print(f"{'':35} {'median':>8} {'p95':>8}")
    for name, own in times.items():
        print(f"{name:35} {np.median(own):8.2f} {np.percentile(own, 95):8.2f}")


if __name__ == "__main__":
    main()
