"""Nuggets of TREC's RAG track (Pradeep et al. 2024, AutoNuggetizer): facts that a good answer says.

JSON Lines, a record a question: ``{"qid", "query", "nuggets": [{"text", "importance": "vital" | "okay"}, …]}``, as the
authors' scripts write them. Records that also say which nuggets an answer has (``assignment``) are read alike: what
they say of that answer counts where they are given as its file (``qa.evaluation.prediction_files``). The documents are
named beside the file, as for questions in JSON Lines. Other fields (``reasoning``, ``trace`` …) are not read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Importance, Item, Nugget
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.questions import read_documents


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records, about the documents in the corpus, if one is named.

    Raises:
        DatasetError: a record breaks the format, or the corpus has no readable document.
    """
    documents, unread = read_documents(file.corpus) if file.corpus else ({}, ())
    language = file.language("query")
    items = tuple(map(_item, file.records))
    ids = (document.id.encode() for document in documents.values())
    return replace(file.dataset("open", documents, items, language, also=ids), unread=unread)


def _item(record: DatasetRecord) -> Item:
    identity = record.required("qid")
    nuggets = tuple(map(_nugget, record.parts("nuggets", "nugget")))
    if not nuggets:
        raise DatasetError(f"{record.where}: nuggets is empty: no answer can be scored by it; delete the line")
    return Item(
        id=identity,
        question=record.required("query"),
        group=identity,
        answerable=True,
        nuggets=nuggets,
    )


def _nugget(record: DatasetRecord) -> Nugget:
    given = record.required("importance")
    known: tuple[Importance, ...] = get_args(Importance)
    importance = next((name for name in known if name == given), None)
    if importance is None:
        raise DatasetError(f"{record.where}: importance must be {' or '.join(known)}, not {shown(given)}")
    return Nugget(normalise(record.required("text")), importance)
