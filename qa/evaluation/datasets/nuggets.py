"""Nuggets of TREC's RAG track (Pradeep et al. 2024, AutoNuggetizer): facts that a good answer says.

JSON Lines, a record a question: ``{"qid", "query", "nuggets": [{"text", "importance": "vital" | "okay"}, …]}``, as the
authors' scripts write them. Records that also say which nuggets an answer has (``assignment``) are read alike: what
they say of that answer counts where they are given as its file (``qa.evaluation.prediction_files``). The documents are
named beside the file, as for questions in JSON Lines. Other fields (``reasoning``, ``trace`` …) are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from documents.language import detect
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Importance, Item, Nugget
from qa.evaluation.datasets.json_files import DatasetRecord, digest, shown
from qa.evaluation.datasets.questions import read_documents


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of this format."""
    return {"qid", "query", "nuggets"} <= fields.keys()


def load(records: Sequence[DatasetRecord], name: str, data: bytes, file_name: str, corpus: Path | None) -> Dataset:
    """The dataset of the records in a file with content ``data``, about the documents in ``corpus``, if given.

    Raises:
        DatasetError: a record breaks the format, or ``corpus`` has no readable document.
    """
    documents, unread = read_documents(corpus) if corpus else ({}, ())
    language = detect((record.text("query") for record in records), file_name)
    items = tuple(_item(record, language) for record in records)
    ids = [data, *(document.id.encode() for document in documents.values())]
    return Dataset(name, "open", documents, items, language, digest(ids), unread=unread)


def _item(record: DatasetRecord, language: str) -> Item:
    identity = record.required("qid")
    nuggets = tuple(map(_nugget, record.parts("nuggets", "nugget")))
    if not nuggets:
        raise DatasetError(f"{record.where}: nuggets is empty: no answer can be scored by it; delete the line")
    return Item(
        id=identity,
        question=record.required("query"),
        group=identity,
        answerable=True,
        slices={"language": language},
        nuggets=nuggets,
    )


def _nugget(record: DatasetRecord) -> Nugget:
    given = record.required("importance")
    known: tuple[Importance, ...] = get_args(Importance)
    importance = next((name for name in known if name == given), None)
    if importance is None:
        raise DatasetError(f"{record.where}: importance must be {' or '.join(known)}, not {shown(given)}")
    return Nugget(normalise(record.required("text")), importance)
