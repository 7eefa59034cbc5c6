"""The cost of indexing relative to that of the embedder's forward passes alone.

    python -m benchmarks.embedding DATA/scifact [--documents 1500] [--rounds 3]

A part of the dataset's documents, drawn with seed 0, is used in each round. Once the token ids of its passages are only
run through the embedder's ONNX model, and once the part is indexed: split, tokenised, embedded, written, and prepared
for FAISS and BM25. The two alternate in going first. Printed are the seconds of both and their ratio.
"""

from __future__ import annotations

import argparse
import platform
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from documents.document import Document
from documents.split import Splitter
from index.embed import load_embedder
from index.ingest import Ingest
from index.models import resolve
from index.onnx import OnnxModel, Tokens, cores, load_tokenizer
from index.snapshot import embedding_text
from index.store import Store
from qa import settings
from qa.evaluation import distractor_documents


def token_ids(documents: Sequence[tuple[str, Document]], folder: Path) -> list[Tokens]:
    """The distinct inputs to the model, of all passages of the documents."""
    splitter, tokenizer = Splitter(), load_tokenizer(folder, 512)
    texts = dict.fromkeys(embedding_text(chunk) for _, document in documents for chunk in splitter.split(document))
    encodings = [tokenizer.encode(text) for text in texts]
    return [(encoding.ids, encoding.type_ids) for encoding in encodings]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="a dataset, or a folder of documents")
    parser.add_argument("--documents", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found, _ = distractor_documents([options.path])
    names = random.Random(0).sample(sorted(found), min(options.documents, len(found)))
    model = resolve(settings.read().new_embedder, "embedder")
    embedder, bare = load_embedder(model.name), OnnxModel(model.onnx)
    total = {"forward passes": 0.0, "indexing": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            part = [(name, found[name]) for name in names[number :: options.rounds]]
            inputs = token_ids(part, model.folder)
            ingest = Ingest(Store(Path(folder) / str(number)), embedder, Splitter())
            works: list[tuple[str, Callable[[], object]]] = [
                ("forward passes", lambda inputs=inputs: list(bare.run(inputs))),
                ("indexing", lambda ingest=ingest, part=part: ingest.add(part)),
            ]  # fmt: skip
            taken = {name: seconds(work) for name, work in works[:: -1 if number % 2 else 1]}
            shares = ", ".join(f"{name} {taken[name]:.1f} s" for name in total)
            print(f"{len(part)} documents, {len(inputs)} passages: {shares}", flush=True)
            total = {name: total[name] + taken[name] for name in total}
    print(f"indexing beside the bare forward passes: {total['indexing'] / total['forward passes']:.3f}")
    print(f"machine: {platform.machine()}, {cores()} cores, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
