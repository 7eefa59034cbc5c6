"""Retrieval compared with LangChain, LlamaIndex, Haystack and txtai: speed, quality and memory, on one machine.

    python -m venv PEERS && PEERS/bin/pip install -r benchmarks/peers.txt
    python -m benchmarks.peers DATA/scifact --python PEERS/bin/python [--limit-documents N] [--systems refdesk,txtai]

The others have an environment of their own, because their requirements conflict with Refdesk's (PyStemmer 3).

The queries are SciFact's test claims; a document is ranked by its best chunk. Part 1: all systems embed the same chunks
(Refdesk's, each with its title) with the same model, all-MiniLM-L6-v2. Part 2: each in its best configuration, with
BM25 and dense retrieval fused; then with the 15 best reranked, if the framework has a component that runs Refdesk's
reranker (FlashRank, for LangChain and LlamaIndex). In part 2 Refdesk has its default models; the others keep
all-MiniLM-L6-v2.

Each system runs in a process of its own. "import" is the time from the process's start until the modules are imported,
"ready" until the models are loaded too. "ingest" ends when everything can be retrieved: Refdesk also splits the
documents and writes everything to disk, and has loaded its reranker in both parts; the others get the chunks and keep
everything in memory. The time of a query includes its embedding, for 100 chunks. "memory" is the peak resident memory
in GB until the end of that row.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # nothing that takes memory or time is imported before a system imports its own
    from qa.evaluation import Dataset, Item

MODEL = "all-MiniLM-L6-v2"
DEPTH, RERANKED, BATCH, WARMING = 100, 15, 32, 10
FLASHRANK, FLASHRANK_FILE = "ms-marco-MiniLM-L-12-v2", "flashrank-MiniLM-L-12-v2_Q.onnx"
HERE = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "false", "ANONYMIZED_TELEMETRY": "false"}

Ask = Callable[[str], list[str]]
"""A question -> the names of the documents that the chunks found are of, best first."""
Stages = Generator[Mapping[str, Ask], "Given", None]
"""Nothing when imported (it is sent what is given then), nothing when ready, the ways to ask when all is indexed."""


@dataclass(frozen=True, slots=True)
class Given:
    """The input of a system: chunks as (document, text), documents as (name, title, text), and the queries."""

    model: str
    reranker: str  # a folder as FlashRank's cache
    chunks: list[tuple[str, str]]
    documents: list[tuple[str, str, str]]
    questions: list[str]


def refdesk(part: int) -> Stages:
    from documents.document import Document
    from documents.split import Splitter
    from index.diversify import distinct
    from index.embed import load_embedder
    from index.ingest import Ingest
    from index.passage import Passage, Scope
    from index.search import Index, Retriever
    from index.store import Store
    from qa import settings
    from qa.assistant.compose import reranker_of

    given = yield {}
    chosen = settings.read()
    embedder, reranker = load_embedder(MODEL if part == 1 else chosen.new_embedder), reranker_of(chosen)
    yield {}
    names: dict[str, list[str]] = {}  # documents of equal text are one
    with tempfile.TemporaryDirectory() as folder:
        documents = [(name, Document(text, title)) for name, title, text in given.documents]
        for name, document in documents:
            names.setdefault(document.id, []).append(name)
        store = Store(Path(folder))
        Ingest(store, embedder, Splitter()).add(documents)
        index = Index(store, embedder, reranker)

        def named(passages: Sequence[Passage]) -> list[str]:
            return [name for passage in passages for name in names[passage.document.id]]

        def retrieving(*retrievers: Retriever) -> Ask:
            return lambda question: named(index.retrieve(question, Scope(), DEPTH, retrievers))

        def reranking(question: str) -> list[str]:
            """The candidates reranked, followed by everything else that was retrieved, with a single retrieval."""
            passages = index.retrieve(question, Scope(), DEPTH)
            best = distinct(passages[: 2 * RERANKED], RERANKED)
            return named([*index.rerank(question, best), *passages])

        hybrid = retrieving("dense", "bm25")
        dense_first = {"dense": retrieving("dense"), "hybrid": hybrid}
        yield dense_first if part == 1 else {"hybrid": hybrid, "hybrid + reranker": reranking}


def langchain(part: int) -> Stages:
    from langchain_community.vectorstores import FAISS
    from langchain_community.vectorstores.utils import DistanceStrategy
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings

    if part == 2:
        from flashrank import Ranker
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.document_compressors import FlashrankRerank
        from langchain_community.retrievers import BM25Retriever

    given = yield {}
    encoding = {"normalize_embeddings": True, "batch_size": BATCH}
    embeddings = HuggingFaceEmbeddings(model_name=given.model, encode_kwargs=encoding)
    if part == 2:
        ranker = Ranker(FLASHRANK, cache_dir=given.reranker)
        reranker = FlashrankRerank(client=ranker, top_n=RERANKED)
    yield {}
    documents = [Document(text, metadata={"document": name}) for name, text in given.chunks]
    store = FAISS.from_documents(documents, embeddings, distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT)
    dense = store.as_retriever(search_kwargs={"k": DEPTH})

    def named(found: Sequence[Document]) -> list[str]:
        return [document.metadata["document"] for document in found]

    if part == 1:
        yield {"dense": lambda question: named(dense.invoke(question))}
        return
    # By default it splits at white space and keeps the case, which would not be its best.
    bm25 = BM25Retriever.from_documents(documents, k=DEPTH, preprocess_func=words)
    hybrid = EnsembleRetriever(retrievers=[bm25, dense], weights=[0.5, 0.5])

    def reranking(question: str) -> list[str]:
        found = hybrid.invoke(question)
        return named([*reranker.compress_documents(found[:RERANKED], question), *found[RERANKED:]])

    yield {"hybrid": lambda question: named(hybrid.invoke(question)), "hybrid + reranker": reranking}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def llamaindex(part: int) -> Stages:
    import faiss
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.schema import NodeWithScore, TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.faiss import FaissVectorStore

    if part == 2:
        from flashrank import Ranker
        from llama_index.core.llms import MockLLM
        from llama_index.core.retrievers import QueryFusionRetriever
        from llama_index.postprocessor.flashrank_rerank import FlashRankRerank
        from llama_index.retrievers.bm25 import BM25Retriever

        class LocalRerank(FlashRankRerank):
            """The reranker with its model in a folder of our choice; the original only uses /tmp."""

            def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002
                self._reranker = Ranker(self.model, cache_dir=given.reranker, max_length=self.max_length)

    given = yield {}
    embedder = HuggingFaceEmbedding(model_name=given.model, embed_batch_size=BATCH)
    size = len(embedder.get_query_embedding("its dimension"))
    if part == 2:
        reranker = LocalRerank(model=FLASHRANK, top_n=RERANKED)
    yield {}
    hidden = {"excluded_embed_metadata_keys": ["document"], "excluded_llm_metadata_keys": ["document"]}
    nodes = [TextNode(text=text, metadata={"document": name}, **hidden) for name, text in given.chunks]
    storage = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss_index=faiss.IndexFlatIP(size)))
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=embedder)
    dense = index.as_retriever(similarity_top_k=DEPTH)

    def named(found: Sequence[NodeWithScore]) -> list[str]:
        return [hit.node.metadata["document"] for hit in found]

    if part == 1:
        yield {"dense": lambda question: named(dense.retrieve(question))}
        return
    bm25 = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=DEPTH)
    hybrid = QueryFusionRetriever(
        [dense, bm25],
        llm=MockLLM(),  # it wants one even where it is not to write more queries
        mode="reciprocal_rerank",
        num_queries=1,
        similarity_top_k=DEPTH,
        use_async=False,
    )

    def reranking(question: str) -> list[str]:
        found = hybrid.retrieve(question)
        best = reranker.postprocess_nodes(found[:RERANKED], query_str=question)
        return named([*best, *found[RERANKED:]])

    yield {"hybrid": lambda question: named(hybrid.retrieve(question)), "hybrid + reranker": reranking}


def haystack(part: int) -> Stages:
    """Haystack with its in-memory store, as in its guide to hybrid retrieval; its FAISS store has no BM25."""
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.components.writers import DocumentWriter
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    given = yield {}
    store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
    model = {"model": given.model, "normalize_embeddings": True, "batch_size": BATCH, "progress_bar": False}
    writing, asking = Pipeline(), Pipeline()
    writing.add_component("embedder", SentenceTransformersDocumentEmbedder(**model))
    writing.add_component("writer", DocumentWriter(store))
    writing.connect("embedder", "writer")
    asking.add_component("embedder", SentenceTransformersTextEmbedder(**model))
    asking.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    asking.connect("embedder.embedding", "dense.query_embedding")
    if part == 2:
        asking.add_component("bm25", InMemoryBM25Retriever(store, top_k=DEPTH))
        asking.add_component("joined", DocumentJoiner("reciprocal_rank_fusion", top_k=DEPTH))
        asking.connect("dense", "joined")
        asking.connect("bm25", "joined")
    writing.warm_up()
    asking.warm_up()
    yield {}
    documents = [
        Document(id=str(number), content=text, meta={"document": name})
        for number, (name, text) in enumerate(given.chunks)
    ]
    writing.run({"embedder": {"documents": documents}})

    def ask(question: str) -> list[str]:
        asked = {"embedder": {"text": question}} | ({"bm25": {"query": question}} if part == 2 else {})
        found = asking.run(asked)["dense" if part == 1 else "joined"]["documents"]
        return [document.meta["document"] for document in found]

    yield {"dense" if part == 1 else "hybrid": ask}


def txtai(part: int) -> Stages:
    """Txtai; its reranker would need the content in a database, and a model in PyTorch."""
    from txtai import Embeddings

    given = yield {}
    embeddings = Embeddings(path=given.model, content=False, hybrid=part == 2, encodebatch=BATCH)
    yield {}
    embeddings.index((number, text, None) for number, (_, text) in enumerate(given.chunks))

    def ask(question: str) -> list[str]:
        return [given.chunks[number][0] for number, _ in embeddings.search(question, DEPTH)]

    yield {"dense" if part == 1 else "hybrid": ask}


SYSTEMS = {
    "refdesk": (refdesk, ("refdesk", "sentence-transformers", "torch", "onnxruntime", "faiss-cpu", "tantivy")),
    "langchain": (langchain, ("langchain-core", "langchain-community", "faiss-cpu", "rank-bm25", "FlashRank", "torch")),
    "llamaindex": (llamaindex, ("llama-index-core", "faiss-cpu", "bm25s", "FlashRank", "torch")),
    "haystack": (haystack, ("haystack-ai", "sentence-transformers", "torch")),
    "txtai": (txtai, ("txtai", "transformers", "faiss-cpu", "torch")),
}


def measure(name: str, part: int, folder: Path) -> dict[str, Any]:
    """One system's figures, measured in a process that does nothing else; seconds, milliseconds and GB."""
    stages = SYSTEMS[name][0](part)
    next(stages)
    figures: dict[str, Any] = {"import": _age()}
    given = Given(**json.loads((folder / "given.json").read_text("utf-8")))
    began = time.perf_counter()
    stages.send(given)
    figures["ready"] = figures["import"] + time.perf_counter() - began
    began = time.perf_counter()
    ways = next(stages)
    figures["ingest"] = time.perf_counter() - began
    figures["ways"] = {way: _ask_all(ask, given.questions) for way, ask in ways.items()}
    return figures | {"versions": versions(SYSTEMS[name][1])}


