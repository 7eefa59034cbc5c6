"""SQuAD's JSON, versions 1.1 and 2.0; XQuAD, MLQA, COVID-QA, CMRC 2018 and GermanQuAD use it too, and so does QuAC.

Articles contain paragraphs, and these contain questions: ``{"data": [{"title", "paragraphs": [{"context", "qas":
[{"id", "question", "is_impossible", "answers": [{"text", "answer_start"}]}]}]}]}``. Dataset hubs export a flat form,
which is read as well: one record a question, with ``context`` and ``answers: {"text": [], "answer_start": []}``.

Optional: ``title``, ``id``, ``is_impossible``, ``answer_start``. A question without answers is unanswerable. A
paragraph whose questions have QuAC's ``orig_answer`` is a conversation (``quac``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from documents.normalise import normalise
from qa.evaluation.datasets import quac
from qa.evaluation.datasets.dataset import Dataset, DatasetError
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, answer_of, dataset_of, joined

PARSER = "squad/1"


def load(file: DatasetFile) -> Dataset:
    """The dataset in the articles, which are the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    return dataset_of(list(_paragraphs(file.records)), file, PARSER)


def fits_flat(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of the flat form."""
    return "question" in fields and isinstance(fields.get("context"), str)


def load_flat(file: DatasetFile) -> Dataset:
    """The dataset in the flat form; adjacent records with the same context share a paragraph.

    Raises:
        DatasetError: a record breaks the format.
    """
    paragraphs = joined(
        Paragraph(record.text("title"), record.text("title"), record.context("context"), [_asked(record)])
        for record in file.records
    )
    named = [replace(one, article=one.title or f"article {number}") for number, one in enumerate(paragraphs, start=1)]
    return dataset_of(named, file, PARSER)


def _paragraphs(articles: Sequence[DatasetRecord]) -> Iterator[Paragraph]:
    for number, article in enumerate(articles, start=1):
        title = normalise(article.text("title"))
        for paragraph in article.parts("paragraphs", "paragraph"):
            questions = paragraph.parts("qas", "question")
            context = paragraph.context("context")
            if any(quac.ORIGINAL in question.fields for question in questions):
                turns = [(question, _answers(question)) for question in questions]
                yield quac.paragraph(article, title or f"article {number}", context, turns)
            else:
                asked = [_asked(question) for question in questions]
                yield Paragraph(title or f"article {number}", title, context, asked)


def _asked(question: DatasetRecord) -> ParagraphQuestion:
    return ParagraphQuestion(question.text("id"), question.required("question"), _answers(question))


def _answers(question: DatasetRecord) -> list[tuple[str, int | None]]:
    """The answers, stripped, with their offsets in the context; an empty list for an unanswerable question."""
    if question.fields.get("is_impossible") is not None and question.flag("is_impossible"):
        return []
    if "answers" not in question.fields:
        raise DatasetError(f"{question.where}: has no answers; unanswerable questions have an empty list")
    return [answer_of(answer) for answer in _answer_records(question)]


def _answer_records(question: DatasetRecord) -> list[DatasetRecord]:
    answers = question.fields["answers"]
    if isinstance(answers, dict) and isinstance(answers.get("text"), list):
        starts = answers.get("answer_start", [None] * len(answers["text"]))
        if not isinstance(starts, list) or len(starts) != len(answers["text"]):
            raise DatasetError(f"{question.where}: answers have not as many starts as texts")
        pairs = zip(answers["text"], starts, strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in pairs]
    return DatasetRecord(question.where, {"answers": answers}).parts("answers", "answer")
