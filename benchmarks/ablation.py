"""Ablation of the default retrieval: each design choice alone, on training questions only.

    python -m benchmarks.ablation --scifact DATA/scifact --paragraphs SQUAD.json.gz [--questions 200]

Two datasets: SciFact's training claims over its abstracts, and the questions of a file in SQuAD's layout, one for each
paragraph, over all of its paragraphs. The scores of every candidate are computed once and kept; each row of the table
combines them in another way. A document has the score of its best passage. Printed are nDCG@10 of both datasets and P@1
of the second. About 15 minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index.analyse import question_terms
from index.fuse import fuse
from index.lexical import LexicalIndex
from index.onnx import cores
from index.rerank import FUSION_SHARE, STATEMENT_SHARE
from index.snapshot import embedding_text
from index.vectors import VectorIndex
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.evaluation import Dataset, Item, load_dataset
from qa.evaluation.datasets.dataset import sample
from qa.evaluation.systems.indexing import indexed

DEPTH = 200  # candidates of each retriever that are kept
RERANKED = 20

Scores = dict[int, float]
Order = Callable[["Asked"], Scores]


@dataclass(frozen=True)
class Asked:
    """A question's candidates: for each retriever their scores by chunk id, best first; and the reranker's logits."""

    relevant: frozenset[str]
    documents: Mapping[int, str]
    signals: Mapping[str, Scores]


def collect(
    dataset: Dataset, items: list[Item], models: Models, folder: Path, kept: Path, depth: int = RERANKED
) -> list[Asked]:
    """The candidates of each item, the first ``depth`` reranked; read from the file ``kept`` if it exists."""
    if not kept.exists():
        rows = list(_collected(dataset, items, models, folder, depth))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(rows), "utf-8")
    return [
        Asked(
            frozenset(row["relevant"]),
            {int(i): name for i, name in row["documents"].items()},
            {name: {int(i): score for i, score in pairs} for name, pairs in row["signals"].items()},
        )
        for row in json.loads(kept.read_text("utf-8"))
    ]


def _collected(
    dataset: Dataset, items: list[Item], models: Models, folder: Path, depth: int
) -> Iterator[dict[str, object]]:
    index = indexed(dataset.documents, folder / "indexes", models, lambda _: None)
    names: dict[str, str] = {}
    for name, document in dataset.documents.items():
        names.setdefault(document.id, name)
    embed = models.embedder.embed
    with index.store.snapshot() as snapshot:
        vectors = VectorIndex.open(index.store.folder, snapshot)
        words = LexicalIndex(index.store).searcher(snapshot)
        for number, item in enumerate(items):
            queries = {"dense": embed([item.question], "query")[0]}
            found = {name: vectors.search(query, DEPTH, snapshot.embeddings.of) for name, query in queries.items()}
            for share in (0.2, 0.5):
                nearest = snapshot.embeddings.of([i for i, _ in found["dense"][:3]]).mean(axis=0)
                moved = queries["dense"] + share * nearest
                name = f"dense, {share} of the best three added"
                found[name] = vectors.search(moved / np.linalg.norm(moved), DEPTH, snapshot.embeddings.of)
            found["bm25"] = words.search(question_terms(item.question, ("en",)), DEPTH)
            fused = fuse({name: found[name][:100] for name in ("dense", "bm25")})
            best = sorted(fused, key=lambda i, fused=fused: -fused[i]["fusion"])[:depth]  # type: ignore[misc]
            logits = models.reranker.score(item.question, [embedding_text(snapshot.chunk(i)) for i in best])
            found["rerank"] = list(zip(best, logits, strict=True))
            ids = {i for ranking in found.values() for i, _ in ranking}
            documents = {i: names[snapshot.chunk(i).document.id] for i in sorted(ids)}
            yield {"relevant": list(item.relevant), "documents": documents, "signals": found}
            if number % 50 == 0:
                print(f"{dataset.name}: {number}/{len(items)}", file=sys.stderr, flush=True)


# --- ways to combine ---


def alone(name: str) -> Order:
    return lambda asked: asked.signals[name]


def by_rank(k: int, share: float = 0.5) -> Order:
    """Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009)."""

    def order(asked: Asked) -> Scores:
        scores: Scores = {}
        for name, weight in (("dense", share), ("bm25", 1 - share)):
            for rank, i in enumerate(list(asked.signals[name])[:100], 1):
                scores[i] = scores.get(i, 0.0) + weight / (k + rank)
        return scores

    return order


def by_score(depth: int, share: float = 0.5, *, standard: bool = False) -> Order:
    """Fusion of normalised scores (min-max or z-score); a passage that a retriever misses has its lowest score."""

    def order(asked: Asked) -> Scores:
        total: Scores = {}
        parts = []
        for name, weight in (("dense", share), ("bm25", 1 - share)):
            top = dict(list(asked.signals[name].items())[:depth])
            values = np.array(list(top.values()) or [0.0])
            low, spread = (values.mean(), values.std()) if standard else (values.min(), np.ptp(values))
            normal = {i: (score - low) / (spread or 1.0) for i, score in top.items()}
            parts.append((weight, normal, min(normal.values(), default=0.0)))
        for i in {i for _, normal, _ in parts for i in normal}:
            total[i] = float(sum(weight * normal.get(i, least) for weight, normal, least in parts))
        return total

    return order


def reranked(base: Order, depth: int, share: float) -> Order:
    """The first ``depth`` by the reranker's logit plus ``share`` of the base score, then the others."""

    def order(asked: Asked) -> Scores:
        scores = base(asked)
        logits = asked.signals["rerank"]
        first = [i for i in sorted(scores, key=lambda i: -scores[i]) if i in logits][:depth]
        return {i: score - 1e6 for i, score in scores.items()} | {i: logits[i] + share * scores[i] for i in first}

    return order


