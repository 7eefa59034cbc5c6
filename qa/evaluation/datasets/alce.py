"""ALCE (Gao et al. 2023): questions with a hundred passages each, to be answered with citations.

One JSON list, a record a question (``asqa_eval_gtr_top100.json``, ``qampari_eval_gtr_top100.json``,
``eli5_eval_bm25_top100.json``, and those that end in ``_reranked_oracle``)::

    {"sample_id", "question", "docs": [{"title", "text"}],
     "qa_pairs": [{"short_answers": []}]  (ASQA)  |  "answers": [[]]  (QAMPARI)  |  "claims": []  (ELI5)}

The documents are the passages, each once over the whole file; each question is asked of its own. Whether a passage
answers is not known, so none is relevant, and no evidence marked. What is right is what the authors' script looks for:
of ASQA one short answer to each of ``qa_pairs``, of QAMPARI all ``answers``, each in one of its wordings, of ELI5 the
``claims``, which are vital nuggets. Records without an id are numbered. Not read: ``answer`` and ``annotations`` (long
answers), what else ``qa_pairs`` say, ``wikipages``, and of ``docs`` all else, such as ``summary``, ``extraction``,
``score`` and ``answers_found``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item, Nugget
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.pool import Pool

_PAIRS, _ANSWERS, _CLAIMS = "qa_pairs", "answers", "claims"


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of this format."""
    docs = fields.get("docs")
    is_asked = "question" in fields and any(fields.get(name) is not None for name in (_PAIRS, _ANSWERS, _CLAIMS))
    return is_asked and isinstance(docs, list) and all(isinstance(doc, dict) and "text" in doc for doc in docs)


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    language, pool = file.language("question"), Pool("alce/1")
    items = tuple(_item(number, record, pool) for number, record in enumerate(file.records, start=1))
    return file.dataset("open", pool.documents, items, language)


def _item(number: int, record: DatasetRecord, pool: Pool) -> Item:
    identity = record.text("sample_id", "id") or str(number)
    nuggets = _nuggets(record)
    wanted = () if nuggets else _wanted(record)
    return Item(
        id=identity,
        question=record.required("question"),
        group=identity,
        answers=tuple(GoldAnswer(wordings[0]) for wordings in wanted),
        answerable=True,
        wanted=wanted,
        nuggets=nuggets,
        among=_passages(record, pool),
    )


def _passages(record: DatasetRecord, pool: Pool) -> tuple[str, ...]:
    """The names in the pool of the passages that have a text; they are called by their title, else their address."""
    passages = [(doc.text("title") or doc.text("url", "id"), doc.given("text")) for doc in record.parts("docs", "doc")]
    names = tuple(dict.fromkeys(pool.add(title or "passage", text) for title, text in passages if text))
    if not names:
        raise DatasetError(f"{record.where}: docs must hold a passage with a text")
    return names


def _nuggets(record: DatasetRecord) -> tuple[Nugget, ...]:
    """The claims of ELI5; none of another set.

    Raises:
        DatasetError: they are no list of texts, or there is none.
    """
    if record.fields.get(_CLAIMS) is None:
        return ()
    nuggets = tuple(Nugget(text, "vital") for claim in record.texts(_CLAIMS) if (text := normalise(claim)))
    if not nuggets:
        raise DatasetError(f"{record.where}: {_CLAIMS} is empty: no answer can be scored by it; delete the record")
    return nuggets


def _wanted(record: DatasetRecord) -> tuple[tuple[str, ...], ...]:
    """The wordings of each answer: of ASQA to each pair's question, else of QAMPARI.

    Raises:
        DatasetError: they are no lists of texts, one holds none, or there is no answer.
    """
    if all(record.fields.get(name) is None for name in (_PAIRS, _ANSWERS)):
        raise DatasetError(f"{record.where}: {_PAIRS}, {_ANSWERS} or {_CLAIMS} must be there")
    if record.fields.get(_PAIRS) is not None:
        field, groups = _PAIRS, [pair.texts("short_answers") for pair in record.parts(_PAIRS, "pair")]
    else:
        field, groups = _ANSWERS, [group.texts(_ANSWERS) for group in _groups(record)]
    wanted = tuple(tuple(dict.fromkeys(filter(None, map(normalise, wordings)))) for wordings in groups)
    if not wanted:
        raise DatasetError(f"{record.where}: {field} is empty")
    if not all(wanted):
        raise DatasetError(f"{record.where}: {field}: an answer has no text")
    return wanted


def _groups(record: DatasetRecord) -> list[DatasetRecord]:
    """The lists of wordings that the field of answers holds, each as a record of its own."""
    groups = record.fields.get(_ANSWERS)
    if not isinstance(groups, list):
        raise DatasetError(f"{record.where}: {_ANSWERS} must be a list, not {shown(groups)}")
    return [DatasetRecord(record.where, {_ANSWERS: group}) for group in groups]
