"""Which of the best sentences says yes or no: how many may, and how much their order counts beside what they say.

    python -m benchmarks.polar FILE… [--verifier WEIGHTS]

Yes/no questions on everyday documents (``DATA/everyday/dev``, held-out files of ``training/articles``), those of a file
together. Printed for each ``AMONG`` and ``ORDER`` of ``qa.propose.polar``: the share of the questions to which
the chosen sentence says the right word, and how many are right and the opposite where it is said from the confidence on
from which four of five are right. The confidence is fitted as ``training.calibrate`` does, on the other files.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.machine import machine
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.check.entailment import Entailed, Entailment, OnnxEntailment
from qa.propose.polar import deciding
from qa.read.confidence.calibration import Calibration, features, log_odds_of
from qa.read.evidence import Evidence
from qa.understand.question import Question
from training import shared_everyday as everyday
from training.calibrate import Words, index_of, threshold_for
from training.visitors import Desk

AMONG, ORDER = (1, 2, 3, 4, 6), (0.3, 0.6, 1.0)
ACCURACY = 0.8


class Remembering:
    """Judges each claim and text once."""

    def __init__(self, entailment: Entailment) -> None:
        self._entailment, self._known = entailment, dict[tuple[str, str], Entailed]()
        self.fingerprint = entailment.fingerprint

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        """What is said of each claim by the text it is paired with."""
        for pair in pairs:
            if pair not in self._known:
                (self._known[pair],) = self._entailment.judge([pair])
        return [self._known[pair] for pair in pairs]


@dataclass(frozen=True, slots=True)
class Asked:
    """A yes/no question of a file on a document, the word that is right, and what was found and read."""

    file: str
    document: str
    word: str
    question: Question
    evidence: Sequence[Evidence]


def asked_of(path: Path, models: Models) -> Iterator[Asked]:
    """The questions of a file that are taken for yes/no questions."""
    documents = list(everyday.read(path))
    with tempfile.TemporaryDirectory() as scratch:
        index = index_of([(f"{number}.md", own) for number, (own, _) in enumerate(documents)], Path(scratch), models)
        desk = Desk(index, models)
        for document, items in documents:
            for item in (own for own in items if own.kind in "YX"):
                question, evidence = desk.read(item.text)
                if question.asked == "polar" and evidence:
                    word = "Yes" if item.kind == "Y" else "No"
                    yield Asked(path.stem, document.id, word, question, evidence)


def line(asked: Sequence[Asked], entailment: Entailment, calibration: Calibration) -> str:
    """What is printed of one choice."""
    x, right, opposite, files = [], [], [], []
    for own in asked:
        decided = deciding(entailment, own.question, own.evidence)
        if decided is None:
            continue
        best, decision = decided
        is_home = best.document.id == own.document
        x.append([log_odds_of(calibration.probability(features(best))), log_odds_of(decision.probability)])
        right.append(is_home and decision.word == own.word)
        opposite.append(is_home and decision.word != own.word)
        files.append(own.file)
    words = Words(np.array(x), np.array(right), np.array(files))
    sure = words.cross_validated()
    said = sure >= threshold_for(ACCURACY, sure, words.right, np.ones(len(sure)))
    return f"{np.mean(right):9.3f}{said.sum():8}{words.right[said].sum():8}{np.array(opposite)[said].sum():10}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--verifier", type=Path, help="other weights than those shipped")
    options = parser.parse_args()
    models = load_models(settings.read())
    if options.verifier:
        models = replace(models, entailment=OnnxEntailment(options.verifier))
    asked = [own for path in options.files for own in asked_of(path, models)]
    entailment, calibration = Remembering(models.entailment), Calibration.load()
    print(machine())
    print(f"{len(asked)} questions\n{'among':>5}{'order':>7}{'right':>9}{'said':>8}{'right':>8}{'opposite':>10}")
    for among, order in product(AMONG, ORDER):
        with patch("qa.propose.polar.AMONG", among), patch("qa.propose.polar.ORDER", order):
            print(f"{among:5}{order:7.1f}{line(asked, entailment, calibration)}")


if __name__ == "__main__":
    main()
