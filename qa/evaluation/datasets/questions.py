"""Questions in JSON Lines: open-QA data, and Refdesk's own format for questions about your documents.

One record a question, each field under any of the names in ``NAMES``, which are ragas', BEIR's and SQuAD's too:

- ``question``;
- ``answers``: a text, a list of texts, or SQuAD's objects with ``text``, each of which is right; without answers a
  question is unanswerable;
- ``all``, in place of ``answers``, where all are wanted: a list of groups, of each of which one wording must be said;
- ``id``, ``answerable``, ``evidence`` (sentences of the documents that contain the answer), and ``source`` (the
  document that answers it, or a list: a file's path in the folder of documents, or the end of one).

Every further field that is a short text, a number or true or false is a slice. Where a folder of documents is given,
the evidence is looked up in them, which gives answers their offsets; its documents, and those that ``source`` names,
are relevant. Questions with a ``source`` need no answers: they are for the task ``retrieval``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from documents.document import Document, DocumentError
from documents.find import find
from documents.language import detect
from documents.load import load as load_document
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, DatasetKind, GoldAnswer, Item
from qa.evaluation.datasets.dataset_file import DatasetFile, told
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.offsets import place_of

Documents = Mapping[str, Document]
# The names that each field may have: ours, then those of ragas, BEIR, SQuAD, RAGChecker and others. The first that is
# there counts.
NAMES: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "user_input", "query", "text"),
    "answers": ("answers", "answer", "reference", "ground_truth", "gt_answer"),
    "id": ("id", "_id", "query_id", "qid"),
    "evidence": ("evidence", "reference_contexts"),
    "source": ("source", "sources", "doc_id", "corpus-id"),
}
_LONGEST = 60  # characters of a value; what is longer is a text and divides nothing
_HOP = re.compile(r"\A\s*<\d+-hop>\s*")  # before a context of a question that ragas made of several
# What no slice is made of; the last ones are what ragas and RAGChecker keep of a system.
_KNOWN = (
    *(name for names in NAMES.values() for name in names), "all", "answerable", "is_impossible", "title",
    "response", "retrieved_contexts", "retrieved_context",
)  # fmt: skip


def load(file: DatasetFile) -> Dataset:
    """The dataset of the questions, about the documents in the corpus, if one is named.

    Raises:
        DatasetError: a record breaks the format, or the corpus has no readable document.
    """
    documents, unread = read_documents(file.corpus) if file.corpus else ({}, ())
    records = file.records
    asked = [_question(record) for record in records]
    wanted = [_wanted(record) for record in records]
    answers = [
        [wordings[0] for wordings in groups] or _answers(record) for record, groups in zip(records, wanted, strict=True)
    ]
    texts = [*asked, *(text for own in answers for text in own or ())]
    language = detect(texts, file.path.name)
    rows = zip(records, asked, answers, wanted, strict=True)
    items = tuple(_item(number, *row, documents) for number, row in enumerate(rows, start=1))
    ids = (document.id.encode() for document in documents.values())
    kind: DatasetKind = "retrieval" if all(own is None for own in answers) else "open"
    notes = (*_unknown(records, documents), *_unfound(items, documents), *_without_answers(records, answers))
    return replace(file.dataset(kind, documents, items, language, notes, also=ids), unread=unread)


def _unknown(records: Sequence[DatasetRecord], documents: Documents) -> tuple[str, ...]:
    """A warning where sources are no documents of the corpus."""
    sources = list(dict.fromkeys(source for record in records for source in texts_of(record, "source")))
    unknown = [shown(source) for source in sources if documents and not _named(source, documents)]
    so = ": a source is a file's path in it, or the end of one"
    return told(unknown, len(sources), "sources are no documents of the corpus, such as", so)


def _unfound(items: Sequence[Item], documents: Documents) -> tuple[str, ...]:
    """A warning where evidence stands in no document, so that no evidence and no passage can be scored by it."""
    texts = {text: list(item.relevant) for item in items for text in item.evidence} if documents else {}
    unfound = [shown(text) for text, named in texts.items() if not _places([text], named, documents)]
    return told(unfound, len(texts), "evidence passages are in no document of the corpus, such as")


def _without_answers(records: Sequence[DatasetRecord], answers: Sequence[Sequence[str] | None]) -> tuple[str, ...]:
    """A warning where some questions have no answers, or all, and a list that nobody reads: they may be misspelt."""
    missing = [record for record, own in zip(records, answers, strict=True) if own is None]
    if not missing:
        return ()
    unknown = [name for name in missing[0].fields if name not in _KNOWN]
    if len(missing) == len(records):
        lists = [name for name in unknown if isinstance(missing[0].fields[name], list)]
        why = "no question has answers, only a source, which is for the task retrieval; not read is the field"
        return (f"{why} {shown(lists[0])}",) if lists else ()
    what = "questions have no answers, only a source, and are left out but for the task retrieval, such as"
    so = f" with the unknown field {shown(unknown[0])}" if unknown else ""
    return told([record.where for record in missing], len(records), what, so)


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
    number: int,
    record: DatasetRecord,
    question: str,
    answers: Sequence[str] | None,
    wanted: Sequence[Sequence[str]],
    documents: Documents,
) -> Item:
    identity = record.text(*NAMES["id"]) or str(number)
    given = [text for own in texts_of(record, "evidence") if (text := normalise(_HOP.sub("", own)))]
    sources = texts_of(record, "source")
    named = [name for source in sources for name in _named(source, documents)]
    evidence = tuple(_as_written(text, named, documents) for text in given)
    places = _places(evidence, named, documents)
    relevant = dict.fromkeys([*(name for name, _ in places.values()), *named], 1)
    return Item(
        id=identity,
        question=question,
        group=next(iter(sources), "") or next(iter(places.values()), (identity,))[0],
        answers=tuple(_gold(answer, places) for answer in answers or ()),
        answerable=None if answers is None else bool(answers),
        wanted=tuple(tuple(map(normalise, wordings)) for wordings in wanted),
        # Of a question that it does not answer, the source is only the document that it was asked about.
        relevant={} if answers == [] else relevant,
        evidence=evidence,
        slices=slices_in(record, _KNOWN),
    )


def _question(record: DatasetRecord) -> str:
    question = record.text(*NAMES["question"])
    if not question:
        name = next((name for name in NAMES["question"] if name in record.fields), None)
        if name is None:
            raise DatasetError(f"{record.where}: has no question; it may be called {' or '.join(NAMES['question'])}")
        raise DatasetError(f"{record.where}: {name} is still empty; write one, or delete the line")
    return question


def _answers(record: DatasetRecord) -> list[str] | None:
    """The acceptable answers, none where there is no answer; None of a record that only says which documents answer."""
    answerable = _answerable(record)
    present = any(name in record.fields for name in NAMES["answers"])
    answers = list(dict.fromkeys(texts_of(record, "answers"))) if answerable is not False or present else []
    if not present and answerable is None:
        if texts_of(record, "source"):
            return None
        raise DatasetError(
            f"{record.where}: has no answers (which may be called {' or '.join(NAMES['answers'])}) and no source (or "
            f"{' or '.join(NAMES['source'][1:])}); unanswerable questions have an empty list"
        )
    if answerable is not None and answerable != bool(answers):
        reason = "it is answerable but has no answers" if answerable else "it has answers but is not answerable"
        raise DatasetError(f"{record.where}: {reason}; correct one of the two")
    return answers


def _wanted(record: DatasetRecord) -> list[list[str]]:
    """The groups of wordings that are all wanted; none where the record has none.

    Raises:
        DatasetError: they are no list of texts or lists of texts, one is empty, or the record says otherwise too.
    """
    groups = record.fields.get("all")
    if groups is None:
        return []
    if not isinstance(groups, list) or not groups:
        raise DatasetError(f"{record.where}: all must be a list of groups of wordings, not {shown(groups)}")
    if (name := next((name for name in NAMES["answers"] if name in record.fields), None)) is not None:
        raise DatasetError(f"{record.where}: has {name} and all: give answers of which one is enough, or all of them")
    if _answerable(record) is False:
        raise DatasetError(f"{record.where}: it has answers but is not answerable; correct one of the two")
    found = []
    for group in groups:
        wordings = group if isinstance(group, list) else [group]
        found.append([DatasetRecord(record.where, {"all": wording}).required("all") for wording in wordings])
        if not wordings:
            raise DatasetError(f"{record.where}: all has an empty group")
    return found


def _answerable(record: DatasetRecord) -> bool | None:
    """Whether the record says that there is an answer; None: it does not say."""
    for name, is_so in (("answerable", True), ("is_impossible", False)):
        if record.fields.get(name) is not None:
            return record.flag(name) is is_so
    return None


def texts_of(record: DatasetRecord, field: str) -> list[str]:
    """The non-empty texts of a field that holds a text, a list of texts or of objects with "text", or nothing.

    Raises:
        DatasetError: it holds something else, null among texts, or answers that all are empty, as if there were none.
    """
    name = next((name for name in NAMES[field] if record.fields.get(name) is not None), None)
    if name is None:
        return []
    value = record.fields[name]
    if isinstance(value, dict) and "text" in value:  # SQuAD's, as dataset hubs export it
        value = value["text"]
    values = value if isinstance(value, list) else [value]
    values = [one["text"] if isinstance(one, dict) and "text" in one else one for one in values]
    texts = [text for one in values if (text := DatasetRecord(record.where, {name: one}).text(name))]
    if field == "answers" and values and not texts and _answerable(record) is not False:
        raise DatasetError(f"{record.where}: {name} has an empty text; unanswerable questions have an empty list")
    if None in values:
        raise DatasetError(f"{record.where}: {name} must hold texts, not {shown(values)}")
    return texts


def slices_in(record: DatasetRecord, own: Collection[str]) -> dict[str, str]:
    """Each further field that is a short text, a number, or true or false, by its name; ``own`` are the format's.

    Raises:
        DatasetError: ``language`` is no two-letter code.
    """
    language = record.fields.get("language")
    if language is not None and not (isinstance(language, str) and len(language) == 2 and language.islower()):
        raise DatasetError(f"{record.where}: language must be a code of two letters, such as en, not {shown(language)}")
    return {
        name: shown(value) if isinstance(value, bool) else str(value).strip()
        for name, value in record.fields.items()
        if name not in own and _divides(value) and str(value).strip()
    }


def check_fields(record: DatasetRecord, own: Collection[str]) -> None:
    """
    Raises:
        DatasetError: a field is neither one of the format's ``own`` nor a slice, so that it would be passed over.
    """
    for name, value in record.fields.items():
        if name not in own and value is not None and not _divides(value):
            raise DatasetError(
                f"{record.where}: has the unknown field {shown(name)}, and a slice is a short text, a number, or true "
                f"or false; known are {', '.join(own)}"
            )


def _divides(value: object) -> bool:
    """Whether figures are broken down by the value: a short text, a number, or true or false."""
    return isinstance(value, str | int | float) and len(str(value).strip()) <= _LONGEST


def _named(source: str, documents: Documents) -> list[str]:
    """The documents that a source names: by their path, or the end of it."""
    return [name for name in documents if name == source or f"/{name}".endswith(f"/{source}")]


def _as_written(evidence: str, named: Sequence[str], documents: Documents) -> str:
    """The evidence with the white space that it has in its document, or as it is where no document has it."""
    if _places([evidence], named, documents):
        return evidence
    texts = (documents[name].text for name in named or documents)
    return next((text[slice(*place)] for text in texts if (place := place_of(evidence, text))), evidence)


def _places(evidence: Sequence[str], named: Sequence[str], documents: Documents) -> dict[str, tuple[str, int]]:
    """Evidence -> the name of the document that contains it and its offset there; evidence not found is left out.

    Only the documents in ``named`` are searched, or all if it is empty.
    """
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
