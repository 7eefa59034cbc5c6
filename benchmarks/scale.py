"""Speed with a million passages on one machine: opening, asking, adding; recall compared with exact search; memory.

    python -m benchmarks.scale DATASET… [--passages 1000000] [--folder .benchmarks/scale]

``benchmarks.synthetic`` makes the passages from those of the given datasets (20,000 or more); the datasets' questions
are asked. The index is written by the store's own transactions, with made embeddings instead of the model's, and kept
in the folder, so that a second run only asks. A process of its own, which opens the index like a server, is timed.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.synthetic import Real, made
from documents.document import Chunk, Document, Source
from documents.split import Splitter
from index.embed import Vectors, load_embedder
from index.ingest import Ingest
from index.onnx import cores
from index.passage import Scope
from index.refresh import refresh
from index.search import Index
from index.snapshot import embedding_key, embedding_text
from index.store import Store
from index.vectors import VectorIndex
from qa import settings
from qa.assistant.compose import reranker_of
from qa.evaluation import distractor_documents, load_dataset

PER_DOCUMENT = 10  # passages of a made document
QUESTIONS = 300
TOP_K = settings.read().top_k


def real_passages(paths: Sequence[Path], folder: Path) -> Real:
    """The datasets' passages with their embeddings by the model; cached in ``folder``."""
    kept = folder / "real.npz"
    if not kept.exists():
        documents, _ = distractor_documents(paths)
        splitter, embedder = Splitter(), load_embedder(settings.read().new_embedder)
        texts = list(dict.fromkeys(chunk.text for document in documents.values() for chunk in splitter.split(document)))
        print(f"embedding {len(texts):,} real passages", file=sys.stderr, flush=True)
        np.savez(kept, texts=np.array(texts), vectors=embedder.embed(texts, "passage"))
    data = np.load(kept)
    return Real.of(data["texts"].tolist(), data["vectors"])


def build(store: Store, real: Real, passages: int, fingerprint: str) -> dict[str, float]:
    """Fill the store, from where an earlier run ended, then build the derived indexes; the seconds of each step."""
    store.create(fingerprint)
    with store.snapshot() as snapshot:
        held = snapshot.count("chunks")
    seconds, done = {"store": 0.0}, 0
    for number, (texts, vectors) in enumerate(made(real, passages)):
        done += len(texts)
        if done <= held:
            continue
        began = time.perf_counter()
        with store.transaction() as transaction:
            for start in range(0, len(texts), PER_DOCUMENT):
                document, chunks = _document(texts[start : start + PER_DOCUMENT])
                keys = [embedding_key(embedding_text(chunk)) for chunk in chunks]
                own = vectors[start : start + PER_DOCUMENT]
                transaction.add_embeddings(dict(zip(keys, own, strict=True)))
                transaction.put(Source(f"/made/{number}/{start}.txt", document.id), document, chunks, "made/1")
        seconds["store"] += time.perf_counter() - began
        print(f"{done:,} passages", file=sys.stderr, flush=True)
    began = time.perf_counter()
    refresh(store)
    seconds["derived"] = time.perf_counter() - began
    return seconds


def _document(texts: Sequence[str]) -> tuple[Document, list[Chunk]]:
    document = Document("\n\n".join(texts))
    chunks, start = [], 0
    for text in texts:
        chunks.append(Chunk(document, start, start + len(text)))
        start += len(text) + 2
    return document, chunks


def exact(store: Store, queries: Vectors, limit: int) -> list[set[int]]:
    """The ids of the vectors nearest to each query, by exact search."""
    best_ids = np.zeros((len(queries), 0), dtype=np.int64)
    best = np.zeros((len(queries), 0), dtype=np.float32)
    with store.snapshot() as snapshot:
        for ids, vectors in snapshot.embeddings.batches():
            scores = np.concatenate([best, queries @ vectors.T], axis=1)
            names = np.concatenate([best_ids, np.broadcast_to(ids, (len(queries), len(ids)))], axis=1)
            top = np.argpartition(-scores, min(limit, scores.shape[1] - 1), axis=1)[:, :limit]
            best, best_ids = np.take_along_axis(scores, top, axis=1), np.take_along_axis(names, top, axis=1)
    return [set(ids.tolist()) for ids in best_ids]