def _ask_all(ask: Ask, questions: Sequence[str]) -> dict[str, Any]:
    import numpy as np

    for question in questions[:WARMING]:
        ask(question)
    times, rankings = [], []
    for question in questions:
        began = time.perf_counter()
        found = ask(question)
        times.append(1000 * (time.perf_counter() - began))
        rankings.append(list(dict.fromkeys(found)))
    p50, p95 = (float(np.percentile(times, p)) for p in (50, 95))
    return {"p50": p50, "p95": p95, "memory": _most_memory(), "rankings": rankings}


def _age() -> float:
    """Seconds since this process started."""
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / os.sysconf("SC_CLK_TCK")


def _most_memory() -> float:
    """The peak memory of this process in GB (getrusage would include the parent's)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6


def chosen_of(dataset: Dataset, limit: int | None) -> tuple[dict[str, tuple[str, str]], list[Item]]:
    """At most ``limit`` documents (title, text), first those that claims are about; and the claims about these."""
    judged = dict.fromkeys(name for item in dataset.items for name in item.relevant)
    names = list(dict.fromkeys([*judged, *dataset.documents]))[:limit]
    documents = {name: (dataset.documents[name].title, dataset.documents[name].text) for name in names}
    return documents, [item for item in dataset.items if item.relevant.keys() <= documents.keys()]


def given_of(documents: Mapping[str, tuple[str, str]], items: Sequence[Item], folder: Path) -> Given:
    from documents.document import Document
    from documents.split import Splitter
    from index.models import resolve
    from index.snapshot import embedding_text

    splitter = Splitter()
    chunks = [
        (name, embedding_text(chunk))
        for name, (title, text) in documents.items()
        for chunk in splitter.split(Document(text, title))
    ]
    whole = [(name, title, text) for name, (title, text) in documents.items()]
    model = str(resolve(MODEL, "embedder").folder)
    return Given(model, str(flashrank_cache(folder)), chunks, whole, [item.question for item in items])


def flashrank_cache(folder: Path) -> Path:
    """A folder with Refdesk's reranker under the file names that FlashRank expects for the same model."""
    from index.models import DEFAULT_RERANKER, resolve

    model = folder / FLASHRANK
    model.mkdir()
    for file in resolve(DEFAULT_RERANKER, "reranker").folder.iterdir():
        (model / (FLASHRANK_FILE if file.name == "model.onnx" else file.name)).symlink_to(file)
    (model / "config.json").write_text(json.dumps({"pad_token_id": 0}))
    return folder


