"""Fit ``qa/read/doubt.json``: does a further sentence answer where the best one may not?

    python -m training.doubt --data DATA

Learned from are the questions on everyday/dev, each file's documents as one index, that are answered; held out are
``training/held_out``. Read is as the assistant does. A sentence answers if more than half of one that does is quoted
with it. Printed is how well those that answer are told and, by the least probability, how many answers are right by
their first quotation, how many by one of all, and how many further ones an answer has.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.finding import asked_of
from benchmarks.machine import machine
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.evaluation.metrics.abstention import auroc
from qa.read.doubt import AMONG, MOST, signals
from qa.read.regression import Regression
from training.calibrate import index_of
from training.visitors import Desk, quoted

TARGET = Path(__file__).parent.parent / "qa" / "read" / "doubt.json"
HELD = Path(__file__).parent / "held_out"
NAMES = ("behind", "sure")  # of the signals
LEAST = 0.2


@dataclass(frozen=True, slots=True)
class Answered:
    """An answered question: whether the best sentence answers; of each further one its signals, and whether it does."""

    is_right: bool
    others: Sequence[tuple[dict[str, float], bool]]

    def among(self, regression: Regression) -> list[bool]:
        """Of the sentences that would be quoted behind the best, whether each answers."""
        likely = [right for own, right in self.others if regression.probability(**own) >= regression.least]
        return likely[:MOST]


def answered(path: Path, models: Models) -> Iterator[Answered]:
    """The questions on a file's documents that are answered."""
    documents, asked = asked_of(path)
    with tempfile.TemporaryDirectory() as scratch:
        named = [(f"{number:04}.md", own) for number, own in enumerate(documents)]
        desk = Desk(index_of(named, Path(scratch), models), models)
        for own in asked:
            _, evidence = desk.read(own.question)
            if evidence and models.calibration.is_sure(evidence[0]):
                best, *others = evidence[:AMONG]
                known = [
                    (signals(best, one, models.calibration), own.rank_read([one]) == 0)
                    for one in others
                    if not one.mistaken and quoted(one) not in quoted(best)
                ]
                yield Answered(own.rank_read([best]) == 0, known)


def fitted(every: Sequence[Answered]) -> Regression:
    """The regression, with the shipped least probability."""
    pairs = [pair for own in every for pair in own.others]
    model = LogisticRegression().fit([[own[name] for name in NAMES] for own, _ in pairs], [right for _, right in pairs])
    weights = {name: round(float(weight), 4) for name, weight in zip(NAMES, model.coef_[0], strict=True)}
    return Regression(round(float(model.intercept_[0]), 4), weights, LEAST)


def table(name: str, every: Sequence[Answered], regression: Regression) -> Iterator[str]:
    """What the regression tells of the answered questions, a line each."""
    pairs = [pair for own in every for pair in own.others]
    told = auroc([regression.probability(**own) for own, _ in pairs], [right for _, right in pairs])
    first = np.mean([own.is_right for own in every])
    yield f"{name}: {len(every)} answered, {first:.3f} right by the first; {len(pairs)} further, AUROC {told:.3f}"
    for least in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4):
        own = Regression(regression.bias, regression.weights, least)
        quotes = [one.among(own) for one in every]
        right = np.mean([one.is_right or any(said) for one, said in zip(every, quotes, strict=True)])
        further = np.mean([len(one) for one in quotes])
        yield f"  from {least:.2f} on: {right:.3f} right by one of all; {further:.2f} further"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the shared data")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    models = load_models(settings.read())
    files = sorted((options.data / "everyday" / "dev").glob("*.txt"))
    learned = [own for path in files for own in answered(path, models)]
    regression = fitted(learned)
    options.target.write_text(regression.dumped(), "utf-8")
    held = [own for path in sorted(HELD.glob("*.txt")) for own in answered(path, models)]
    print(machine())
    for name, every in (("learned from", learned), ("held out", held)):
        for line in table(name, every, regression):
            print(line)


if __name__ == "__main__":
    main()
