"""Fit ``qa/read/opinion.json``: how much does the local language model's opinion count beside the judge's?

    pip install "refdesk[writer]"
    python -m training.opinion --data DATA [--each 2] [--rows .training/opinion.jsonl]

Asked are the documents of each file of ``DATA/everyday/dev`` together: ``--each`` questions (Q) of every document, and
half as many near-misses (N), which nothing there answers. Each of the best sentences that would be quoted differently
is a case: with the log-odds that the calibration gives it, the model's opinion, and whether its quotation holds what
answers. The opinion takes some five seconds a question; what was asked is kept in ``--rows``, and a second run goes on.

Printed, each file held out in turn: of how many questions the quotation that comes first is right, how well confidence
tells right from wrong first ones (AUROC), and what is said rightly and wrongly from the calibration's threshold on: by
the calibration alone; with the opinion, as fitted; and shifted, so that from the same threshold on as much as can be is
said without saying more wrongly than alone. Shifted is what ships: of four cases of a question the fit knows too little
that the best one was chosen, and is less sure than it might be.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from benchmarks.machine import machine
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.assistant.generators import load_generator
from qa.evaluation.metrics.abstention import auroc
from qa.layout.quotation import quotation
from qa.llm.llamacpp import LlamaCpp
from qa.llm.prompt import load_prompt
from qa.read.confidence.calibration import features, log_odds_of
from qa.read.second_opinion import NO, YES, quotations
from training import shared_everyday as everyday
from training.calibrate import index_of
from training.judge.words import Words, holds
from training.shared_everyday import Item
from training.visitors import Desk

TARGET = Path(__file__).parent.parent / "qa" / "read" / "opinion.json"
SEED = 0
Row = dict[str, Any]


def asked_of(path: Path, each: int) -> tuple[list[tuple[str, Any]], list[tuple[Item, Any]]]:
    """The named documents of a file, and the questions that are drawn, each with its document."""
    draw = random.Random(f"{SEED} {path.stem}")
    named, drawn = [], []
    for number, (document, items) in enumerate(everyday.read(path)):
        named.append((f"{number}.md", document))
        for kind, most in (("Q", each), ("N", each // 2 or number % 2)):
            of_kind = [item for item in items if item.kind == kind]
            drawn += [(item, document) for item in draw.sample(of_kind, min(most, len(of_kind)))]
    return named, drawn


def rows_of(path: Path, each: int, known: frozenset[str], models: Models, model: LlamaCpp) -> Iterator[Row]:
    """A row for each question of a file that is not ``known``: what is asked, and a case for each quotation."""
    named, drawn = asked_of(path, each)
    prompt = load_prompt("opinion")
    keyed = [(f"{path.stem}: {item.text}", item, document) for item, document in drawn]
    wanted = [own for own in keyed if own[0] not in known]
    if not wanted:
        return
    with tempfile.TemporaryDirectory() as scratch:
        desk = Desk(index_of(named, Path(scratch), models), models)
        for key, item, document in wanted:
            question, evidence = desk.read(item.text)
            read = quotations(evidence, models.recogniser)
            prompts = [prompt.messages(question=question.text, text=text) for text in read.values()]
            opinions = model.log_odds(prompts, YES, NO) if prompts else []
            places = Words(document).sentences_of(item.fields["E"]) if item.kind == "Q" else []
            cases = []
            for at, opinion in zip(read, opinions, strict=True):
                one = evidence[at]
                quoted = quotation(one.document, (one.start, one.end))
                cases.append(
                    {
                        "logit": log_odds_of(models.calibration.probability(features(one))),
                        "discount": models.calibration.discount(one),
                        "opinion": opinion,
                        "right": one.document.id == document.id and holds(quoted, places),
                    }
                )
            yield {"asked": key, "file": path.stem, "kind": item.kind, "cases": cases}


def columns_of(rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of all cases the two log-odds, of shape (cases, 2); whether each is right; and its row's number."""
    cases = [(number, case) for number, row in enumerate(rows) for case in row["cases"]]
    signals = np.array([[case["logit"], case["opinion"]] for _, case in cases])
    return signals, np.array([case["right"] for _, case in cases]), np.array([number for number, _ in cases])


