"""The same documents in a folder and in PostgreSQL: do both find the same? How fast is the database, how large?

    python -m benchmarks.postgres postgresql://USER@HOST/DATABASE [--data DATA] [--questions 300] [--folder FOLDER]
    python -m benchmarks.postgres postgresql://USER@HOST/DATABASE --passages 100000 [--data DATA] [--shard URL …]

The first compares: the samples are asked the questions that come with the repository; with ``--data``, SciFact and
XQuAD in DATA are asked theirs. A question's time is its best of three. The second measures speed with so many made
passages (``benchmarks.synthetic``; of the samples or of these sets), as ``benchmarks.scale`` does of a folder: each
question's time is that of asking it once, after twenty others. Times are without embedding and without reranking. With
``--shard`` passages and terms are on these servers (``refdesk migrate --shard``), each an empty database.

Each set has a schema of its own, whose name begins with "bench_". What it holds already is not loaded again, and an
interrupted load goes on. The folder (.benchmarks/postgres by default) keeps the indexes in files and what was embedded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.machine import machine
from benchmarks.scale import build, exact
from benchmarks.synthetic import Real
from documents.document import Document
from documents.load import sample_paths
from documents.split import Splitter
from index.address import DatabaseUrl
from index.analyse import question_terms
from index.embed import Embedder, Role, Vectors, load_embedder
from index.ingest import Ingest
from index.passage import Filter, Passage, Scope
from index.postgres.store import PostgresStore
from index.search import CANDIDATES, Index
from index.snapshot import embedding_key
from index.store import Store
from qa import settings
from qa.assistant.compose import reranker_of
from qa.evaluation import Item, distractor_documents, load_dataset
from qa.evaluation.scoring.rankings import score

Figures = dict[str, float]  # by name
TOP_K = settings.read().top_k
DEPTH = 50  # passages of which the first ten documents are taken
FIXTURES = Path(__file__).parents[1] / "tests/fixtures"
SETS = ("scifact", "xquad/xquad.en.json")  # in DATA
WARM = 20  # questions that are asked before the time is taken
TENTH = Scope(only=Filter(source="*00.txt"))  # of the made documents


@dataclass(frozen=True)
class Set:
    """Documents by name, and questions about them; ``name`` is also of its schema."""

    name: str
    documents: Mapping[str, Document]
    items: Sequence[Item]


class Known:
    """An embedder whose embeddings were all made before."""

    def __init__(self, fingerprint: str, questions: Mapping[str, Vectors], passages: Mapping[str, Vectors]) -> None:
        self.fingerprint = fingerprint
        self._questions = questions
        self._passages = passages  # by key

    @classmethod
    def of(cls, embedder: Embedder, questions: Sequence[str], store: Store | None = None) -> Known:
        """Of the questions and, where one is given, of what the store holds."""
        passages: dict[str, Vectors] = {}
        if store:
            with store.snapshot() as snapshot:
                rows = snapshot.db.execute("SELECT key, vector FROM embeddings").fetchall()
            passages = {key: np.frombuffer(vector, dtype=np.float32) for key, vector in rows}
        vectors = embedder.embed(list(questions), "query")
        return cls(embedder.fingerprint, dict(zip(questions, vectors, strict=True)), passages)

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        known = [self._questions[text] if role == "query" else self._passages[embedding_key(text)] for text in texts]
        return np.stack(known)


def sets(data: Path | None, questions: int) -> list[Set]:
    """What is compared, with so many questions each."""
    if data is None:
        rows = [
            json.loads(line)
            for name in ("beijing_dev.jsonl", "beijing_heldout.jsonl")
            for line in (FIXTURES / name).read_text("utf-8").splitlines()
        ]
        items = [Item(str(number), row["question"], "") for number, row in enumerate(rows[:questions])]
        return [Set("sample", distractor_documents(sample_paths())[0], items)]
    found = [(Path(name).parts[0], load_dataset(data / name)) for name in SETS]
    return [Set(name, dataset.documents, dataset.items[:questions]) for name, dataset in found]


def ask(index: Index, questions: Sequence[str], scope: Scope = Scope()) -> tuple[list[list[Passage]], list[float]]:  # noqa: B008 - frozen
    """What each question finds, and the milliseconds that it takes."""
    found, times = [], []
    for question in questions:
        began = time.perf_counter()
        found.append(index.retrieve(question, scope, TOP_K))
        times.append(1000 * (time.perf_counter() - began))
    return found, times


def ndcg(items: Sequence[Item], index: Index) -> float:
    """The mean nDCG@10 of the documents, ranked by their best passage."""
    values = []
    for item in items:
        names = dict.fromkeys(found.source.path for found in index.retrieve(item.question, Scope(), DEPTH))
        values.append(score(item, [(name, -rank) for rank, name in enumerate(names)])["metrics"]["nDCG@10"])
    return float(np.mean(values))


def compare(url: DatabaseUrl, given: Set, folder: Path, embedder: Embedder) -> Figures:
    """The figures of both indexes of the set, by name."""
    here, there = in_files(given, folder, embedder), PostgresStore(url, schema=f"bench_{given.name}")
    questions = [item.question for item in given.items]
    known = Known.of(embedder, questions, here)
    Ingest(there, known, Splitter()).add(given.documents.items())
    there.vacuum()
    figures: Figures = {}
    places, indexes = [], [Index(store, known, reranker_of(settings.read())) for store in (here, there)]
    for name, index in zip(("files", "PostgreSQL"), indexes, strict=True):
        asked = [ask(index, questions) for _ in range(3)]
        places.append([[(one.document.id, one.chunk.start) for one in found] for found in asked[0][0]])
        figures |= percentiles(f"question in {name}", np.min([times for _, times in asked], axis=0))
        if given.items[0].relevant:
            figures[f"nDCG@10 in {name}"] = ndcg(given.items, index)
    pairs = list(zip(*places, strict=True))
    figures["same first passage, of questions"] = float(np.mean([one[:1] == other[:1] for one, other in pairs]))
    figures[f"same {TOP_K} passages in order, of questions"] = float(np.mean([one == other for one, other in pairs]))
    there.close()
    return figures


def measure(
    url: DatabaseUrl,
    given: Sequence[Set],
    passages: int,
    folder: Path,
    embedder: Embedder,
    shards: Sequence[DatabaseUrl] = (),
) -> Figures:
    """The figures of an index of so many passages made from those of the sets, by name."""
    real = passages_of([in_files(one, folder, embedder) for one in given])
    names = [*(one.name for one in given), str(passages), *(["shards"] if shards else [])]
    store = PostgresStore(url, schema=f"bench_{'_'.join(names)}")
    figures = load(store, lambda: build(store, real, passages, embedder.fingerprint))
    if shards and figures:
        store.partition(shards=shards)
    questions = [item.question for one in given for item in one.items]
    known = Known.of(embedder, questions)
    index = Index(store, known, reranker_of(settings.read()))
    for name, scope in (("question", Scope()), ("question with a filter for a tenth", TENTH)):
        ask(index, questions[:WARM], scope)
        before = processor_seconds(store)
        _, times = ask(index, questions, scope)
        figures |= percentiles(name, times)
        if before:
            used = 1000 * (processor_seconds(store) - before) / len(questions)
            figures[f"{name}: processor time of the database, ms"] = used
    figures |= left_out(store, questions)
    figures |= recall(store, known.embed(questions, "query"))
    figures |= sizes(store, passages)
    store.close()
    return figures


def in_files(given: Set, folder: Path, embedder: Embedder) -> Store:
    """The set's index in a folder."""
    store = Store(folder / given.name)
    Ingest(store, embedder, Splitter()).add(given.documents.items())
    return store


