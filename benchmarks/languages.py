"""Retrieval in other languages, and across languages, with the multilingual profile: is the right paragraph first?

    python -m benchmarks.languages DATA/xquad [--sample 400]

Each language's questions are asked of its own 240 paragraphs, and English questions of the Chinese, German and Arabic
ones; XQuAD's questions have the same ids in all languages. Printed is P@1 of each retriever and of both fused, as
answers use them. The models were chosen on other data, and nothing is tuned here.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.models import MULTILINGUAL_EMBEDDER
from index.onnx import cores
from index.passage import Scope
from index.search import RETRIEVERS, Index, Retriever
from qa import settings
from qa.assistant.compose import load_models
from qa.evaluation import Dataset, load_dataset
from qa.evaluation.datasets.dataset import sample
from qa.evaluation.systems.indexing import indexed

LANGUAGES = ("en", "zh", "es", "de", "ru", "ar", "hi")
ACROSS = ("zh", "de", "ar")


def first(index: Index, asked: Dataset, answered: Dataset, count: int, retrievers: Sequence[Retriever]) -> float:
    """The share of the questions of ``asked`` whose paragraph in ``answered`` ranks first."""
    relevant = {item.id: {answered.documents[name].id for name in item.relevant} for item in answered.items}
    hits = []
    for item in sample(list(asked.items), count, seed=0):
        (best,) = index.retrieve(item.question, Scope(), 1, retrievers)
        hits.append(best.chunk.document.id in relevant[item.id])
    return float(np.mean(hits))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("xquad", type=Path)
    parser.add_argument("--sample", type=int, default=400, help="questions of each language")
    options = parser.parse_args()
    models = load_models(settings.read(), MULTILINGUAL_EMBEDDER)
    data = {code: load_dataset(options.xquad / f"xquad.{code}.json") for code in LANGUAGES}
    print(f"{options.sample} questions each, {cores()} cores, {platform.machine()}, Python {platform.python_version()}")
    print(f"{'':10} {'dense':>7} {'bm25':>7} {'both':>7}")
    with tempfile.TemporaryDirectory() as folder:
        indexes = {code: indexed(data[code].documents, Path(folder), models, lambda _: None) for code in LANGUAGES}
        for asked, held in [*((code, code) for code in LANGUAGES), *(("en", code) for code in ACROSS)]:
            row = [
                first(indexes[held], data[asked], data[held], options.sample, retrievers)
                for retrievers in (("dense",), ("bm25",), RETRIEVERS)
                if asked == held or retrievers != ("bm25",)
            ]
            if len(row) == 2:
                row.insert(1, float("nan"))  # other scripts share hardly a word
            print(f"{asked + ' → ' + held:10} " + " ".join(f"{value:7.3f}" for value in row), flush=True)


if __name__ == "__main__":
    main()
