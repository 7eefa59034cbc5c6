"""Questions as visitors ask them, over folders of everyday documents, with what a right answer must say.

A folder with ``questions.jsonl``, a question a line, and a folder for each corpus beside it::

    {"id": "h12", "corpus": "handbook", "kind": "how-to", "question": "…", "after": ["first question", …],
     "expect": {"kind": "answer", "all": [["six weeks", "6 weeks"]], "head": [], "none": [], "cite": [], "not_cite": [],
                "order": true, "most": 6}}

``after`` are the earlier questions of a conversation. Every field of ``expect`` is optional (``Expected``). ``source``
and ``evidence`` are the gold documents and passages of them, as in ``qa.evaluation.datasets.questions``; without
``source``, the files of ``cite`` are the gold documents. ``check`` says what a person has to check in a draft;
``from``, the sentence that an older draft was made of, is passed over. Any further field is a slice, as ``kind`` is.
Without ``corpus``, the questions are about the documents named with the file. Questions of one gold document are one
group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from documents.document import DocumentError
from documents.find import find
from documents.language import detect
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.datasets.dataset_file import DatasetFile, told
from qa.evaluation.datasets.expected import Expected
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.questions import NAMES, check_fields, slices_in, texts_of

QUESTIONS = "questions.jsonl"
_KINDS = ("answer", "refusal", "notice")
_EXPECT = ("kind", "all", "head", "none", "cite", "not_cite", "order", "most")
_WORDINGS, _SIGNS = ("all", "head", "none"), "*_`#|> "  # signs of Markdown, without which wordings are compared
_OWN = ("id", "question", "after", "expect", "from", "check", *NAMES["source"], *NAMES["evidence"])


def load(file: DatasetFile) -> Dataset:
    """The dataset of the questions.

    Raises:
        DatasetError: a record breaks the format, or a corpus has no documents.
    """
    records, path, corpus = file.records, file.path, file.corpus
    language = detect((record.required("question") for record in records), path.name)
    items = tuple(_item(number, record, corpus) for number, record in enumerate(records, start=1))
    folders: dict[str, Path] = {}
    for record, item in zip(records, items, strict=True):
        folder = corpus if corpus and item.corpus == corpus.name else path.parent / (item.corpus or "")
        if not item.corpus or not folder.exists():
            there = sorted(entry.name for entry in path.parent.iterdir() if entry.is_dir())
            raise DatasetError(
                f"{record.where}: there is no corpus {shown(item.corpus)} beside the questions: there is "
                f"{', '.join(there) or 'none'}; or name the documents with --corpus"
            )
        folders[item.corpus] = folder
    contents = (content for folder in folders.values() for content in _contents(folder))
    unchecked = [record.where for record in records if record.fields.get("check")]
    what = "questions are drafts that are still to be checked, such as"
    notes = told(unchecked, len(records), what, ": mend it, and delete its field check")
    return replace(file.dataset("visitors", {}, items, language, notes, also=contents), corpora=folders)


def _contents(folder: Path) -> Iterator[bytes]:
    """The names and contents of a corpus's files.

    Raises:
        DatasetError: there is none.
    """
    try:
        files = sorted(find([folder]))
    except DocumentError as error:
        raise DatasetError(str(error)) from error
    if not files:
        raise DatasetError(f"{folder}: holds no document of a format that can be read")
    for file in files:
        yield file.name.encode("utf-8", "surrogateescape")
        yield file.read_bytes()


def _item(number: int, record: DatasetRecord, corpus: Path | None) -> Item:
    after = record.fields.get("after", [])
    if not isinstance(after, list) or not all(isinstance(text, str) and text.strip() for text in after):
        raise DatasetError(f"{record.where}: after must be a list of earlier questions, not {shown(after)}")
    check_fields(record, ("corpus", *_OWN))
    expected = _expected(record)
    answers = "answer" in expected.kinds
    identity, place = record.text("id") or str(number), record.text("corpus") or (corpus.name if corpus else "")
    sources = texts_of(record, "source") or expected.cite
    return Item(
        id=identity,
        question=record.required("question"),
        group=f"{place}/{sources[0]}" if sources else identity,
        slices=slices_in(record, _OWN),
        relevant=dict.fromkeys(sources, 1) if answers else {},
        evidence=tuple(map(normalise, texts_of(record, "evidence"))) if answers else (),
        expect=expected,
        after=tuple(after),
        corpus=place,
    )


def _expected(record: DatasetRecord) -> Expected:
    """The record's ``expect``.

    Raises:
        DatasetError: it has a field that is unknown, or none as the format has it.
    """
    fields = record.fields.get("expect")
    if not isinstance(fields, dict):
        raise DatasetError(f"{record.where}: expect must be an object with {', '.join(_EXPECT)}, not {shown(fields)}")
    where = f"{record.where}: expect"
    unknown = next((name for name in fields if name not in _EXPECT), None)
    if unknown is not None:
        raise DatasetError(f"{where} has the unknown field {shown(unknown)}; known are {', '.join(_EXPECT)}")
    kinds = (fields["kind"],) if isinstance(fields.get("kind"), str) else _texts(where, fields, "kind")
    if not set(kinds) <= set(_KINDS):
        raise DatasetError(
            f"{where}: kind is one of {', '.join(_KINDS)}, or a list of them, not {shown(fields['kind'])}"
        )
    groups = fields.get("all", [])
    if not isinstance(groups, list):
        raise DatasetError(f"{where}: all must be a list of groups, each a list of wordings, not {shown(groups)}")
    if not all(groups):
        raise DatasetError(f"{where}: all has an empty group: give it wordings, or leave it out")
    order, most = fields.get("order", False), fields.get("most")
    if not isinstance(order, bool):
        raise DatasetError(f"{where}: order must be true or false, not {shown(order)}")
    if isinstance(most, bool) or not isinstance(most, int | None) or (most is not None and most < 1):
        raise DatasetError(f"{where}: most must be a number of statements from 1 on, not {shown(most)}")
    return Expected(
        kinds=kinds or ("answer",),
        groups=tuple(_texts(where, {"all": group}, "all") for group in groups),
        **{name: _texts(where, fields, name) for name in ("head", "none", "cite", "not_cite")},
        in_order=order,
        most=most,
    )


def _texts(where: str, fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = fields.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise DatasetError(f"{where}: {name} must be a list of texts, not {shown(values)}")
    if name in _WORDINGS and not all(value.strip(_SIGNS) for value in values):
        raise DatasetError(f"{where}: {name} has a text of signs alone, which any answer says: {shown(values)}")
    return tuple(values)
