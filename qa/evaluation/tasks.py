"""The four tasks: which items each can use, how a reply is scored, and which figures come out.

======== ======================================== ==================================================
task     a system is called with                  and returns
======== ======================================== ==================================================
qa       the question                             an answer (see ``qa.evaluation.reply``)
reading  the question and its passage, two texts  an answer
retrieval the question                            names of documents, best first, or (name, score) pairs
support  the claim and its evidence, a list       a number, the larger the better supported
======== ======================================== ==================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from documents.document import Document
from qa.evaluation import score_answers, score_claims, score_rankings
from qa.evaluation.dataset import Dataset, DatasetError, DatasetKind, Item
from qa.evaluation.metrics import Support, normalise_answer
from qa.evaluation.reply import Library, as_reply, prediction_of
from qa.evaluation.score_answers import AnswerScorer, verbatim
from qa.evaluation.statistics import Indices

TaskName = Literal["retrieval", "reading", "qa", "support"]
TASK_NAMES: tuple[TaskName, ...] = get_args(TaskName)
DEFAULT_TASKS: Mapping[DatasetKind, TaskName] = {
    "reading": "reading", "retrieval": "retrieval", "open": "qa", "support": "support"
}  # fmt: skip

Record = dict[str, Any]
Statistics = Mapping[str, Callable[[Indices], float]]
# Item, what the system said -> fields of the item's record, and the documents it cites.
Scorer = Callable[[Item, object], tuple[Record, Mapping[str, Document]]]


@dataclass(frozen=True, slots=True)
class Task:
    """A task's name, the metric shown while it runs, those that slices show, and its figures that are no means."""

    name: TaskName
    headline: str
    sliced: tuple[str, ...]
    needs: str
    fits: Callable[[Item, Dataset], bool]
    statistics_of: Callable[[Sequence[Mapping[str, Any]]], Statistics]


def passage_of(item: Item, dataset: Dataset) -> tuple[str, Document] | None:
    """The name and the document that the item is about: of its answers, else the most relevant one."""
    names = [answer.document for answer in item.answers if answer.document]
    names += sorted(item.relevant, key=lambda name: -item.relevant[name])
    return next(((name, dataset.documents[name]) for name in names if name in dataset.documents), None)


TASKS: Mapping[TaskName, Task] = {
    task.name: task
    for task in (
        Task(
            "retrieval",
            "nDCG@10",
            ("nDCG@10", "Recall@10", "P@1"),
            "questions with judged documents",
            # A judged query for which nothing is relevant counts, as in trec_eval.
            lambda item, dataset: bool(item.relevant) or dataset.kind == "retrieval",
            lambda _: {},
        ),
        Task(
            "reading",
            "F1",
            ("EM", "F1", "answered"),
            "questions with a passage each and gold answers",
            lambda item, dataset: item.answerable is not None and passage_of(item, dataset) is not None,
            score_answers.statistics_of,
        ),
        Task(
            "qa",
            "F1",
            ("EM", "F1", "answered"),
            "questions with gold answers",
            lambda item, dataset: item.answerable is not None,  # noqa: ARG005
            score_answers.statistics_of,
        ),
        Task(
            "support",
            "",
            (),
            "claims with evidence and a label",
            lambda item, dataset: item.label is not None,  # noqa: ARG005
            score_claims.statistics_of,
        ),
    )
}


def task_of(name: str | None, dataset: Dataset) -> Task:
    """The task called ``name``, or the one that the dataset's kind is made for.

    Raises:
        DatasetError: there is no such task.
    """
    name = name or DEFAULT_TASKS[dataset.kind]
    if name not in TASK_NAMES:
        raise DatasetError(f"there is no task {name}: the tasks are {', '.join(TASK_NAMES)}")
    return TASKS[name]


def usable(dataset: Dataset, task: Task) -> list[Item]:
    """The items that the task can use.

    Raises:
        DatasetError: there are none.
    """
    items = [item for item in dataset.items if task.fits(item, dataset)]
    if not items:
        raise DatasetError(f"{dataset.name} cannot be used for the task {task.name}: that needs {task.needs}")
    return items


def scorer_of(task: Task, dataset: Dataset, threshold: float | None, support: Support = verbatim) -> Scorer:
    """What scores the task's replies; ``threshold`` None: the system decides itself what it answers."""
    if task.name == "retrieval":
        return lambda item, said: (score_rankings.score(item, said), {})
    if task.name == "support":
        return lambda item, said: (score_claims.score(item, said), {})
    library = Library(dataset.documents)
    answers = AnswerScorer(dataset, threshold=threshold, citations=task.name == "qa", support=support)

    def score(item: Item, said: object) -> tuple[Record, Mapping[str, Document]]:
        if task.name == "reading" and isinstance(said, str):
            said = prediction_of(said)
        reply = as_reply(said, item.question, library)
        return answers.score(item, reply), reply.cited

    return score


_QUESTION_WORD = re.compile(r"\b(who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_LENGTHS = ((1, "1 word"), (3, "2–3 words"), (6, "4–6 words"), (1 << 60, "7 words or more"))
_SIZES = ((500, "under 500 characters"), (1000, "500–999"), (5000, "1,000–4,999"), (1 << 60, "5,000 or more"))


def slices_of(item: Item, dataset: Dataset) -> dict[str, str]:
    """What the tables are cut by: the dataset's own slices, language, question word, lengths of answer and document."""
    language = item.slices.get("language", dataset.language)
    slices = {**item.slices, "language": language}
    if language == "en" and item.label is None:
        found = _QUESTION_WORD.search(item.question)
        slices["question word"] = found[1].lower() if found else "none"
    if item.answers:
        words = len(normalise_answer(item.answers[0].text, language).split())
        slices["answer length"] = next(name for most, name in _LENGTHS if words <= most)
    passage = passage_of(item, dataset)
    if passage:
        slices["document length"] = next(name for bound, name in _SIZES if len(passage[1].text) < bound)
    return slices