def run(name: str, part: int, options: argparse.Namespace, folder: Path) -> dict[str, Any] | str:
    """The figures that the system's process prints last, or a one-line reason why there are none."""
    python = sys.executable if name == "refdesk" else options.python
    command = [python, "-m", "benchmarks.peers", ".", "--system", name, "--part", str(part), "--folder", str(folder)]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | HERE, cwd=root)
    if done.returncode == 0:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return said[-1].strip() if said and done.returncode > 0 else f"ended by signal {-done.returncode}"


def ndcg(items: Sequence[Item], rankings: Sequence[Sequence[str]]) -> float:
    import ir_measures
    from ir_measures import nDCG

    qrels = [ir_measures.Qrel(item.id, name, grade) for item in items for name, grade in item.relevant.items()]
    found = [
        ir_measures.ScoredDoc(item.id, name, 1 / rank)
        for item, ranking in zip(items, rankings, strict=True)
        for rank, name in enumerate(ranking, start=1)
    ]
    return float(ir_measures.calc_aggregate([nDCG @ 10], qrels, found)[nDCG @ 10])


def rows(name: str, figures: Mapping[str, Any] | str, items: Sequence[Item]) -> Iterator[str]:
    if isinstance(figures, str):
        yield f"{name:11} not measured: {figures}"
        return
    for way, own in figures["ways"].items():
        once = f"{figures['import']:7.1f} {figures['ready']:7.1f} {figures['ingest']:8.1f}"
        asked = f"{own['p50']:8.1f} {own['p95']:8.1f} {ndcg(items, own['rankings']):8.4f} {own['memory']:7.2f}"
        yield f"{name:11} {way:18} {once} {asked}"


