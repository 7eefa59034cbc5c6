"""What another reading of a refused question is worth, and the documents that a conversation is about.

    python -m benchmarks.stories FOLDER [--every N]

FOLDER is a set in the form of ``benchmarks/visitors``. Questions behind their "own story" are asked as they are, a part
of the others behind the story of a question on other documents ("another's story"), and follow-ups after what was asked
before. Printed are the verdicts without other readings, and for each least confidence those of what is then answered
instead of a refusal: by them ``SURE_ALONE`` and ``SURE_BEHIND`` of ``qa.assistant.pipeline`` were chosen. Of follow-ups
the verdicts are printed, too, by how much likelier they are answered by the documents that the last answer rests on:
by them ``LIKELIER`` of ``qa.retrieve.spoken_of`` was chosen.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from benchmarks.frozen import Asked, Collection, answer_to, assistant_for
from benchmarks.machine import machine
from qa import settings
from qa.answer import Answer
from qa.assistant import Assistant
from qa.assistant.compose import load_models
from qa.evaluation import load_dataset
from qa.evaluation.datasets.expected import Expected
from qa.evaluation.scoring.expectations import judge
from qa.understand.parts import parts

LEAST = (0.0, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)  # confidences that are tried
LIKELIER = (0.0, 1.0, 2.0, 3.0)  # logits that are tried
NEVER, ALWAYS = 2.0, 0.0  # confidences that no answer and each one has
OWN, ANOTHERS, FOLLOW_UP = "own story", "another's story", "a follow-up"
BEHIND = 0.35  # of the questions without a story get another's
SEED = 5


@dataclass(frozen=True, slots=True)
class Told:
    """What is asked of a collection, of which ``kind``, and what is expected."""

    corpus: str
    kind: str
    asked: Asked
    expected: Expected


def told(folder: Path) -> Iterator[Told]:
    """The questions behind their own stories, others behind another's, and the follow-ups."""
    rng = random.Random(SEED)
    every = [(item, _alone(item.question)) for item in load_dataset(folder).items]
    stories = [
        (item.corpus, item.question.removesuffix(alone).strip())
        for item, alone in every
        if item.question != alone and item.question.endswith(alone)
    ]
    for item, alone in every:
        assert item.expect is not None  # the format's
        if item.after:
            yield Told(item.corpus, FOLLOW_UP, Asked(item.id, item.question, item.after), item.expect)
        elif item.question != alone:
            yield Told(item.corpus, OWN, Asked(item.id, item.question), item.expect)
        elif rng.random() < BEHIND:
            others = [story for corpus, story in stories if corpus != item.corpus]
            yield Told(item.corpus, ANOTHERS, Asked(item.id, f"{rng.choice(others)} {alone}"), item.expect)


def _alone(message: str) -> str:
    found = parts(message)
    return found[0] if len(found) == 1 else message


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict without another reading, and that of the other one with its confidence, if that is answered.

    ``likelier``: the verdicts on a follow-up for each of ``LIKELIER``; none on other questions.
    """

    kind: str
    verdict: str
    other: tuple[str, float] | None
    likelier: Sequence[str]


def judged(folder: Path, every: int) -> Iterator[Judged]:
    """Every question of the folder, or so many of them."""
    models, by_corpus = load_models(settings.read()), defaultdict[str, list[Told]](list)
    for own in list(told(folder))[::every]:
        by_corpus[own.corpus].append(own)
    for corpus, every_one in sorted(by_corpus.items()):
        with tempfile.TemporaryDirectory() as scratch:
            assistant = assistant_for(Collection(corpus, [folder / corpus], [], {}), Path(scratch), models)
            for own in every_one:
                first, other = _answer(assistant, own, NEVER), None
                if first.kind == "refusal" and (second := _answer(assistant, own, ALWAYS)).answered:
                    other = judge(own.expected, second.to_dict()).verdict, second.confidence
                likelier = [_verdict(assistant, own, each) for each in LIKELIER] if own.kind == FOLLOW_UP else []
                yield Judged(own.kind, judge(own.expected, first.to_dict()).verdict, other, likelier)


def _verdict(assistant: Assistant, own: Told, likelier: float) -> str:
    with patch("qa.retrieve.spoken_of.LIKELIER", likelier):
        return judge(own.expected, answer_to(assistant, own.asked).to_dict()).verdict


def _answer(assistant: Assistant, own: Told, at_least: float) -> Answer:
    with ExitStack() as stack:
        for name in ("SURE_ALONE", "SURE_BEHIND"):
            stack.enter_context(patch(f"qa.assistant.pipeline.{name}", at_least))
        return answer_to(assistant, own.asked)


def table(found: Sequence[Judged]) -> Iterator[str]:
    """The lines that are printed."""
    for kind in (OWN, ANOTHERS, FOLLOW_UP):
        mine = [own for own in found if own.kind == kind]
        yield f"{kind}: {len(mine)} questions: {_counted(own.verdict for own in mine)}"
        for least in LEAST:
            others = [own.other[0] for own in mine if own.other and own.other[1] >= least]
            yield f"  otherwise, from {least:.2f} on: {_counted(others) or 'none'}"
    for number, each in enumerate(LIKELIER):
        verdicts = _counted(own.likelier[number] for own in found if own.likelier)
        yield f"{FOLLOW_UP}, its documents likelier by {each:.0f}: {verdicts}"


def _counted(verdicts: Iterable[str]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(Counter(verdicts).items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="every so many of the questions are asked")
    options = parser.parse_args()
    found = list(judged(options.folder, options.every))
    print(machine())
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
