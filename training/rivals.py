"""Fit ``qa/read/rivals.json``: is another document's sentence an answer, too, where documents say different things?

    python -m training.rivals --data DATA

Learned from are sets of documents that belong to one place (``DATA/everyday/s*.txt``, but those ``HELD``): questions
to which two documents give different answers, one of which may hold now, and what is asked of a document alone, beside
which sentences of the others are no rivals. Read is as the assistant does. Only pairs count whose first sentence
answers. Printed is how well rivals are told and, by the least probability, how many are found and how many of those
found are rivals.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from documents.document import Document
from documents.sentences import Range
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.evaluation.metrics.abstention import auroc
from qa.layout.quotation import quotation
from qa.read.evidence import Evidence
from qa.read.rivals import best_of_others, likeness
from training import shared_everyday as everyday
from training.calibrate import index_of
from training.judge.words import Words, holds
from training.shared_everyday import ACCORDING, Item
from training.visitors import Desk

TARGET = Path(__file__).parent.parent / "qa" / "read" / "rivals.json"
HELD = ("s09", "s10", "s11", "s12", "s14", "s15")
LEAST = 0.3  # chosen on what is learned from: three of five that are found so are rivals


@dataclass(frozen=True, slots=True)
class Pair:
    """The best sentence and another document's: how far that is behind, how alike they are, whether it answers."""

    file: str
    behind: float
    alike: float
    is_rival: bool


def pairs_of(path: Path, models: Models) -> Iterator[Pair]:
    """The pairs of a file's sets."""
    alone = {document.text: items for document, items in everyday.read(path)}
    for documents, of_set in everyday.sets(path):
        with tempfile.TemporaryDirectory() as scratch:
            named = [(f"{number}.md", document) for number, document in enumerate(documents.values())]
            desk = Desk(index_of(named, Path(scratch), models), models)
            for item in (own for own in of_set if own.kind in "CDV"):
                yield from _pairs(path.stem, desk, models, item, _places(item, documents))
            for document in documents.values():
                for item in (own for own in alone[document.text] if own.kind == "Q"):
                    places = {document.id: Words(document).sentences_of(item.fields.get("E", ()))}
                    yield from _pairs(path.stem, desk, models, item, places)


def _places(item: Item, documents: Mapping[str, Document]) -> dict[str, list[Range]]:
    """The sentences that answer a question of a set, by document."""
    found: dict[str, list[Range]] = {}
    for line in item.fields.get("E", ()):
        title, _, words = line.partition(ACCORDING)
        document = documents.get(title.strip())
        if document:
            found.setdefault(document.id, []).extend(Words(document).sentences_of([words]))
    return found


def _pairs(file: str, desk: Desk, models: Models, item: Item, places: Mapping[str, Sequence[Range]]) -> Iterator[Pair]:
    _, evidence = desk.read(item.text)
    if not evidence or not _answers(evidence[0], places):
        return
    best, others = evidence[0], best_of_others(evidence)
    if others:
        for other, cosine in zip(others, likeness(models.embedder, best, others), strict=True):
            yield Pair(file, best.order - other.order, cosine, _answers(other, places))


def _answers(evidence: Evidence, places: Mapping[str, Sequence[Range]]) -> bool:
    """Whether a sentence that answers is quoted with it."""
    quoted = quotation(evidence.document, (evidence.start, evidence.end))
    return holds(quoted, places.get(evidence.document.id, ()))


def _columns(pairs: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[own.behind, own.alike] for own in pairs]), np.array([own.is_rival for own in pairs])


def main() -> None:
    from sklearn.linear_model import LogisticRegression  # takes a second, which tests of the rest need not wait

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the shared data")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    models = load_models(settings.read())
    files = sorted((options.data / "everyday").glob("s*.txt"))
    pairs = [own for path in files for own in pairs_of(path, models)]
    learned, is_rival = _columns([own for own in pairs if own.file not in HELD])
    model = LogisticRegression().fit(learned, is_rival)
    behind, alike = (round(float(weight), 4) for weight in model.coef_[0])
    weights = {"bias": round(float(model.intercept_[0]), 4), "behind": behind, "alike": alike, "least": LEAST}
    options.target.write_text(json.dumps(weights) + "\n", "utf-8")
    print(machine())
    for name, is_held in (("learned from", False), ("held out", True)):
        columns, is_rival = _columns([pair for pair in pairs if (pair.file in HELD) == is_held])
        likely = model.predict_proba(columns)[:, 1]
        told = auroc(likely.tolist(), is_rival.tolist())
        print(f"{name}: {len(likely)} pairs, {is_rival.sum()} rivals, AUROC {told:.3f}")
        for least in (0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
            said = likely >= least
            print(
                f"  from {least:.2f} on: {said[is_rival].mean():.3f} found, {is_rival[said].mean():.3f} of them rivals"
            )


if __name__ == "__main__":
    main()
