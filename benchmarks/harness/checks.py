"""What Refdesk's own bench says of one answer, for the scorer of any harness: as ``refdesk eval --task qa`` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.harness.sample import CORPUS, QUESTIONS
from documents.sentences import sentences
from qa.evaluation import Harness, load_dataset
from qa.evaluation.scoring.refusals import is_refusal
from qa.evaluation.tasks import TASKS, scorer_of

FIGURES = ("right", "F1", "citations_hold")  # what the recipes print


class Checks:
    """Scores answers to the questions of a file about the documents of a folder; a question is known by its words."""

    def __init__(self, questions: Path = QUESTIONS, corpus: Path = CORPUS) -> None:
        """
        Raises:
            ValueError: the file asks a question twice.
            DatasetError: it cannot be read.
        """
        self.dataset = load_dataset(questions, corpus=corpus)
        self._items = {item.question: item for item in self.dataset.items}
        if len(self._items) < len(self.dataset.items):
            raise ValueError(f"{questions}: asks a question twice, and its answers could not be told apart")
        self._judge = Harness().judge
        self._score = scorer_of(TASKS["qa"], self.dataset, None, self._judge)

    def of(self, question: str, answer: object) -> Mapping[str, float]:
        """The metrics of the answer: an ``Answer``, its JSON, or what else ``qa.evaluation.scoring.reply`` takes.

        A metric that is not defined for it, such as ``citations_hold`` of a refusal, is not there.

        Raises:
            ValueError: the file does not ask the question.
        """
        if question not in self._items:
            raise ValueError(f"{self.dataset.name} does not ask {question!r}: give Checks your own questions")
        metrics: dict[str, float] = self._score(self._items[question], answer)[0]["metrics"]
        return metrics

    def borne_out(self, said: str, texts: Sequence[str]) -> float | None:
        """The share of the sentences that were said which one of the texts bears out, by Refdesk's judge.

        None of a refusal, and without texts.
        """
        own = [said[start:end] for start, end in sentences(said)]
        if not own or not texts or is_refusal(said, 0):
            return None
        return mean(any(self._judge(sentence, text) for text in texts) for sentence in own)


def answer_in(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """The whole Answer in a response of ``/v1``; with another server, an error that says so.

    Raises:
        ValueError: the response has none.
    """
    answer = response.get("refdesk")
    if not isinstance(answer, Mapping):
        raise ValueError("the response has no field refdesk: ask a desk at /v1")
    return answer


def told(name: str, figures: Mapping[str, float | None]) -> str:
    """The figures of a recipe in a line."""
    return f"{name}: " + ", ".join(
        f"{metric} {'-' if value is None else f'{value:.3f}'}" for metric, value in figures.items()
    )


def means(rows: Iterable[Mapping[str, float]], metrics: Iterable[str] = FIGURES) -> dict[str, float | None]:
    """The mean of each metric over the rows that have it; None where none has."""
    rows = list(rows)
    found = {name: [row[name] for row in rows if name in row] for name in metrics}
    return {name: mean(values) if values else None for name, values in found.items()}
