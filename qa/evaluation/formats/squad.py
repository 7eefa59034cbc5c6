"""SQuAD's JSON, versions 1.1 and 2.0, and what uses it: XQuAD, MLQA, COVID-QA, CMRC 2018, GermanQuAD …

Articles hold paragraphs hold questions: ``{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question",
"is_impossible", "answers": [{"text", "answer_start"}]}]}]}]}``. Also its flat form, as data set hubs export it: one
record for each question, with ``context`` and ``answers: {"text": [], "answer_start": []}``.

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
from qa.evaluation.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.formats.files import Record, record, shown
from qa.evaluation.formats.offsets import moved

PARSER = "squad/1"


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A context as the file has it, and its questions; ``name`` is unique in the file."""

    name: str
    article: str
    title: str
    context: str
    questions: Sequence[Record]


def load(articles: Sequence[Any], name: str, digest: str, file_name: str) -> Dataset:
    """The dataset in the articles of ``file_name``."""
    return _dataset(list(_paragraphs(articles, file_name)), name, digest, file_name)


def load_flat(records: Sequence[Record], name: str, digest: str, file_name: str) -> Dataset:
    """The dataset in records of one question each; neighbours with one context share a paragraph."""
    articles: list[tuple[str, str, str, Sequence[Record]]] = []
    for (title, context), questions in groupby(records, lambda record: (record.text("title"), _context(record))):
        articles.append((title or f"article {len(articles) + 1}", title, context, list(questions)))
    return _dataset(list(_numbered(articles)), name, digest, file_name)


def _paragraphs(articles: Sequence[Any], file_name: str) -> Iterator[_Paragraph]:
    found: list[tuple[str, str, str, Sequence[Record]]] = []
    for number, value in enumerate(articles, start=1):
        article = record(value, f"{file_name}: article {number}")
        title = normalise(article.text("title"))
        for paragraph in _parts(article, "paragraphs", "paragraph"):
            questions = _parts(paragraph, "qas", "question")
            found.append((title or f"article {number}", title, _context(paragraph), questions))
    return _numbered(found)


def _numbered(paragraphs: Sequence[tuple[str, str, str, Sequence[Record]]]) -> Iterator[_Paragraph]:
    """With names: the article and the paragraph's number in it."""
    counts: Counter[str] = Counter()
    for article, title, context, questions in paragraphs:
        counts[article] += 1
        yield _Paragraph(f"{article}/{counts[article]}", article, title, context, questions)


def _parts(parent: Record, name: str, what: str) -> list[Record]:
    values = parent.fields.get(name)
    if not isinstance(values, list):
        raise DatasetError(f"{parent.where}: {name} must be a list, not {shown(values)}")
    return [record(value, f"{parent.where}, {what} {number}") for number, value in enumerate(values, start=1)]


def _context(paragraph: Record) -> str:
    context = paragraph.fields.get("context")
    if not isinstance(context, str) or not normalise(context):
        raise DatasetError(f"{paragraph.where}: context must be a text that is not empty, not {shown(context)}")
    return context


def _dataset(paragraphs: Sequence[_Paragraph], name: str, digest: str, file_name: str) -> Dataset:
    language = detect((paragraph.context for paragraph in paragraphs), file_name)
    documents: dict[str, Document] = {}
    names: dict[str, str] = {}  # text -> the name of the first paragraph with it
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
            GoldAnswer(normal, document, _standing(text, normal, None if start is None else new.get(start)))
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


def _standing(text: str, answer: str, start: int | None) -> int | None:
    """The start, if the answer stands there in the text."""
    return start if start is not None and text.startswith(answer, start) else None


def _answers(question: Record) -> list[tuple[str, int | None]]:
    """The answers with their starts in the context, blanks around them left out; none where it has none."""
    impossible = question.fields.get("is_impossible", False)
    if not isinstance(impossible, bool | None):
        raise DatasetError(f"{question.where}: is_impossible must be true or false, not {shown(impossible)}")
    if impossible:
        return []
    if "answers" not in question.fields:
        raise DatasetError(f"{question.where}: has no answers; unanswerable questions have an empty list")
    return [_answer(answer) for answer in _answer_records(question)]


def _answer_records(question: Record) -> list[Record]:
    answers = question.fields["answers"]
    if isinstance(answers, dict) and isinstance(answers.get("text"), list):
        starts = answers.get("answer_start", [None] * len(answers["text"]))
        if not isinstance(starts, list) or len(starts) != len(answers["text"]):
            raise DatasetError(f"{question.where}: answers have not as many starts as texts")
        pairs = zip(answers["text"], starts, strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in pairs]
    return _parts(Record(question.where, {"answers": answers}), "answers", "answer")


def _answer(answer: Record) -> tuple[str, int | None]:
    text = answer.fields.get("text")
    if not isinstance(text, str):
        raise DatasetError(f"{answer.where}: text must be a text, not {shown(text)}")
    start = answer.fields.get("answer_start")
    if not isinstance(start, int) or isinstance(start, bool):
        return text.strip(), None
    return text.strip(), start + len(text) - len(text.lstrip())
