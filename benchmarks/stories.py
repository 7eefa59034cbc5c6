"""What a question's story is worth, told to it or to another, and how sure the answer without it has to be.

    python -m benchmarks.stories FOLDER [--every N]

FOLDER is a set in the form of ``benchmarks/visitors``. Questions behind a story of their own ("own") are asked as they
are, and a part of the others behind the story of a question on other documents ("another's"). Where that is refused,
the question is asked alone. Printed are the verdicts with the story, and for each least confidence those of what is
then answered instead of a refusal: ``qa.assistant.pipeline.SURE_ALONE`` was chosen by them.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from benchmarks.frozen import Collection, assistant_for
from benchmarks.machine import machine
from qa import settings
from qa.assistant.compose import load_models
from qa.evaluation import load_dataset
from qa.evaluation.datasets.expected import Expected
from qa.evaluation.scoring.expectations import judge
from qa.understand.parts import parts

LEAST = (0.0, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)  # confidences that are tried
BEHIND = 0.35  # of the questions without a story get another's
SEED = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A question of a collection alone, the ``message`` with a story around it, and whose story it is."""

    corpus: str
    question: str
    message: str
    whose: str
    expected: Expected


def told(folder: Path) -> Iterator[Told]:
    """The questions behind their own stories, and others behind another's."""
    rng = random.Random(SEED)
    asked = [(item, _alone(item.question)) for item in load_dataset(folder).items if not item.after]
    stories = [
        (item.corpus, item.question.removesuffix(alone).strip())
        for item, alone in asked
        if item.question != alone and item.question.endswith(alone)
    ]
    for item, alone in asked:
        assert item.expect is not None  # the format's
        if item.question != alone:
            yield Told(item.corpus, alone, item.question, "own", item.expect)
        elif rng.random() < BEHIND:
            others = [story for corpus, story in stories if corpus != item.corpus]
            yield Told(item.corpus, alone, f"{rng.choice(others)} {alone}", "another's", item.expect)


def _alone(message: str) -> str:
    found = parts(message)
    return found[0].text if len(found) == 1 else message


@dataclass(frozen=True, slots=True)
class Asked:
    """The verdict on the answer to a message, and of the question alone with its confidence, if that is answered."""

    whose: str
    verdict: str
    alone: tuple[str, float] | None


def asked(folder: Path, every: int) -> Iterator[Asked]:
    """Every question of the folder, or so many of them."""
    models, by_corpus = load_models(settings.read()), defaultdict[str, list[Told]](list)
    for own in list(told(folder))[::every]:
        by_corpus[own.corpus].append(own)
    for corpus, every_one in sorted(by_corpus.items()):
        with tempfile.TemporaryDirectory() as scratch, patch("qa.assistant.pipeline.SURE_ALONE", 2.0):
            assistant = assistant_for(Collection(corpus, [folder / corpus], [], {}), Path(scratch), models)
            for own in every_one:
                whole, alone = assistant.ask(own.message), None
                if whole.kind == "refusal" and (bare := assistant.ask(own.question)).answered:
                    alone = judge(own.expected, bare.to_dict()).verdict, bare.confidence
                yield Asked(own.whose, judge(own.expected, whole.to_dict()).verdict, alone)


def table(found: Sequence[Asked]) -> Iterator[str]:
    """The lines that are printed."""
    for whose in ("own", "another's"):
        mine = [own for own in found if own.whose == whose]
        yield f"a story of {whose}: {len(mine)} questions: {_counted(own.verdict for own in mine)}"
        for least in LEAST:
            alone = [own.alone[0] for own in mine if own.alone and own.alone[1] >= least]
            yield f"  alone from {least:.2f}: {_counted(iter(alone)) or 'none'}"


def _counted(verdicts: Iterator[str]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(Counter(verdicts).items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="every so many of the questions are asked")
    options = parser.parse_args()
    found = list(asked(options.folder, options.every))
    print(machine())
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
