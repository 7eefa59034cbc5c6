"""MuSiQue (Trivedi et al. 2022): questions of two to four hops, each with twenty paragraphs.

JSON Lines, a record a question (``musique_ans_v1.0_dev.jsonl``, ``musique_full_v1.0_dev.jsonl``)::

    {"id": "2hop__13548_13529", "question", "answer", "answer_aliases": [], "answerable": true,
     "paragraphs": [{"idx", "title", "paragraph_text", "is_supporting"}],
     "question_decomposition": [{"id", "question", "answer", "paragraph_support_idx"}]}

The documents are the paragraphs, each once over the whole file; each question is asked of its own, as the full set has
every question twice: the second time the paragraphs do not answer it. That one is unanswerable, its id ends in
"/unanswerable", and both are one group. Supporting paragraphs are relevant; which of their sentences answer is not
known, so no evidence is marked. The number of hops, which is that of ``question_decomposition``, is a slice; nothing
else of the decomposition is read, nor ``idx``. The test files, which have no answers, are refused.
"""

from __future__ import annotations

from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.pool import Pool


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    language, pool = file.language("question"), Pool("musique/1")
    items = tuple(_item(record, pool) for record in file.records)
    return file.dataset("open", pool.documents, items, language)


def _item(record: DatasetRecord, pool: Pool) -> Item:
    paragraphs = record.parts("paragraphs", "paragraph")
    if not paragraphs:
        raise DatasetError(f"{record.where}: paragraphs is empty")
    names: dict[str, bool] = {}
    for paragraph in paragraphs:
        title = paragraph.required("title")
        name = pool.add(title, paragraph.context("paragraph_text"))
        names[name] = names.get(name, False) or paragraph.flag("is_supporting")
    answerable = record.flag("answerable")
    identity = record.required("id")
    answers = [record.required("answer"), *record.texts("answer_aliases")] if answerable else []
    return Item(
        id=identity if answerable else f"{identity}/unanswerable",
        question=record.required("question"),
        group=identity,
        answers=tuple(dict.fromkeys(GoldAnswer(text) for answer in answers if (text := normalise(answer)))),
        answerable=answerable,
        relevant={name: 1 for name, is_supporting in names.items() if is_supporting} if answerable else {},
        slices={"hops": str(len(record.parts("question_decomposition", "hop")))},
        among=tuple(names),
    )
