"""What each rule of English earns: dropped one at a time, on questions for which no rule was made.

    python -m benchmarks.rules FOLDER… [--only NAME…] [--every N] [--keep FILE] [--quick]

Each FOLDER is a set in the form of ``benchmarks/visitors``, as ``benchmarks/everyday`` is. All its questions are asked,
and each again without every rule that acted on it, one at a time: the others' answers cannot change. A line a rule
tells on how many it acted; how many are right, and wrong (answers where the documents are silent among these), because
of it; what right less wrong is worth, as a share of all questions, with its 95% interval; and the milliseconds that its
questions took because of it, at the median. A rule that is worth nothing on sets that it was not made for is deleted.
With ``--quick`` the models read each text once a question, several times faster, and the milliseconds say little.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

from benchmarks.frozen import Asked, Collection, answer_to, assistant_for
from benchmarks.machine import machine
from benchmarks.rules.rules import RULES, Rule, Watch
from index.recent import begin_question
from qa import settings
from qa.assistant import Assistant
from qa.assistant.compose import Models, load_models
from qa.evaluation import load_dataset
from qa.evaluation.datasets.expected import Expected
from qa.evaluation.metrics.statistics import paired_interval, paired_randomisation
from qa.evaluation.scoring.expectations import judge

WORTH = {"right": 1.0, "wrong": -1.0, "answered": -1.0}  # of a verdict; of any other 0
SEED = 39


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's verdict and milliseconds as it is, and ``without`` each rule that acted on it."""

    corpus: str
    id: str
    question: str
    verdict: str
    milliseconds: float
    without: Mapping[str, tuple[str, float]]


def judged(
    folder: Path, models: Models, rules: Mapping[str, Rule], every: int, *, is_quick: bool = False
) -> Iterator[Judged]:
    """Every question of the folder, or so many of them; ``is_quick``: what was read of a text stays for a question."""
    dataset = load_dataset(folder)
    watch = Watch()
    for corpus, path in sorted(dataset.corpora.items()):
        items = [item for item in dataset.items if item.corpus == corpus][::every]
        with tempfile.TemporaryDirectory() as scratch, watch.over(rules), ExitStack() as stack:
            assistant = assistant_for(Collection(corpus, [path], [], {}), Path(scratch), models)
            if is_quick:
                stack.enter_context(patch("qa.assistant.assistant.begin_question", lambda: None))
            for item in items:
                assert item.expect is not None  # the format's
                begin_question()
                asked = Asked(item.id, item.question, item.after)
                _verdict(assistant, asked, item.expect)  # once before, so that what is kept of its documents is there
                watch.acted.clear()
                verdict, spent = _verdict(assistant, asked, item.expect)
                without = {}
                for name in sorted(watch.acted):
                    watch.dropped = name
                    without[name] = _verdict(assistant, asked, item.expect)
                watch.dropped = None
                yield Judged(corpus, item.id, item.question, verdict, spent, without)


def _verdict(assistant: Assistant, asked: Asked, expected: Expected) -> tuple[str, float]:
    began = time.perf_counter()
    answer = answer_to(assistant, asked)
    return judge(expected, answer.to_dict()).verdict, 1000 * (time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Earned:
    """What a rule earns on a set: the differences that it makes, by the questions on which it ``acted``."""

    acted: int
    right: int
    wrong: int
    worth: float
    interval: tuple[float, float]
    milliseconds: float


def earned(rule: str, asked: Sequence[Judged]) -> Earned:
    """What the rule earns on these questions."""
    acted = [own for own in asked if rule in own.without]
    with_it = [own.verdict for own in asked]
    without = [own.without[rule][0] if rule in own.without else own.verdict for own in asked]
    one, other = ([WORTH.get(verdict, 0.0) for verdict in verdicts] for verdicts in (with_it, without))
    groups = [own.id for own in asked]
    p = paired_randomisation(one, other, groups, seed=SEED)
    return Earned(
        acted=len(acted),
        right=with_it.count("right") - without.count("right"),
        wrong=_wrong(with_it) - _wrong(without),
        worth=(sum(one) - sum(other)) / len(asked),
        interval=paired_interval(one, other, groups, p, least=-1.0, seed=SEED),
        milliseconds=statistics.median(own.milliseconds - own.without[rule][1] for own in acted) if acted else 0.0,
    )


def _wrong(verdicts: Sequence[str]) -> int:
    return sum(WORTH.get(verdict, 0.0) < 0 for verdict in verdicts)


def table(name: str, asked: Sequence[Judged], rules: Mapping[str, Rule]) -> Iterator[str]:
    """The lines that are printed of a set."""
    verdicts = [own.verdict for own in asked]
    yield f"{name}: {len(asked)} questions, {verdicts.count('right')} right, {_wrong(verdicts)} wrong"
    yield f"{'':38}{'acted':>6}{'right':>7}{'wrong':>7}{'worth':>8}  {'95%':17}{'ms':>7}"
    for rule in rules:
        own = earned(rule, asked)
        low, high = own.interval
        interval = f"{low:+.3f} … {high:+.3f}" if own.acted else ""
        figures = f"{own.acted:6}{own.right:+7}{own.wrong:+7}{own.worth:+8.3f}"
        yield f"{rule:38}{figures}  {interval:17}{own.milliseconds:+7.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", nargs="*", choices=RULES, help="these rules; all by default")
    parser.add_argument("--every", type=int, default=1, help="every so many of a corpus's questions are asked")
    parser.add_argument("--quick", action="store_true", help="read each text once a question")
    parser.add_argument("--keep", type=Path, help="a file for what was asked, an object a line")
    options = parser.parse_args()
    rules = {name: rule for name, rule in RULES.items() if not options.only or name in options.only}
    models = load_models(settings.read())
    for folder in options.folders:
        asked = []
        for own in judged(folder, models, rules, options.every, is_quick=options.quick):
            asked.append(own)
            if options.keep:
                with options.keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"set": folder.name} | asdict(own), ensure_ascii=False) + "\n")
        print("\n".join(table(folder.name, asked, rules)), flush=True)
    print(machine())


if __name__ == "__main__":
    main()
