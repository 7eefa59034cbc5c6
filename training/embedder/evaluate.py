"""What embedders find, the default and the one that it was trained from, on questions that neither has learned from.

    python -m training.embedder.evaluate --data DATA [--embedder NAME …] [--weights MODEL.onnx …] [--sets NAME …]

Printed are, for each set, the shares of questions with an answering passage first, among the first five and fifteen: by
the embedder alone and fused with BM25, as the product does before it reranks; "far" questions have no content word in
common with the sentences that answer. What to choose among trainings is decided by the sets of ``CHOICE`` alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index.analyse import question_terms, terms
from index.embed import Embedder, OnnxEmbedder, load_embedder
from index.models import BGE_SMALL, DEFAULT_EMBEDDER, resolve
from index.passage import Passage, Scope
from index.query import Query
from index.search import RETRIEVERS, Retriever
from qa.evaluation import load_dataset
from qa.evaluation.datasets.questions import read_documents
from qa.evaluation.systems.indexing import indexed
from training.embedder import data
from training.embedder.base import pin, start
from training.embedder.data import Asked, Collection
from training.embedder.mine import Searching

DEPTHS = (1, 5, 15)
WAYS: Mapping[str, Sequence[Retriever]] = {"dense": ("dense",), "fused": RETRIEVERS}
ENGLISH = "en"
NDCG = 10
DEPTH = 100  # passages whose documents are ranked
KINDS = ("question", "list")  # of everyday questions
POOL = 420  # other abstracts beside those that the test claims are about: as many as are quick to embed


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question, whether it is far from its answer, and the passages found in each of ``WAYS``."""

    asked: Asked
    is_far: bool
    found: Mapping[str, Sequence[Passage]]


def holds(passage: Passage, document: str, place: tuple[int, int]) -> bool:
    """Whether the passage has the beginning of a place of the document, or lies within it."""
    chunk, (start_, end) = passage.chunk, place
    return chunk.document.id == document and (
        chunk.start <= start_ < chunk.end or (start_ <= chunk.start and chunk.end <= end)
    )


def is_far(question: str, evidence: str) -> bool:
    """Whether the question has no content word in common with the evidence."""
    return set(question_terms(question, (ENGLISH,))).isdisjoint(terms(evidence, ENGLISH))


def rank(passages: Sequence[Passage], places: Sequence[tuple[str, tuple[int, int]]]) -> int:
    """The place, from 0, of the first passage that holds any of the places; as many as there are passages: of none."""
    found = (n for n, passage in enumerate(passages) if any(holds(passage, *place) for place in places))
    return next(found, len(passages))


def recall(passages: Sequence[Passage], places: Sequence[tuple[str, tuple[int, int]]]) -> float:
    """The share of the places that any of the passages holds."""
    return float(np.mean([any(holds(passage, *place) for passage in passages) for place in places]))


def ndcg(ranking: Sequence[str], relevant: frozenset[str], depth: int = NDCG) -> float:
    """The normalised discounted cumulative gain of a ranking of documents, each relevant or not."""
    discounts = 1 / np.log2(np.arange(depth) + 2)
    gain = sum(discounts[n] for n, name in enumerate(ranking[:depth]) if name in relevant)
    return float(gain / discounts[: len(relevant)].sum())


class Evaluation:
    """Asks the questions of collections with one embedder; indexes lie in ``folder``."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._searching, self._folder = Searching(embedder), folder

    def ranked(self, collection: Collection, depth: int = DEPTHS[-1]) -> Iterator[Ranked]:
        """Every question of the collection with the passages found; places are of documents by their ids."""
        index = indexed(collection.documents, self._folder, self._searching, lambda _: None)
        with index.view(Scope()) as view:
            for asked in collection.asked:
                places = [(collection.documents[name], span) for name, span in asked.places]
                evidence = " ".join(document.text[slice(*span)] for document, span in places)
                by_id = tuple((document.id, span) for document, span in places)
                query = Query.of(asked.text)
                found = {way: view.retrieve(query, depth, retrievers) for way, retrievers in WAYS.items()}
                yield Ranked(replace(asked, places=by_id), is_far(asked.text, evidence), found)

    def first(self, *collections: Collection) -> dict[str, float]:
        """Of all questions and of the far ones: how many, and the shares with an answering passage among the first."""
        every = [own for collection in collections for own in self.ranked(collection)]
        figures: dict[str, float] = {}
        for part, some in (("", every), ("far ", [own for own in every if own.is_far])):
            figures[f"{part}n"] = len(some)
            for way in WAYS if some else ():
                ranks = np.array([rank(own.found[way], own.asked.places) for own in some])
                figures |= {f"{part}{way}@{depth}": float((ranks < depth).mean()) for depth in DEPTHS}
        return figures

    def recalled(self, collection: Collection) -> dict[str, float]:
        """As ``first``, and the mean share of the evidence among the first fifteen passages."""
        every = list(self.ranked(collection))
        figures: dict[str, float] = {}
        for part, some in (("", every), ("far ", [own for own in every if own.is_far])):
            figures[f"{part}n"] = len(some)
            for way in WAYS if some else ():
                shares = [recall(own.found[way], own.asked.places) for own in some]
                figures[f"{part}{way} recall@{DEPTHS[-1]}"] = float(np.mean(shares))
        return figures

    def documents(self, collection: Collection) -> dict[str, float]:
        """The mean nDCG of the documents, each by its best passage."""
        gains: dict[str, list[float]] = {way: [] for way in WAYS}
        for own in self.ranked(collection, DEPTH):
            relevant = frozenset(document for document, _ in own.asked.places)
            for way, passages in own.found.items():
                ranking = list(dict.fromkeys(passage.chunk.document.id for passage in passages))
                gains[way].append(ndcg(ranking, relevant))
        return {"n": len(collection.asked)} | {f"{way} nDCG@{NDCG}": float(np.mean(own)) for way, own in gains.items()}

    def wordings(self, folder: Path) -> dict[str, float]:
        """Of questions in the visitors' form that stand alone, the shares whose wordings are all among the first."""
        every: list[dict[str, float]] = []
        items = load_dataset(folder).items
        for corpus in sorted({item.corpus for item in items}):
            index = indexed(read_documents(folder / corpus)[0], self._folder, self._searching, lambda _: None)
            with index.view(Scope()) as view:
                for item in items:
                    if item.corpus == corpus and item.expect and item.expect.groups and not item.after:
                        query = Query.of(item.question)
                        found = {way: view.retrieve(query, DEPTHS[-1], some) for way, some in WAYS.items()}
                        every.append(_said(found, item.expect.groups))
        return {"n": len(every)} | {name: float(np.mean([own[name] for own in every])) for name in every[0]}


