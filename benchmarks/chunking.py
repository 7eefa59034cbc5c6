"""Which chunk size and overlap retrieve best: how Splitter's defaults were chosen.

    python -m benchmarks.chunking --scifact DATA/scifact [--sizes 100,200,300] [--overlaps 0,1,2]

SciFact's training claims over a part of its abstracts (all that a claim is about, and every eighth of the others), by
hybrid retrieval without reranking; a document has the score of its best chunk. nDCG@10 by ir-measures.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import ir_measures
from ir_measures import RR, R, nDCG

from documents.split import Splitter
from index.embed import Embedder, load_embedder
from index.ingest import Ingest
from index.onnx import cores
from index.passage import Scope
from index.search import Index
from index.store import Store
from qa import settings
from qa.assistant.compose import reranker_of

MEASURES = [nDCG @ 10, R @ 10, RR]


def read(folder: Path) -> tuple[dict[str, str], dict[str, str], list[ir_measures.Qrel]]:
    """Texts by document id, claims by query id, and the judgements."""
    rows = (folder / "qrels.train.tsv").read_text("utf-8").splitlines()[1:]
    qrels = [ir_measures.Qrel(*row.split("\t")[:2], int(row.split("\t")[2])) for row in rows]
    judged = {qrel.doc_id for qrel in qrels}
    corpus = [json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()]
    texts = {
        row["_id"]: f"# {row['title']}\n\n{row['text']}\n"
        for number, row in enumerate(corpus)
        if row["_id"] in judged or number % 8 == 0
    }
    asked = {qrel.query_id for qrel in qrels}
    queries = [json.loads(line) for line in (folder / "queries.train.jsonl").read_text("utf-8").splitlines()]
    return texts, {row["_id"]: row["text"] for row in queries if row["_id"] in asked}, qrels


def measure(texts: Path, claims: dict[str, str], qrels: list[ir_measures.Qrel], splitter: Splitter, embedder: Embedder,
            folder: Path) -> str:  # fmt: skip
    """One row of the table."""
    store = Store(folder)
    began = time.perf_counter()
    Ingest(store, embedder, splitter).update([texts])
    indexed = time.perf_counter() - began
    index = Index(store, embedder, reranker_of(settings.read()))
    run = []
    for query, claim in claims.items():
        best: dict[str, float] = {}
        for passage in index.retrieve(claim, Scope(), 50):
            name = passage.source.name.removesuffix(".md")
            best[name] = max(best.get(name, 0.0), passage.score)
        run += [ir_measures.ScoredDoc(query, name, score) for name, score in best.items()]
    figures = ir_measures.calc_aggregate(MEASURES, qrels, run)
    with store.snapshot() as snapshot:
        chunks = snapshot.count("chunks")
    name = f"{splitter.max_tokens:>4} tokens, {splitter.overlap_sentences} overlap"
    shown = "  ".join(f"{measure} {figures[measure]:.3f}" for measure in MEASURES)
    return f"{name}  {chunks:>6} chunks  {indexed:>5.0f} s  {shown}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scifact", type=Path, required=True)
    parser.add_argument("--sizes", default="100,200,300")
    parser.add_argument("--overlaps", default="0,1,2")
    options = parser.parse_args()
    texts, claims, qrels = read(options.scifact)
    embedder = load_embedder(settings.read().new_embedder)
    print(f"{len(texts)} abstracts, {len(claims)} claims; {platform.machine()}, {cores()} cores")
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "texts"
        files.mkdir()
        for name, text in texts.items():
            (files / f"{name}.md").write_text(text, "utf-8")
        for size in (int(size) for size in options.sizes.split(",")):
            for overlap in (int(overlap) for overlap in options.overlaps.split(",")):
                own = Path(folder) / f"index-{size}-{overlap}"
                print(measure(files, claims, qrels, Splitter(size, overlap), embedder, own), flush=True)


if __name__ == "__main__":
    main()