def versions(packages: Sequence[str]) -> str:
    found = []
    for package in packages:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def _interpreter(path: str) -> str:
    """The absolute path, not resolved: a virtual environment's interpreter is a link whose own place matters."""
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"{path} is no file: name the environment's bin/python")
    return str(Path(path).absolute())


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def compare(options: argparse.Namespace, names: Sequence[str], folder: Path) -> None:
    from index.onnx import cores
    from qa.evaluation import load_dataset

    documents, items = chosen_of(load_dataset(options.path), options.limit_documents)
    given = given_of(documents, items, folder)
    (folder / "given.json").write_text(json.dumps(asdict(given)), "utf-8")
    print(f"{len(documents):,} documents, {len(given.chunks):,} chunks, {len(items)} claims")
    print(f"{_processor()}, {cores()} cores, Python {platform.python_version()}")
    made_with: dict[str, str] = {}
    head = f"{'import':>7} {'ready':>7} {'ingest':>8} {'p50 ms':>8} {'p95 ms':>8} {'nDCG@10':>8} {'memory':>7}"
    for part, title in ((1, f"part 1, {MODEL} for all"), (2, "part 2, at its best")):
        print(f"\n{title:30} {head}")
        for name in names:
            figures = run(name, part, options, folder)
            made_with |= {} if isinstance(figures, str) else {name: figures["versions"]}
            for row in rows(name, figures, items):
                print(row, flush=True)
    print("", *(f"{name}: {found}" for name, found in made_with.items()), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="the folder of SciFact")
    parser.add_argument("--limit-documents", type=int, help="take so many, and the claims about them")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="such as refdesk,txtai")
    parser.add_argument("--python", type=_interpreter, default=sys.executable, help="of the others' environment")
    parser.add_argument("--system", choices=SYSTEMS, help=argparse.SUPPRESS)  # the process of its own
    parser.add_argument("--part", type=int, choices=(1, 2), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system:
        print(json.dumps(measure(options.system, options.part, options.folder)))
        return
    names = options.systems.split(",")
    if unknown := [name for name in names if name not in SYSTEMS]:
        parser.error(f"there is no system {unknown[0]}: {', '.join(SYSTEMS)}")
    with tempfile.TemporaryDirectory() as folder:
        compare(options, names, Path(folder))


if __name__ == "__main__":
    main()
