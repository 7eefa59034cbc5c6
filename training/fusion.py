"""How rankings by vectors and by words are best put together: weights are fitted, and other ways measured beside them.

    python -m training.fusion --data DATA [--embedder NAME] [--signals FOLDER]

For each question both retrievers give their first hundred passages. Those that answer are known by their places. The
weights are fitted on the sets of ``FITTED`` (a softmax over all passages found, the likelihood of those that answer),
and printed are, for each set and way, the shares of questions with an answering passage first, among five and fifteen;
"far" questions have no content word in common with what answers. An "identifier" is asked for by itself: a word with
digits or signs in it that few passages have.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.machine import machine
from index.embed import load_embedder
from index.fuse import MEANING, RARE, WORDS, by_score, features
from index.models import DEFAULT_EMBEDDER
from index.passage import Passage, Scope
from index.query import Query
from index.search import CANDIDATES, RETRIEVERS
from qa.evaluation import load_dataset
from qa.evaluation.datasets.questions import read_documents
from qa.evaluation.systems.indexing import indexed
from training.embedder import data, evaluate
from training.embedder.data import Asked, Collection
from training.embedder.mine import Searching

Ranking = list[tuple[int, float]]
Array = NDArray[np.float64]
AMONG = (1, 5, 15)
IDENTIFIER = re.compile(r"(?=\S*[\d_/.-])[A-Za-z][\w/.-]{3,}\w")
MOST_PASSAGES, IDENTIFIERS = 2, 150  # passages that have an identifier; identifiers of a collection


@dataclass(frozen=True, slots=True)
class Found:
    """What both retrievers found for a question, by the number of the passage, and the numbers of those that answer."""

    is_far: bool
    rankings: Mapping[str, Ranking]
    right: frozenset[int]


def identifiers(collection: Collection) -> Collection:
    """Words with digits or signs that few passages of the collection have, each asked for by itself."""
    places: dict[str, list[tuple[str, tuple[int, int]]]] = defaultdict(list)
    for name, document in collection.documents.items():
        for match in IDENTIFIER.finditer(document.text):
            places[match[0].casefold()].append((name, match.span()))
    rare = sorted(word for word, own in places.items() if len(own) <= MOST_PASSAGES)
    chosen = random.Random(0).sample(rare, min(IDENTIFIERS, len(rare)))
    return Collection(collection.documents, tuple(Asked(word, tuple(places[word])) for word in chosen))


def found_by_places(collection: Collection, searching: Searching, folder: Path) -> Iterator[Found]:
    """What is found for each question of a collection whose answers' places are known."""
    index = indexed(collection.documents, folder, searching, lambda _: None)
    with index.view(Scope()) as view:
        for asked in collection.asked:
            places = [(collection.documents[name].id, span) for name, span in asked.places]
            evidence = " ".join(collection.documents[name].text[slice(*span)] for name, span in asked.places)

            def answers(passage: Passage, places: Sequence[tuple[str, tuple[int, int]]] = places) -> bool:
                return any(evaluate.holds(passage, *own) for own in places)

            rankings = {name: view.retrieve(Query.of(asked.text), CANDIDATES, [name]) for name in RETRIEVERS}
            yield numbered(rankings, answers, is_far=evaluate.is_far(asked.text, evidence))


def found_by_wordings(folder: Path, searching: Searching, indexes: Path) -> Iterator[Found]:
    """What is found for visitors' questions that stand alone; a passage answers that has a wording of each group."""
    items = load_dataset(folder).items
    for corpus in sorted({item.corpus for item in items}):
        index = indexed(read_documents(folder / corpus)[0], indexes, searching, lambda _: None)
        with index.view(Scope()) as view:
            for item in items:
                if item.corpus == corpus and item.expect and item.expect.groups and not item.after:
                    groups = [[one.casefold() for one in group] for group in item.expect.groups]

                    def answers(passage: Passage, groups: Sequence[Sequence[str]] = groups) -> bool:
                        text = " ".join(passage.chunk.text.split()).casefold()
                        return all(any(one in text for one in group) for group in groups)

                    query = Query.of(item.question)
                    rankings = {name: view.retrieve(query, CANDIDATES, [name]) for name in RETRIEVERS}
                    yield numbered(rankings, answers, is_far=False)


def numbered(rankings: Mapping[str, Sequence[Passage]], answers: Callable[[Passage], bool], *, is_far: bool) -> Found:
    """The rankings with numbers in the place of passages."""
    numbers: dict[tuple[str, int], int] = {}
    right = set()
    scores: dict[str, Ranking] = {}
    for name, passages in rankings.items():
        scores[name] = []
        for passage in passages:
            number = numbers.setdefault((passage.document.id, passage.chunk.start), len(numbers))
            scores[name].append((number, passage.score))
            if answers(passage):
                right.add(number)
    return Found(is_far, scores, frozenset(right))


def _held(name: str) -> Callable[[Path], Collection]:
    return lambda folder: data.split(folder, name)[1]


