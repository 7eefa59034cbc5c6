"""Does a sentence that is about as good as the best answer where that one does not?

    python -m benchmarks.ties FILE...

Asked are the questions (Q) on the files' everyday documents, each file's as one index; read is as the assistant does. A
sentence answers if more than half of one that does is quoted with it. Of the questions that are answered it prints how
many are right by their first quotation and, by how far behind a further one may be, how many by one of all, and how
many further ones an answer has.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.finding import asked_of
from benchmarks.machine import machine
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.read.evidence_reader import QUOTED
from training.calibrate import index_of
from training.visitors import Desk, quoted


@dataclass(frozen=True, slots=True)
class Answered:
    """An answered question: whether the best sentence answers; of further ones how far behind, whether each does."""

    is_right: bool
    others: Sequence[tuple[float, bool]]

    def further(self, within: float) -> list[bool]:
        """Of the sentences that are at most so far behind, whether each answers."""
        return [is_right for behind, is_right in self.others if behind <= within]


def answered(path: Path, models: Models) -> Iterator[Answered]:
    """The questions on a file's documents that are answered."""
    documents, asked = asked_of(path)
    with tempfile.TemporaryDirectory() as scratch:
        named = [(f"{number:04}.md", own) for number, own in enumerate(documents)]
        desk = Desk(index_of(named, Path(scratch), models), models)
        for own in asked:
            _, evidence = desk.read(own.question)
            if evidence and models.calibration.is_sure(evidence[0]):
                best, *others = evidence[:QUOTED]
                elsewhere = [one for one in others if not one.mistaken and quoted(one) not in quoted(best)]
                known = [(best.order - one.order, own.rank_read([one]) == 0) for one in elsewhere]
                yield Answered(own.rank_read([best]) == 0, known)


def table(every: Sequence[Answered]) -> Iterator[str]:
    """The lines of the table."""
    yield f"{len(every)} answered, {np.mean([own.is_right for own in every]):.3f} right by the first quotation"
    for within in (0.25, 0.5, 0.75, 1.0, 1.5, 2.0):
        quotes = [own.further(within) for own in every]
        right = np.mean([own.is_right or any(further) for own, further in zip(every, quotes, strict=True)])
        yield f"within {within}: {right:.3f} by one of all, {np.mean([len(further) for further in quotes]):.2f} further"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    models = load_models(settings.read())
    every = [own for path in options.files for own in answered(path, models)]
    print(machine())
    for line in table(every):
        print(line)


if __name__ == "__main__":
    main()