@dataclass(frozen=True, slots=True)
class Firsts:
    """The case of each question that comes first: how sure it is, and whether it is right."""

    sure: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, confidence: np.ndarray, right: np.ndarray, number: np.ndarray) -> Firsts:
        firsts = [max(np.flatnonzero(number == own), key=lambda at: confidence[at]) for own in np.unique(number)]
        return cls(confidence[firsts], right[firsts])

    def said(self, threshold: float) -> tuple[int, int]:
        """How many are said rightly, and wrongly, from this threshold on."""
        said = self.sure >= threshold
        return int((said & self.right).sum()), int((said & ~self.right).sum())

    def told(self, threshold: float) -> str:
        rightly, wrongly = self.said(threshold)
        return (
            f"first right {self.right.sum()} of {len(self.right)}, "
            f"AUROC {auroc(self.sure.tolist(), self.right.tolist()):.3f}, "
            f"from {threshold:.2f} on said rightly {rightly}, wrongly {wrongly}"
        )


def asked(path: Path, data: Path, each: int, models: Models, model: LlamaCpp) -> list[Row]:
    """The rows of all files; those that ``path`` has are not asked again, the others are added to it."""
    rows: list[Row] = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    known = frozenset(row["asked"] for row in rows)
    with path.open("a", encoding="utf-8") as kept:
        for file in sorted((data / "everyday" / "dev").glob("*.txt")):
            for row in rows_of(file, each, known, models, model):
                rows.append(row)
                kept.write(json.dumps(row) + "\n")
                kept.flush()
            print(f"{file.stem}: {len(rows)} questions", file=sys.stderr, flush=True)
    return rows


def weights_of(rows: Sequence[Row], threshold: float) -> dict[str, float]:
    """The weights of all rows; what they come to is printed."""
    signals, right, number = columns_of(rows)
    discount = np.array([case["discount"] for row in rows for case in row["cases"]])
    files = np.array([row["file"] for row in rows])[number]
    both = cross_val_predict(
        LogisticRegression(), signals, right, groups=files, cv=LeaveOneGroupOut(), method="predict_proba"
    )[:, 1]
    alone = Firsts.of(discount / (1 + np.exp(-signals[:, 0])), right, number)
    together = Firsts.of(discount * both, right, number)
    most = alone.said(threshold)[1]
    lowest = next(own / 100 for own in range(1, 100) if together.said(own / 100)[1] <= most)
    print(f"alone: {alone.told(threshold)}")
    print(f"with the opinion: {together.told(threshold)}")
    print(f"shifted, what is {threshold:.2f} then: {together.told(lowest)}")
    fitted = LogisticRegression().fit(signals, right)
    first, opinion = map(float, fitted.coef_[0])
    bias = float(fitted.intercept_[0]) + log_odds_of(threshold) - log_odds_of(lowest)
    weights = {"first": first, "opinion": opinion, "bias": bias, "mean": float(signals[:, 1].mean())}
    return {name: round(own, 4) for name, own in weights.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the shared data")
    parser.add_argument("--each", type=int, default=2, help="questions of every document")
    parser.add_argument("--rows", type=Path, default=Path(".training/opinion.jsonl"))
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    models, model = load_models(settings.read()), load_generator(settings.read(backend="local"))
    assert isinstance(model, LlamaCpp)
    rows = asked(options.rows, options.data, options.each, models, model)
    print(machine())
    weights = weights_of([row for row in rows if row["cases"]], models.calibration.threshold)
    options.target.write_text(json.dumps({**weights, "model": model.fingerprint}, indent=1) + "\n", "utf-8")
    model.close()


if __name__ == "__main__":
    main()