Collections = Callable[[Path], Sequence[Collection]]  # of a set, each an index of its own
FITTED: Mapping[str, Collections] = {
    "articles held out": lambda folder: [_held("articles")(folder)],
    "talks held out": lambda folder: [_held("talks")(folder)],
    "everyday held out": lambda folder: evaluate.by_file(_held("everyday")(folder)),
    "servers held out": lambda folder: [_held("servers")(folder)],
    "programs held out": lambda folder: [_held("programs")(folder)],
    "scifact held out": lambda folder: [evaluate.pooled(_held("scifact")(folder))],
    "servers, identifiers": lambda folder: [identifiers(_held("servers")(folder))],
}
DECIDING: Mapping[str, Collections] = {
    "everyday dev": lambda folder: [evaluate.dev(folder)],
    "everyday dev, by folder": lambda folder: evaluate.by_file(evaluate.dev(folder)),
    "conditions": lambda folder: [evaluate.pages(folder, scenario=True)],
    "conditions, question alone": lambda folder: [evaluate.pages(folder, scenario=False)],
    "scifact test, pooled": lambda folder: [evaluate.pooled(data.abstracts(folder / "scifact", "test"))],
    "xquad": lambda folder: [evaluate.paragraphs(folder / "xquad/xquad.en.json")],
    "programs, identifiers": lambda folder: [identifiers(_held("programs")(folder))],
}
SETS = {**FITTED, **DECIDING}
WORDINGS = ("manuals",)  # the deciding sets whose answers are known by their wordings


def signals(name: str, searching: Searching, folder: Path, indexes: Path) -> list[Found]:
    """What is found for the questions of the set called ``name``."""
    if name in WORDINGS:
        return list(found_by_wordings(folder / name, searching, indexes))
    return [own for part in SETS[name](folder) for own in found_by_places(part, searching, indexes)]


def saved(path: Path, make: Callable[[], list[Found]]) -> list[Found]:
    """What was found, made once and kept in the file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [[own.is_far, own.rankings, sorted(own.right)] for own in make()]
        path.write_text(json.dumps(rows))
    return [
        Found(
            far, {name: [(number, score) for number, score in own] for name, own in rankings.items()}, frozenset(right)
        )
        for far, rankings, right in json.loads(path.read_text())
    ]


def table_of(found: Found) -> tuple[list[int], Array]:
    """The numbers of all passages found, and their features, (passages, 3)."""
    own = features(found.rankings)
    return list(own), np.array(list(own.values()))


def fitted(sets: Iterable[Sequence[Found]]) -> Array:
    """Weights that make those passages likeliest that answer, each set counting as much; their sum is 1."""
    cases = []
    for some in sets:
        answered = [found for found in some if found.right]
        for found in answered:
            numbers, table = table_of(found)
            cases.append((table, np.array([number in found.right for number in numbers]), 1 / len(answered)))

    def loss(weights: Array) -> float:
        total = 0.0
        for table, right, share in cases:
            logits = table @ weights
            total -= share * (np.logaddexp.reduce(logits[right]) - np.logaddexp.reduce(logits))
        return total / sum(share for *_, share in cases)

    weights = minimize(loss, np.full(3, 3.0), bounds=[(0, None)] * 3, method="L-BFGS-B").x
    return np.asarray(weights / weights.sum())


def by_weights(weights: Sequence[float]) -> Callable[[Found], list[int]]:
    """The order by the weighted sum of the features."""

    def ordered(found: Found) -> list[int]:
        numbers, table = table_of(found)
        return [numbers[row] for row in np.argsort(-(table @ np.asarray(weights)), kind="stable")]

    return ordered


def mean_of_scores(found: Found) -> list[int]:
    """The order by the mean of both normalised scores, which the index had before."""
    total: dict[int, float] = defaultdict(float)
    for ranking in found.rankings.values():
        for number, score in by_score(ranking).items():
            total[number] += score
    return sorted(total, key=lambda number: -total[number])


def rank(ordered: Sequence[int], right: frozenset[int]) -> int:
    """The place of the first passage that answers, from 0; beyond all where none is found."""
    return next((place for place, number in enumerate(ordered) if number in right), len(RETRIEVERS) * CANDIDATES)


def figures(places: Sequence[int]) -> str:
    """The shares of questions with an answering passage among the first, as cells of a table."""
    return "".join(f"{np.mean([place < among for place in places]):8.3f}" for among in AMONG) if places else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--embedder", default=DEFAULT_EMBEDDER)
    parser.add_argument("--signals", type=Path, default=Path(".training/fusion"), help="where what was found is kept")
    options = parser.parse_args()
    embedder = load_embedder(options.embedder)
    folder, searching = options.signals / embedder.fingerprint.replace("/", "_"), Searching(embedder)
    found: dict[str, list[Found]] = {}
    for name in (*SETS, *WORDINGS):
        make = partial(signals, name, searching, options.data, options.signals / "indexes")
        found[name] = saved(folder / f"{name}.json", make)
    weights = fitted([found[name] for name in FITTED])
    print("fitted:", ", ".join(f"{weight:.3f}" for weight in weights), "; shipped:", MEANING, WORDS, RARE)
    ways = {
        "mean of scores": mean_of_scores,
        "vectors": by_weights((1.0, 0.0, 0.0)),
        "words": by_weights((0.0, 1.0, 0.0)),
        "shipped": by_weights((MEANING, WORDS, RARE)),
    }
    print(f"{'':32}{'':16}{'n':>6}" + "".join(f"{f'@{among}':>8}" for among in AMONG) * 2 + "   (far)")
    for name, some in found.items():
        for way, order in ways.items():
            places = [rank(order(own), own.right) for own in some]
            far = [place for place, own in zip(places, some, strict=True) if own.is_far]
            print(f"{name:32}{way:16}{len(some):6}{figures(places)}{figures(far)}")
    print(machine())


if __name__ == "__main__":
    main()
