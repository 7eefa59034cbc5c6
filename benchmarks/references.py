"""How far ``answer_entailed`` and ``claim_recall`` tell right answers from wrong ones, where references are sentences.

    python -m benchmarks.references [--squad SQUAD.json] [--clapnq CLAPNQ.jsonl.gz] [--judge NAME] [--questions 200]

- SQuAD: the reference is the sentence that holds the answer. Right is the short answer, wrong the answer to another
  question about the same paragraph, which is no part of a right one (nor the other way round).
- CLAPNQ: the references are the annotators' answers in their own words. Right are the sentences that the first of them
  selected, wrong is a sentence of the same passage that none selected.

Each is scored as if it had been said. Printed are the shares that ``answer_entailed`` accepts, and the means of
``claim_recall`` and, for comparison, of F1.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from documents.sentences import sentences
from qa.evaluation import Dataset, Item, load_dataset
from qa.evaluation.metrics.answers import f1
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.metrics.entailed import answer_entailed, claim_recall
from qa.evaluation.scoring.judges import EntailmentJudge, ShippedEntailment, open_judge


class Case(NamedTuple):
    """A question with references, and what is said: its statements, the first of which is the answer."""

    question: str
    references: tuple[str, ...]
    said: tuple[str, ...]
    is_right: bool


class Scores(NamedTuple):
    """Of the right or the wrong answers."""

    cases: int
    entailed: float
    recall: float
    f1: float


def of_squad(dataset: Dataset, rng: random.Random, most: int) -> Iterator[Case]:
    """Right and wrong short answers; the reference is the sentence that holds the right one."""
    answered = [item for item in dataset.items if item.answers and item.answers[0].document]
    for item in rng.sample(answered, min(most, len(answered))):
        text = dataset.documents[item.answers[0].document or ""].text
        start = item.answers[0].start or 0
        (reference,) = [text[first:last] for first, last in sentences(text) if first <= start < last][:1] or [text]
        yield Case(item.question, (reference,), (item.answers[0].text,), True)
        others = [
            other.answers[0].text for other in answered
            if other.answers[0].document == item.answers[0].document and _is_other(other.answers[0].text, item)
        ]  # fmt: skip
        if others:
            yield Case(item.question, (reference,), (rng.choice(others),), False)


def _is_other(text: str, item: Item) -> bool:
    own = [answer.text.lower() for answer in item.answers]
    return not any(text.lower() in answer or answer in text.lower() for answer in own)


def of_clapnq(dataset: Dataset, rng: random.Random, most: int) -> Iterator[Case]:
    """The selected sentences of a passage, and one that nobody selected."""
    selected = [item for item in dataset.items if item.answers and item.places and item.places[0]]
    for item in rng.sample(selected, min(most, len(selected))):
        name = item.places[0][0][0]
        text = dataset.documents[name].text
        references = tuple(answer.text for answer in item.answers)
        yield Case(item.question, references, tuple(text[start:end] for _, start, end in item.places[0]), True)
        marked = [(start, end) for spans in item.places for _, start, end in spans]
        others = [
            text[first:last] for first, last in sentences(text)
            if not any(first < end and start < last for start, end in marked)
        ]  # fmt: skip
        if others:
            yield Case(item.question, references, (rng.choice(others),), False)


def scored(cases: Sequence[Case], support: SupportJudge) -> Scores:
    """The figures of some answers."""
    entailed, recall, overlap = [], [], []
    for case in cases:
        said = " ".join(case.said)
        entailed.append(
            any(answer_entailed(case.question, case.said[0], said, own, support) for own in case.references)
        )
        recall.append(max(claim_recall(case.question, said, own, support) for own in case.references))
        overlap.append(f1(case.said[0], case.references))
    return Scores(len(cases), mean(entailed), mean(recall), mean(overlap))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path)
    parser.add_argument("--clapnq", type=Path)
    parser.add_argument("--judge")
    parser.add_argument("--questions", type=int, default=200)
    chosen = parser.parse_args()
    shipped = EntailmentJudge(ShippedEntailment())
    support = open_judge(chosen.judge, shipped) if chosen.judge else shipped
    print("| references | answers | cases | answer_entailed | claim_recall | F1 |\n|---|---|---|---|---|---|")
    for name, path, made in (("SQuAD", chosen.squad, of_squad), ("CLAPNQ", chosen.clapnq, of_clapnq)):
        if path is None:
            continue
        cases = list(made(load_dataset(path), random.Random(0), chosen.questions))
        for kind in (True, False):
            found = scored([case for case in cases if case.is_right is kind], support)
            print(
                f"| {name} | {'right' if kind else 'wrong'} | {found.cases} | {found.entailed:.3f} | "
                f"{found.recall:.3f} | {found.f1:.3f} |"
            )


if __name__ == "__main__":
    main()
