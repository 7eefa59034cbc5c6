"""Questions in JSON Lines: open-QA data, and Refdesk's own format for questions about your documents.

One record a question: ``question``; ``answers`` (or ``answer``), a text or a list; optionally ``id``, ``answerable``,
``evidence`` (sentences of the documents that contain the answer) and ``source`` (a file's path in the folder of
documents). Refdesk's own format always has ``answerable``; elsewhere a question without answers is unanswerable.

Where a folder of documents is given, the evidence is looked up in them: that gives answers their offsets, and retrieval
its relevant documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from documents.document import Document, DocumentError
from documents.find import find
from documents.language import detect
from documents.load import load as load_document
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.json_files import DatasetRecord, digest, shown

Documents = Mapping[str, Document]


def load(records: Sequence[DatasetRecord], name: str, data: bytes, file_name: str, corpus: Path | None) -> Dataset:
    """The dataset of the questions in a file with content ``data``, about the documents in ``corpus``, if given.

    Raises:
        DatasetError: a record breaks the format, or ``corpus`` has no readable document.
    """
    documents, unread = read_documents(corpus) if corpus else ({}, ())
    answers = [_answers(record) for record in records]
    texts = (text for record, own in zip(records, answers, strict=True) for text in (record.text("question"), *own))
    language = detect(texts, file_name)
    items = tuple(
        _item(number, record, own, documents, {"language": language})
        for number, (record, own) in enumerate(zip(records, answers, strict=True), start=1)
    )
    ids = [data, *(document.id.encode() for document in documents.values())]
    return Dataset(name, "open", documents, items, language, digest(ids), unread=unread)


def read_documents(corpus: Path) -> tuple[dict[str, Document], tuple[str, ...]]:
    """The documents of a file or folder by their relative paths, and the files that cannot be read, with the reason.

    Raises:
        DatasetError: there is no readable document.
    """
    documents: dict[str, Document] = {}
    unread: list[str] = []
    try:
        paths = list(find([corpus]))
    except DocumentError as error:
        raise DatasetError(str(error)) from error
    for path in paths:
        try:
            documents[path.name if path == corpus else path.relative_to(corpus).as_posix()] = load_document(path)
        except DocumentError as error:
            unread.append(str(error))
    if not documents:
        raise DatasetError(f"{corpus}: holds no document that can be read{f' ({unread[0]})' if unread else ''}")
    return documents, tuple(unread)


def _item(
    number: int, record: DatasetRecord, answers: Sequence[str], documents: Documents, slices: Mapping[str, str]
) -> Item:
    identity, question = record.text("id") or str(number), _question(record)
    answerable = record.fields.get("answerable")
    if not isinstance(answerable, bool | None):
        raise DatasetError(f"{record.where}: answerable must be true or false, not {shown(answerable)}")
    if answerable is not None and answerable != bool(answers):
        reason = "it is answerable but has no answers" if answerable else "it has answers but is not answerable"
        raise DatasetError(f"{record.where}: {reason}; correct one of the two")
    evidence = tuple(text for own in _texts(record, "evidence") if (text := normalise(own)))
    source = record.text("source")
    places = _places(evidence, source, documents)
    return Item(
        id=identity,
        question=question,
        group=source or next(iter(places.values()), (identity,))[0],
        answers=tuple(_gold(answer, places) for answer in answers),
        answerable=bool(answers),
        relevant=dict.fromkeys((name for name, _ in places.values()), 1),
        evidence=evidence,
        slices=slices,
    )


def _question(record: DatasetRecord) -> str:
    question = record.text("question")
    if not question:
        raise DatasetError(f"{record.where}: the question is still empty; write one, or delete the line")
    return question


def _answers(record: DatasetRecord) -> list[str]:
    name = next((name for name in ("answers", "answer") if name in record.fields), None)
    if name is None and record.fields.get("answerable") is not False:
        raise DatasetError(f"{record.where}: has no answers; unanswerable questions have an empty list")
    return list(dict.fromkeys(_texts(record, name))) if name else []


def _texts(record: DatasetRecord, name: str) -> list[str]:
    """The non-empty texts of a field that holds a text, a list of texts, or nothing."""
    value = record.fields.get(name)
    values = value if isinstance(value, list) else [value]
    return [text for value in values if (text := DatasetRecord(record.where, {name: value}).text(name))]


def _places(evidence: Sequence[str], source: str, documents: Documents) -> dict[str, tuple[str, int]]:
    """Evidence -> the name of the document that contains it and its offset there; evidence not found is left out.

    Only the documents that match ``source`` are searched, or all if none does.
    """
    named = [name for name in documents if source and (name == source or f"/{name}".endswith(f"/{source}"))]
    places: dict[str, tuple[str, int]] = {}
    for text in evidence:
        found = ((name, documents[name].text.find(text)) for name in named or documents)
        place = next((place for place in found if place[1] >= 0), None)
        if place is not None:
            places[text] = place
    return places


def _gold(answer: str, places: Mapping[str, tuple[str, int]]) -> GoldAnswer:
    """The answer, with its document and offset if some evidence that was found contains it."""
    text = normalise(answer)
    for evidence, (name, offset) in places.items():
        position = evidence.find(text)
        if position >= 0:
            return GoldAnswer(text, name, offset + position)
    return GoldAnswer(text)