def passages_of(stores: Sequence[Store]) -> Real:
    """The passages that the stores hold, with their embeddings."""
    texts, vectors = list[str](), list[Vectors]()
    for store in stores:
        with store.snapshot() as snapshot:
            ids, own = snapshot.embeddings.all()
            known = {number: text for number, text, _ in snapshot.texts()}
        texts += [known[number] for number in ids.tolist()]
        vectors.append(own)
    return Real.of(texts, np.concatenate(vectors))


def load(store: PostgresStore, fill: Callable[[], Mapping[str, float]]) -> Figures:
    """Fill the store; how many passages a second that takes, unless there is nothing to be done."""
    before = held(store)
    used, own = processor_seconds(store), time.process_time()
    seconds = fill()
    came = held(store) - before
    if not came:
        return {}
    used, own = processor_seconds(store) - used, time.process_time() - own
    began = time.perf_counter()
    store.vacuum()
    return {
        "passages loaded a second, embedding apart": came / seconds["store"],
        "processor time of making and loading a passage, ms": 1000 * own / came,
        "processor time of the database, indexing too, ms": 1000 * used / came,
        "indexing the vectors, s": seconds["derived"],
        "vacuum, s": time.perf_counter() - began,
    }


def held(store: PostgresStore) -> int:
    """How many passages are there; 0 where there is no index."""
    if not store.exists:
        return 0
    with store.snapshot() as snapshot:
        return snapshot.count("chunks")


