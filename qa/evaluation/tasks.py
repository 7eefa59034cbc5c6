"""The five tasks: which items each uses, how it scores what a system returns, and which figures it reports.

========= ====================================== =====================================================
task      a system is called with                and returns
========= ====================================== =====================================================
qa        the question                           an answer (see ``qa.evaluation.scoring.reply``)
reading   the text of the question, and of its   an answer
          passage
retrieval the question                           names of documents, best first, or (name, score) pairs
support   the claim and the list of its evidence a number, larger for better support
visitors  the question, the earlier (question,   an answer
          answer) pairs of the conversation as
          texts, and the name of the corpus
========= ====================================== =====================================================

Where a dataset holds conversations, ``qa`` and ``reading`` pass these pairs too, as the last argument. Where each of
its questions has documents of its own (``Item.among``), ``qa`` and ``retrieval`` pass the list of their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from documents.document import Document
from documents.vocabulary import Vocabulary
from qa.answer import Answer
from qa.evaluation.datasets.dataset import Dataset, DatasetError, DatasetKind, Item
from qa.evaluation.metrics.answers import normalise_answer
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.metrics.statistics import Indices
from qa.evaluation.scoring import answers, claims, expectations, rankings
from qa.evaluation.scoring.answers import AnswerScorer
from qa.evaluation.scoring.corpora import Corpora
from qa.evaluation.scoring.reply import DocumentLookup, as_reply, as_short_answer

TaskName = Literal["retrieval", "reading", "qa", "support", "visitors"]
TASK_NAMES: tuple[TaskName, ...] = get_args(TaskName)
DEFAULT_TASKS: Mapping[DatasetKind, TaskName] = {
    "reading": "reading", "retrieval": "retrieval", "open": "qa", "support": "support", "visitors": "visitors",
}  # fmt: skip

NONE = DocumentLookup({})
Record = dict[str, Any]
"""An item's line in ``answers.jsonl``."""
Statistics = Mapping[str, Callable[[Indices], float]]
Scorer = Callable[[Item, object], tuple[Record, Mapping[str, Document]]]
"""Item, what the system returned -> the scored fields of the item's record, and the documents it cites, by id."""


@dataclass(frozen=True, slots=True)
class Task:
    """How one task is evaluated.

    - ``headline``: the metric shown while questions are asked;
    - ``sliced``: the metrics reported for each slice, and figures of ``statistics_of``;
    - ``needs``: what a dataset must have, in words; ``fits``: whether an item of it can be used;
    - ``statistics_of``: the figures that are not means over records;
    - ``is_right``: whether a record's question went well, None where that is no yes or no;
    - ``shown``: what the system returned, for people to read in a line.
    """

    name: TaskName
    headline: str
    sliced: tuple[str, ...]
    needs: str
    fits: Callable[[Item, Dataset], bool]
    statistics_of: Callable[[Sequence[Mapping[str, Any]]], Statistics]
    is_right: Callable[[Mapping[str, Any]], bool | None]
    shown: Callable[[Mapping[str, Any]], str]

    def outcome(self, record: Mapping[str, Any]) -> str:
        """``shown``, or the error of a question on which the system failed."""
        return f"(failed: {record['error']})" if "error" in record else self.shown(record)


def passage_of(item: Item, dataset: Dataset) -> tuple[str, Document] | None:
    """The name and document that the item is about: its answers', else the most relevant one; None if there is none."""
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
            # As in trec_eval, a judged query counts even if no document is relevant.
            lambda item, dataset: dataset.kind == "retrieval" or (bool(item.relevant) and item.expect is None),
            lambda _: {},
            rankings.is_right,
            rankings.shown,
        ),
        Task(
            "reading",
            "right",
            ("right", "EM", "F1", "answered", "ECE"),
            "questions with a passage each and gold answers",
            lambda item, data: item.answerable is not None and not item.among and passage_of(item, data) is not None,
            answers.statistics_of,
            answers.is_right,
            answers.shown,
        ),
        Task(
            "qa",
            "right",
            ("right", "EM", "F1", "answered", "ECE"),
            "questions with gold answers",
            lambda item, dataset: item.answerable is not None,  # noqa: ARG005
            answers.statistics_of,
            answers.is_right,
            answers.shown,
        ),
        Task(
            "support",
            "",
            ("AUROC", "balanced_accuracy"),
            "claims with evidence and a label",
            lambda item, dataset: item.label is not None,  # noqa: ARG005
            claims.statistics_of,
            lambda _: None,
            claims.shown,
        ),
        Task(
            "visitors",
            "right",
            (*expectations.VERDICTS, "ECE"),
            "questions with what is expected of their answers (expect)",
            lambda item, dataset: item.expect is not None,  # noqa: ARG005
            expectations.statistics_of,
            expectations.is_right,
            expectations.shown,
        ),
    )
}


def task_of(name: str | None, dataset: Dataset) -> Task:
    """The task called ``name``, or the default task for the dataset's kind.

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
        DatasetError: there is none.
    """
    items = [item for item in dataset.items if task.fits(item, dataset)]
    if not items:
        raise DatasetError(f"{dataset.name} cannot be used for the task {task.name}: that needs {task.needs}")
    return items


def scorer_of(task: Task, dataset: Dataset, threshold: float | None, support: SupportJudge) -> Scorer:
    """The scorer of the task; ``threshold`` and ``support`` are those of ``AnswerScorer``."""
    if task.name == "retrieval":
        return lambda item, returned: (rankings.score(item, returned), {})
    if task.name == "support":
        return lambda item, returned: (claims.score(item, returned), {})
    if task.name == "visitors":
        corpora = Corpora(dataset)

        def judge(item: Item, returned: object) -> tuple[Record, Mapping[str, Document]]:
            # Refdesk's own answers bring the documents that they cite.
            lookup = NONE if returned is None or isinstance(returned, Answer) else corpora.lookup(item.corpus)
            reply = as_reply(returned, item.question, lookup)
            return expectations.score(item, reply, corpora), reply.cited

        return judge
    lookup = DocumentLookup(dataset.documents)
    scorer = AnswerScorer(dataset, threshold=threshold, citations=task.name == "qa", support=support)

    def score(item: Item, returned: object) -> tuple[Record, Mapping[str, Document]]:
        if task.name == "reading" and isinstance(returned, str):
            returned = as_short_answer(returned)
        reply = as_reply(returned, item.question, lookup)
        return scorer.score(item, reply), reply.cited

    return score


def failed(item: Item, task: Task, scorer: Scorer, reason: str) -> Record:
    """The scored fields of an item on which the system failed: nothing returned, every metric 0."""
    if task.name == "support":
        return {**claims.unscored(item), "error": reason}
    fields, _ = scorer(item, [] if task.name == "retrieval" else None)
    if task.name == "visitors":
        return {**expectations.failed(fields), "error": reason}
    return {**fields, "metrics": dict.fromkeys(fields["metrics"], 0.0), "error": reason}


_QUESTION_WORD = re.compile(rf"\b({Vocabulary('qa').any_of('question_words')})\b", re.IGNORECASE)
_LENGTHS = ((1, "1 word"), (3, "2–3 words"), (6, "4–6 words"), (1 << 60, "7 words or more"))
_SIZES = ((500, "under 500 characters"), (1000, "500–999"), (5000, "1,000–4,999"), (1 << 60, "5,000 or more"))


def slices_of(item: Item, dataset: Dataset) -> dict[str, str]:
    """The item's value in each dimension: the dataset's slices, language, question word, answer and document length."""
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