def ask(folder: Path, questions: Sequence[str]) -> dict[str, float]:
    """The figures of a server that opens the index: seconds, milliseconds and bytes, by name."""
    embedder, reranker = load_embedder(settings.read().new_embedder), reranker_of(settings.read())
    embedder.embed(["warm"], "query")
    began = time.perf_counter()
    index = Index(Store(folder), embedder, reranker)
    index.retrieve(questions[0], Scope(), TOP_K)
    figures: dict[str, float] = {"open and ask once, s": time.perf_counter() - began}
    for question in questions[:20]:
        index.retrieve(question, Scope(), TOP_K)
    times, dense = [], []
    for question in questions:
        began = time.perf_counter()
        passages = index.candidates(question, Scope(), TOP_K)
        times.append(time.perf_counter() - began)
    figures |= _percentiles("question without reranking", times)
    times = []
    for question in questions[:100]:
        began = time.perf_counter()
        passages = index.rerank(question, index.candidates(question, Scope(), TOP_K))
        times.append(time.perf_counter() - began)
    assert passages
    figures |= _percentiles("question with reranking", times)
    figures["resident memory, GB"] = _most_memory()
    queries = embedder.embed(list(questions), "query")
    with index.store.snapshot() as snapshot:
        vectors = VectorIndex.open(index.store.folder, snapshot)
        times = []
        for query in queries:
            began = time.perf_counter()
            dense.append({i for i, _ in vectors.search(query, 10, snapshot.embeddings.of)})
            times.append(time.perf_counter() - began)
        kind = vectors.kind
    figures |= _percentiles("dense search alone", times)
    wanted = exact(index.store, queries, 10)
    figures["recall@10 of exact search"] = float(np.mean([len(a & b) / 10 for a, b in zip(dense, wanted, strict=True)]))
    figures |= _adding(index)
    print(f"vector index: {kind}", file=sys.stderr)
    return figures


def _most_memory() -> float:
    """The peak memory of this process in GB (getrusage would include the parent's)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6


def _adding(index: Index) -> dict[str, float]:
    document = Document("The lighthouse of Ardnamurchan was automated in 1988, and its keepers moved to the mainland.")
    ingest = Ingest(index.store, index.embedder, Splitter())
    began = time.perf_counter()
    ingest.add([("lighthouse", document)])
    first = index.retrieve("When was the lighthouse of Ardnamurchan automated?", Scope(), TOP_K)[0]
    seconds = time.perf_counter() - began
    assert first.source.path == "lighthouse"
    with index.store.transaction() as transaction:
        transaction.remove(first.source)
    return {"a document added and found, s": seconds}


def _percentiles(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{name}, p{p}, ms": 1000 * float(np.percentile(seconds, p)) for p in (50, 95)}


def fidelity(real: Real, count: int = 200) -> float:
    """The mean cosine between made embeddings and the model's embeddings of the made texts."""
    texts, vectors = next(made(real, count, seed=1))
    return float(np.mean(np.sum(load_embedder(settings.read().new_embedder).embed(texts, "passage") * vectors, axis=1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+", help="datasets whose passages and questions are used")
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks/scale"))
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)  # the process of its own
    options = parser.parse_args()
    items = [item.question for path in options.paths for item in load_dataset(path).items]
    chosen = np.random.default_rng(0).choice(len(items), size=min(QUESTIONS, len(items)), replace=False)
    questions = [items[i] for i in chosen]
    if options.ask:
        print(json.dumps(ask(options.ask, questions)))
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    real = real_passages(options.paths, options.folder)
    folder = options.folder / str(options.passages)
    figures: dict[str, float] = {}
    if not (folder / "complete").exists():
        fingerprint = load_embedder(settings.read().new_embedder).fingerprint
        seconds = build(Store(folder), real, options.passages, fingerprint)
        figures = {f"making the {name}, s": value for name, value in seconds.items()}
        (folder / "complete").touch()
    figures["made embeddings' cosine with the model's"] = fidelity(real)
    command = [sys.executable, "-m", "benchmarks.scale", *map(str, options.paths), "--ask", str(folder)]
    figures |= json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    print(f"{options.passages:,} passages, {cores()} cores, {platform.machine()}, Python {platform.python_version()}")
    for name, value in figures.items():
        print(f"{name:45} {value:10.3f}")


if __name__ == "__main__":
    main()