def _said(found: Mapping[str, Sequence[Passage]], groups: Sequence[Sequence[str]]) -> dict[str, float]:
    """Whether the first passages have a wording of each group."""
    figures = {}
    for way, passages in found.items():
        for depth in DEPTHS:
            text = " ".join(" ".join(passage.chunk.text.split()) for passage in passages[:depth]).casefold()
            figures[f"{way}@{depth}"] = float(all(any(one.casefold() in text for one in group) for group in groups))
    return figures


def of_kinds(collection: Collection) -> Collection:
    return replace(collection, asked=tuple(asked for asked in collection.asked if asked.kind in KINDS))


def dev(folder: Path) -> Collection:
    return of_kinds(data.everyday(folder / "everyday/dev"))


def by_file(collection: Collection) -> list[Collection]:
    """An everyday collection as the folders that people have: of the documents of a file each."""
    files = sorted({name.partition("/")[0] for name in collection.documents})
    return [collection.of(name for name in collection.documents if name.startswith(f"{file}/")) for file in files]


def pooled(collection: Collection) -> Collection:
    """The documents that answer, and ``POOL`` others."""
    named = {name for asked in collection.asked for name, _ in asked.places}
    others = [name for name in sorted(collection.documents) if name not in named][:POOL]
    return collection.of([*named, *others])


def pages(folder: Path, *, scenario: bool) -> Collection:
    whole = data.conditions(folder / "questions/conditionalqa.jsonl.gz", scenario=scenario)
    return whole.of(data.HELD_OUT["conditions"](whole.documents))


def paragraphs(path: Path) -> Collection:
    dataset = load_dataset(path)
    whole = {name: (0, len(document.text)) for name, document in dataset.documents.items()}
    asked = (Asked(item.question, tuple((name, whole[name]) for name in item.relevant)) for item in dataset.items)
    return Collection(dataset.documents, tuple(asked))


SETS: Mapping[str, Callable[[Evaluation, Path], dict[str, float]]] = {
    "articles held out": lambda own, folder: own.first(of_kinds(data.split(folder, "articles")[1])),
    "everyday held out": lambda own, folder: own.first(of_kinds(data.split(folder, "everyday")[1])),
    "scifact held out": lambda own, folder: own.documents(pooled(data.split(folder, "scifact")[1])),
    "everyday dev": lambda own, folder: own.first(dev(folder)),
    "everyday dev, by folder": lambda own, folder: own.first(*by_file(dev(folder))),
    "conditions": lambda own, folder: own.recalled(pages(folder, scenario=True)),
    "conditions, question alone": lambda own, folder: own.recalled(pages(folder, scenario=False)),
    "servers held out": lambda own, folder: own.first(data.split(folder, "servers")[1]),
    "programs held out": lambda own, folder: own.first(data.split(folder, "programs")[1]),
    "scifact test, pooled": lambda own, folder: own.documents(pooled(data.abstracts(folder / "scifact", "test"))),
    "scifact test": lambda own, folder: own.documents(data.abstracts(folder / "scifact", "test")),
    "xquad": lambda own, folder: own.first(paragraphs(folder / "xquad/xquad.en.json")),
    "manuals": lambda own, folder: own.wordings(folder / "manuals"),
}
CHOICE = ("articles held out", "everyday held out", "scifact held out")


def embedder_of(weights: Path, folder: Path) -> OnnxEmbedder:
    """An exported file as it would be used in the place of the default; ``folder`` is for links to its files."""
    for path in start().iterdir():
        if path.suffix == ".json":
            (folder / path.name).symlink_to(path)
    (folder / "model.onnx").symlink_to(weights.resolve())
    return OnnxEmbedder(replace(resolve(str(folder), "embedder"), name=weights.name, pinned=pin()))


def embedders(names: Iterable[str], weights: Iterable[Path]) -> Iterator[Embedder]:
    """Those called so, and those of exported files."""
    yield from map(load_embedder, names)
    for path in weights:
        with tempfile.TemporaryDirectory() as own:
            yield embedder_of(path, Path(own))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--embedder", nargs="*", default=[BGE_SMALL, DEFAULT_EMBEDDER], help="names of embedders")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="exported files, beside these")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--indexes", type=Path, default=Path(".training/embedder/indexes"))
    options = parser.parse_args()
    for embedder in embedders(options.embedder, options.weights):
        evaluation = Evaluation(embedder, options.indexes)
        for name in options.sets:
            figures = {key: round(value, 3) for key, value in SETS[name](evaluation, options.data).items()}
            print(json.dumps({"embedder": embedder.fingerprint, "set": name, **figures}), flush=True)


if __name__ == "__main__":
    main()