def chosen(asked: Asked) -> Scores:
    """As the index does."""
    rankings = {name: list(asked.signals[name].items())[:100] for name in ("dense", "bm25")}
    return {i: scores["fusion"] for i, scores in fuse(rankings).items()}


ROWS: dict[str, Order] = {
    "dense": alone("dense"),
    **{
        f"dense, {share} of the best three added": alone(f"dense, {share} of the best three added")
        for share in (0.2, 0.5)
    },
    "bm25": alone("bm25"),
    **{f"fused by rank, k = {k}": by_rank(k) for k in (5, 10, 20, 60)},
    **{f"fused by rank, k = 10, dense {share}": by_rank(10, share) for share in (0.4, 0.6)},
    **{f"fused by score, best {depth}": by_score(depth) for depth in (50, 100, 200)},
    **{f"fused by score, best 100, dense {share}": by_score(100, share) for share in (0.4, 0.6, 0.7)},
    "fused by standard score, best 100": by_score(100, standard=True),
    "fused as the index does": chosen,
    **{f"reranked {depth}, by the logit alone": reranked(chosen, depth, 0.0) for depth in (10, 15, 20)},
    **{
        f"reranked 15, logit + {share} x fusion": reranked(chosen, 15, share)
        for share in (FUSION_SHARE, 5.0, 10.0, STATEMENT_SHARE)
    },
    **{
        f"reranked {depth}, logit + {FUSION_SHARE} x fusion": reranked(chosen, depth, FUSION_SHARE)
        for depth in (10, 20)
    },
}


def measure(asked: Asked, order: Order) -> tuple[float, float]:
    """nDCG@10 and P@1."""
    scores = order(asked)
    ranking = list(dict.fromkeys(asked.documents[i] for i in sorted(scores, key=lambda i: (-scores[i], i))))
    gain = sum(1 / math.log2(rank + 1) for rank, name in enumerate(ranking[:10], 1) if name in asked.relevant)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(10, len(asked.relevant)) + 1))
    return gain / ideal, float(bool(ranking) and ranking[0] in asked.relevant)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scifact", type=Path, required=True)
    parser.add_argument("--paragraphs", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"))
    options = parser.parse_args()
    models = load_models(settings.read())
    claims = load_dataset(options.scifact, split="train")
    paragraphs = load_dataset(options.paragraphs)
    one_each = list({next(iter(item.relevant)): item for item in reversed(paragraphs.items)}.values())
    bare = replace(claims, documents={name: replace(d, title="") for name, d in claims.documents.items()})
    chosen = {
        "claims": (claims, sample(claims.items, options.questions, seed=7)),
        "paragraphs": (paragraphs, sample(one_each, options.questions, seed=7)),
        "claims without titles": (bare, sample(claims.items, options.questions, seed=7)),
    }
    found = {}
    for name, (dataset, items) in chosen.items():
        kept = options.folder / "ablation" / f"{name}-{len(items)}.json"
        found[name] = collect(dataset, items, models, options.folder, kept, 0 if dataset is bare else RERANKED)
    print(
        f"{options.questions} questions each, {cores()} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    print(f"{'':45} {'claims':>8} {'paragraphs':>11}{'':8}")
    print(f"{'':45} {'nDCG@10':>8} {'nDCG@10':>11} {'P@1':>7}")
    for row, order in ROWS.items():
        claim, paragraph = (
            np.mean([measure(asked, order) for asked in found[name]], axis=0) for name in list(found)[:2]
        )
        print(f"{row:45} {claim[0]:8.4f} {paragraph[0]:11.4f} {paragraph[1]:7.3f}")
    for row in ("dense", "bm25", "fused by score, best 100"):
        value = np.mean([measure(asked, ROWS[row])[0] for asked in found["claims without titles"]])
        print(f"{row + ', texts without titles':45} {value:8.4f}")


if __name__ == "__main__":
    main()
