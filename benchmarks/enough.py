"""When enough passages are read: those found are read in two steps, the second only where the first has no sure answer.

    python -m benchmarks.enough training/held_out/*.txt [--together] [--every N]

The questions and documents are those of ``benchmarks.finding``. A line for each number of passages that are read first,
and each logit from which one of them surely answers (``qa.read.judge.ENOUGH``, ``index.rerank.READ_FIRST``): for how
many questions the others are not read; passages read a question, mean and median; for how many another passage is first
than if all had been read; and how often a right one is first, and among five, which the reader reads.
"""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.finding import TOP, Asked, folders_of, indexed, key_of, parser_of
from benchmarks.machine import machine
from index.passage import Scope
from index.search import Index
from qa import settings
from qa.assistant.compose import load_models

FIRST, ENOUGH = (4, 5, 6, 8, 10), (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.inf)


class Read(NamedTuple):
    """A passage that was found: its logit, its score beside the others, and whether it is right."""

    logit: float
    score: float
    is_right: bool


def found_for(asked: Asked, index: Index) -> list[Read]:
    """The passages found for a question, in the order in which they are found, all of them read."""
    found = index.candidates(asked.question, Scope(), TOP)
    ranked = {key_of(own): own for own in index.rerank(asked.question, found)}
    read = [ranked[key_of(own)] for own in found]
    return [Read(own.stage_scores["rerank"], own.score, asked.rank_in([own]) == 0) for own in read]


def measured(questions: Sequence[Sequence[Read]]) -> Iterator[str]:
    """The lines of the table."""
    yield f"{'first':>5} {'enough':>6} {'stopped':>8} {'mean':>5} {'median':>6} {'other':>6} {'@1':>6} {'@5':>6}"
    for first in FIRST:
        for enough in ENOUGH:
            read = [
                own[:first] if max((one.logit for one in own[:first]), default=-math.inf) >= enough else own
                for own in questions
            ]
            best = [sorted(own, key=lambda one: -one.score) for own in read]
            counts = [len(own) for own in read]
            stopped = statistics.fmean(len(own) < len(every) for own, every in zip(read, questions, strict=True))
            other = sum(own[0] != max(every, key=_score) for own, every in zip(best, questions, strict=True))
            right = [statistics.fmean(any(one.is_right for one in own[:among]) for own in best) for among in (1, 5)]
            yield (
                f"{first:5} {enough:6} {stopped:8.3f} {statistics.fmean(counts):5.1f} {statistics.median(counts):6} "
                f"{other:6} {right[0]:6.3f} {right[1]:6.3f}"
            )


def _score(read: Read) -> float:
    return read.score


def main() -> None:
    options = parser_of(__doc__).parse_args()
    models = load_models(settings.read())
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, (documents, asked) in folders_of(
            options.files, together=options.together, every=options.every
        ).items():
            index = indexed(documents, Path(scratch) / name, models)
            found += [own for one in asked if (own := found_for(one, index))]
    for line in measured(found):
        print(line)
    print(f"{len(found)} questions, {models.embedder.fingerprint}, read by {models.reranker.fingerprint}")
    print(machine())


if __name__ == "__main__":
    main()