def recall(store: PostgresStore, queries: Vectors) -> Figures:
    """What the search for vectors alone finds of what exact search finds, and what it takes."""
    times, found = [], []
    with store.snapshot() as snapshot:
        searcher = store.searcher(snapshot)
        for query in queries:
            began = time.perf_counter()
            found.append({number for number, _ in searcher.dense(query, 10)})
            times.append(1000 * (time.perf_counter() - began))
    wanted = exact(store, queries, 10)
    shared = [len(one & other) / len(other) for one, other in zip(found, wanted, strict=True)]
    return {f"recall@10, {searcher.kind}": float(np.mean(shared)), **percentiles("search for vectors alone", times)}


def left_out(store: PostgresStore, questions: Sequence[str]) -> Figures:
    """What BM25 finds of what it would find if it read all postings."""
    first, best = list[bool](), list[float]()
    with store.snapshot() as snapshot:
        searcher = store.searcher(snapshot)
        whole = replace(searcher, enough=sys.maxsize)
        for question in questions:
            terms = question_terms(question, ("en",))
            found, wanted = ([number for number, _ in one.bm25(terms, CANDIDATES)] for one in (searcher, whole))
            first.append(found[:1] == wanted[:1])
            best.append(len({*found} & {*wanted[:TOP_K]}) / max(1, len(wanted[:TOP_K])))
    return {
        "BM25: the same first passage as by all postings": float(np.mean(first)),
        f"BM25: found of the first {TOP_K} by all postings": float(np.mean(best)),
    }


def sizes(store: PostgresStore, passages: int) -> Figures:
    """The bytes a passage of all tables and indexes, and of the largest."""
    with store.snapshot() as snapshot:
        rows = snapshot.db.execute(
            "SELECT relname, pg_table_size(oid) FROM pg_class"
            " WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind IN ('r', 'i')"
            " ORDER BY 2 DESC, 1"
        ).fetchall()
    largest = {f"bytes a passage: {name}": size / passages for name, size in rows[:8]}
    return {"bytes a passage": sum(size for _, size in rows) / passages, **largest}


def processor_seconds(store: PostgresStore) -> float:
    """What the server's processes for this database have used so far; 0 where it is another machine's or not there."""
    if not store.exists:
        return 0
    with store.snapshot() as snapshot:
        rows = snapshot.db.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").fetchall()
    ticks = 0
    for (process,) in rows:
        path = Path(f"/proc/{process}/stat")
        name, _, fields = path.read_text().rpartition(") ") if path.exists() else ("", "", "")
        ticks += sum(map(int, fields.split()[11:13])) if "postgres" in name else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def percentiles(name: str, times: Sequence[float]) -> Figures:
    """Median and p95 of milliseconds."""
    return {f"{name}, {what}, ms": float(np.percentile(times, p)) for what, p in (("p50", 50), ("p95", 95))}


def server(url: DatabaseUrl) -> str:
    """The database server's version and what of its settings matters here."""
    names = ("server_version", "shared_buffers", "work_mem", "maintenance_work_mem", "synchronous_commit", "fsync")
    with closing(psycopg.connect(url.reveal())) as db:
        found = db.execute(
            "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"
            " UNION ALL SELECT current_setting(name) FROM unnest(%s::text[]) AS name",
            (list(names),),
        ).fetchall()
    return ", ".join(f"{name} {value}" for name, (value,) in zip(("pgvector", *names), found, strict=True))


def show(title: str, figures: Mapping[str, float]) -> None:
    """Print the figures, a line each."""
    for name, value in figures.items():
        print(f"{title:24} {name:58} {value:12,.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", type=DatabaseUrl)
    parser.add_argument("--data", type=Path, help="a folder with SciFact and XQuAD")
    parser.add_argument("--questions", type=int, default=300, help="of each set")
    parser.add_argument("--passages", type=int, help="measure speed with so many")
    parser.add_argument("--shard", type=DatabaseUrl, action="append", default=[], help="with --passages; once for each")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks/postgres"))
    options = parser.parse_args()
    embedder = load_embedder(settings.read().new_embedder)
    given = sets(options.data, options.questions)
    print(f"{machine()}\n{server(options.url)}", flush=True)
    if options.passages:
        figures = measure(options.url, given, options.passages, options.folder, embedder, options.shard)
        show(f"{options.passages:,} passages", figures)
        return
    for one in given:
        print(f"{one.name}: {len(one.documents):,} documents", file=sys.stderr, flush=True)
        show(f"{one.name}, {len(one.items)} questions", compare(options.url, one, options.folder, embedder))


if __name__ == "__main__":
    main()
