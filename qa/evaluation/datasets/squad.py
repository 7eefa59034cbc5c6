"""SQuAD's JSON, versions 1.1 and 2.0; XQuAD, MLQA, COVID-QA, CMRC 2018 and GermanQuAD use it too.

Articles contain paragraphs, and these contain questions: ``{"data": [{"title", "paragraphs": [{"context", "qas":
[{"id", "question", "is_impossible", "answers": [{"text", "answer_start"}]}]}]}]}``. Dataset hubs export a flat form,
which is read as well: one record a question, with ``context`` and ``answers: {"text": [], "answer_start": []}``.

Optional: ``title``, ``id``, ``is_impossible``, ``answer_start``. A question without answers is unanswerable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from documents.document import Document
from documents.language import detect
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.json_files import DatasetRecord, as_record, shown
from qa.evaluation.datasets.offsets import moved

PARSER = "squad/1"


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A context, exactly as in the file, and its questions; ``name`` is unique in the file."""

    name: str
    article: str
    title: str
    context: str
    questions: Sequence[DatasetRecord]


def load(articles: Sequence[Any], name: str, digest: str, file_name: str) -> Dataset:
    """The dataset in the articles of ``file_name``.

    Raises:
        DatasetError: a record breaks the format.
    """
    return _dataset(list(_paragraphs(articles, file_name)), name, digest, file_name)


def load_flat(records: Sequence[DatasetRecord], name: str, digest: str, file_name: str) -> Dataset:
    """The dataset in the flat form; adjacent records with the same context share a paragraph.

    Raises:
        DatasetError: a record breaks the format.
    """
    articles: list[tuple[str, str, str, Sequence[DatasetRecord]]] = []
    for (title, context), questions in groupby(records, lambda record: (record.text("title"), _context(record))):
        articles.append((title or f"article {len(articles) + 1}", title, context, list(questions)))
    return _dataset(list(_numbered(articles)), name, digest, file_name)


def _paragraphs(articles: Sequence[Any], file_name: str) -> Iterator[_Paragraph]:
    found: list[tuple[str, str, str, Sequence[DatasetRecord]]] = []
    for number, value in enumerate(articles, start=1):
        article = as_record(value, f"{file_name}: article {number}")
        title = normalise(article.text("title"))
        for paragraph in _parts(article, "paragraphs", "paragraph"):
            questions = _parts(paragraph, "qas", "question")
            found.append((title or f"article {number}", title, _context(paragraph), questions))
    return _numbered(found)


def _numbered(paragraphs: Sequence[tuple[str, str, str, Sequence[DatasetRecord]]]) -> Iterator[_Paragraph]:
    """The paragraphs, named after their article and numbered within it."""
    counts: Counter[str] = Counter()
    for article, title, context, questions in paragraphs:
        counts[article] += 1
        yield _Paragraph(f"{article}/{counts[article]}", article, title, context, questions)


def _parts(parent: DatasetRecord, name: str, what: str) -> list[DatasetRecord]:
    values = parent.fields.get(name)
    if not isinstance(values, list):
        raise DatasetError(f"{parent.where}: {name} must be a list, not {shown(values)}")
    return [as_record(value, f"{parent.where}, {what} {number}") for number, value in enumerate(values, start=1)]


def _context(paragraph: DatasetRecord) -> str:
    context = paragraph.fields.get("context")
    if not isinstance(context, str) or not normalise(context):
        raise DatasetError(f"{paragraph.where}: context must be a text that is not empty, not {shown(context)}")
    return context


def _dataset(paragraphs: Sequence[_Paragraph], name: str, digest: str, file_name: str) -> Dataset:
    language = detect((paragraph.context for paragraph in paragraphs), file_name)
    documents: dict[str, Document] = {}
    names: dict[str, str] = {}  # text -> name of the first paragraph with that text
    items: list[Item] = []
    for paragraph in paragraphs:
        text = normalise(paragraph.context)
        document = names.setdefault(text, paragraph.name)
        if document == paragraph.name:
            title = " ".join(normalise(paragraph.title).replace("_", " ").split())
            documents[document] = Document(text, title, parser=PARSER)
        items.extend(_items(paragraph, text, document, {"language": language}))
    return Dataset(name, "reading", documents, tuple(items), language, digest)


def _items(paragraph: _Paragraph, text: str, document: str, slices: Mapping[str, str]) -> Iterator[Item]:
    golds = [_answers(question) for question in paragraph.questions]
    starts = {start for answers in golds for answer, start in answers if start is not None}
    new = moved(paragraph.context, starts)
    for number, (question, answers) in enumerate(zip(paragraph.questions, golds, strict=True), start=1):
        gold = dict.fromkeys(
            GoldAnswer(normal, document, _checked_start(text, normal, None if start is None else new.get(start)))
            for answer, start in answers
            if (normal := normalise(answer))
        )
        yield Item(
            id=question.text("id") or f"{paragraph.name}/{number}",
            question=question.required("question"),
            group=paragraph.article,
            answers=tuple(gold),
            answerable=bool(gold),
            relevant={document: 1},
            slices=slices,
        )


def _checked_start(text: str, answer: str, start: int | None) -> int | None:
    """``start`` if the text has the answer there, else None."""
    return start if start is not None and text.startswith(answer, start) else None


def _answers(question: DatasetRecord) -> list[tuple[str, int | None]]:
    """The answers, stripped, with their offsets in the context; an empty list for an unanswerable question."""
    impossible = question.fields.get("is_impossible", False)
    if not isinstance(impossible, bool | None):
        raise DatasetError(f"{question.where}: is_impossible must be true or false, not {shown(impossible)}")
    if impossible:
        return []
    if "answers" not in question.fields:
        raise DatasetError(f"{question.where}: has no answers; unanswerable questions have an empty list")
    return [_answer(answer) for answer in _answer_records(question)]


def _answer_records(question: DatasetRecord) -> list[DatasetRecord]:
    answers = question.fields["answers"]
    if isinstance(answers, dict) and isinstance(answers.get("text"), list):
        starts = answers.get("answer_start", [None] * len(answers["text"]))
        if not isinstance(starts, list) or len(starts) != len(answers["text"]):
            raise DatasetError(f"{question.where}: answers have not as many starts as texts")
        pairs = zip(answers["text"], starts, strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in pairs]
    return _parts(DatasetRecord(question.where, {"answers": answers}), "answers", "answer")


def _answer(answer: DatasetRecord) -> tuple[str, int | None]:
    text = answer.fields.get("text")
    if not isinstance(text, str):
        raise DatasetError(f"{answer.where}: text must be a text, not {shown(text)}")
    start = answer.fields.get("answer_start")
    if not isinstance(start, int) or isinstance(start, bool):
        return text.strip(), None
    return text.strip(), start + len(text) - len(text.lstrip())
