"""How much nearness counts in the order of sentences: how often the right one is first, or among the first four.

    python -m training.order --data DATA

Visitors' questions about everyday documents which one sentence answers, of ``DATA/visitors`` and
``benchmarks/visitors``. A line for each share of the nearness, with the numbers of each corpus: a share is good if no
corpus is worse with it. The share that is used stands in ``qa.read.evidence``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from qa import settings
from qa.compose import load_models
from qa.read.evidence import Evidence
from qa.read.extractor import JUDGED
from training import visitors
from training.calibrate import ROOT

SHARES = (0.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 60.0)


def place_of_right(asked: visitors.Asked, evidence: Sequence[Evidence], share: float) -> int | None:
    """The place, from 0, of the first right sentence where nearness has this share; None where none is right."""

    def order(own: Evidence) -> tuple[bool, float]:
        return bool(own.mistaken), -(own.order + share * own.nearness)

    ordered = sorted(evidence, key=order)
    return next((place for place, own in enumerate(ordered) if asked.is_right(own)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    options = parser.parse_args()
    models, questions = load_models(settings.read()), Counter[str]()
    first, judged = ({share: Counter[str]() for share in SHARES} for _ in range(2))
    with tempfile.TemporaryDirectory() as scratch:
        for folder in (options.data / "visitors", ROOT / "benchmarks" / "visitors"):
            answerable = [own for own in visitors.read(folder) if own.wordings]
            for asked, evidence in visitors.evidence_of(folder, answerable, Path(scratch), models):
                questions[asked.corpus] += 1
                for share in SHARES:
                    place = place_of_right(asked, evidence, share)
                    first[share][asked.corpus] += place == 0
                    judged[share][asked.corpus] += place is not None and place < JUDGED
    print("questions", *(f"{corpus} {size}" for corpus, size in questions.items()))
    for share in SHARES:
        each = (f"{corpus} {first[share][corpus]}" for corpus in questions)
        print(f"{share:4g}: {first[share].total()} first, {judged[share].total()} of the first {JUDGED}:", *each)


if __name__ == "__main__":
    main()
