"""Could the reader rank passages too, so that each is read only once? Its scores compared with the reranker's.

    python -m benchmarks.ranking DATA/xquad/xquad.en.json [--sample 400]

The paragraphs of a SQuAD file are indexed. For each answerable question, each model orders the ten best passages of
hybrid search. Printed are P@1 and MRR@10 of the question's own paragraph, and the milliseconds to order ten passages.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from index.passage import Passage, Scope
from index.query import Query
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.evaluation import Dataset, load_dataset
from qa.evaluation.datasets.dataset import sample
from qa.evaluation.systems.indexing import indexed

DEPTH = 10
Order = Callable[[str, Sequence[Passage]], list[float]]


def orders(models: Models) -> dict[str, Order]:
    """Ways to score passages for a question, by name."""

    def best(question: str, passages: Sequence[Passage], signal: str) -> list[float]:
        read = models.reader.read(Query.of(question), [passage.chunk.text for passage in passages])
        return [max((getattr(span, signal) for span in spans), default=-np.inf) for spans in read]

    def both(question: str, passages: Sequence[Passage]) -> list[float]:
        ranked = models.reranker.score(question, [passage.chunk.text for passage in passages])
        return [sum(pair) for pair in zip(ranked, best(question, passages, "relevance"), strict=True)]

    return {
        "fusion alone": lambda _, passages: [passage.score for passage in passages],
        "reranker": lambda question, passages: models.reranker.score(question, [p.chunk.text for p in passages]),
        "reader, relevance": lambda question, passages: best(question, passages, "relevance"),
        "reader, margin": lambda question, passages: best(question, passages, "margin"),
        "reranker + relevance": both,
    }


def ranks(dataset: Dataset, models: Models, count: int, folder: Path) -> dict[str, tuple[list[float], float]]:
    """For each order the reciprocal ranks, and its seconds in total."""
    index = indexed(dataset.documents, folder, models, lambda _: None)
    found: dict[str, tuple[list[float], float]] = {}
    for item in sample([item for item in dataset.items if item.answerable], count, seed=5):
        passages = index.retrieve(item.question, Scope(), DEPTH)
        gold = {dataset.documents[name].id for name in item.relevant}
        for name, order in orders(models).items():
            began = time.perf_counter()
            scores = order(item.question, passages)
            seconds = time.perf_counter() - began
            ordered = sorted(range(len(passages)), key=lambda i: -scores[i])
            rank = next((n for n, i in enumerate(ordered, 1) if passages[i].chunk.document.id in gold), None)
            reciprocal, spent = found.get(name, ([], 0.0))
            found[name] = ([*reciprocal, 1 / rank if rank else 0.0], spent + seconds)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--sample", type=int, default=400, help="questions")
    options = parser.parse_args()
    models = load_models(settings.read())
    with tempfile.TemporaryDirectory() as folder:
        found = ranks(load_dataset(options.dataset), models, options.sample, Path(folder))
    print(f"{'ordered by':22} {'P@1':>6} {'MRR@10':>7} {'ms':>6}")
    for name, (reciprocal, seconds) in found.items():
        values = np.array(reciprocal)
        milliseconds = 1000 * seconds / len(values)
        print(f"{name:22} {(values == 1).mean():6.3f} {values.mean():7.3f} {milliseconds:6.1f}")


if __name__ == "__main__":
    main()
