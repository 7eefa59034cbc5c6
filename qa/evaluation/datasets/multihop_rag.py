"""MultiHop-RAG (Tang and Yang 2024): questions over news articles, answered from two to four of them.

``MultiHopRAG.json``, a list with a record a question, and ``corpus.json``, which lies beside it or is named as corpus::

    {"query", "answer", "question_type", "evidence_list": [{"title", "url", "fact", "author", "source", "category",
     "published_at"}]}
    {"title", "author", "source", "published_at", "category", "url", "body"}

The documents are the articles: the body below a line with source and date, which the questions name. The facts of a
question together are its evidence, and their articles, known by address, else by title, are relevant. "Insufficient
information." is the answer of a ``null_query``, which is unanswerable. ``question_type`` is a slice. The records have
no ids: they are numbered. Not read: ``author`` and ``category``.

Facts that are not in their article word for word, but for white space, are told: no evidence is marked there.
"""

from __future__ import annotations

from collections.abc import Mapping

from documents.document import Document
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.dataset_file import DatasetFile, told
from qa.evaluation.datasets.json_files import DatasetRecord, listed
from qa.evaluation.datasets.offsets import place_of
from qa.evaluation.datasets.pool import Pool

CORPUS = "corpus.json"
NULL = "null_query"
_Articles = Mapping[str, tuple[str, Document]]
"""Address, and title -> name and document."""


def load(file: DatasetFile) -> Dataset:
    """The dataset of the questions.

    Raises:
        DatasetError: a record breaks the format, or there is no corpus file.
    """
    data, name = file.beside(CORPUS)
    pool = Pool("multihop-rag/1")
    articles, language = _articles(data, name, pool), file.language("query")
    items = tuple(_item(number, record, articles) for number, record in enumerate(file.records, start=1))
    unmarked = [f"question {item.id}" for item in items if item.answerable and not item.places]
    what = "questions have a fact that stands in no article, such as"
    notes = told(unmarked, len(items), what, ": no evidence is marked for them")
    return file.dataset("open", pool.documents, items, language, notes, also=[data])


def _articles(data: bytes, file_name: str, pool: Pool) -> _Articles:
    articles: dict[str, tuple[str, Document]] = {}
    for record in listed(data, file_name, "article"):
        title = record.required("title")
        above = ", ".join(filter(None, (record.text("source"), record.text("published_at"))))
        name = pool.add(title, f"{above}\n\n{record.context('body')}")
        for key in filter(None, (record.text("url"), title)):
            articles.setdefault(key, (name, pool.documents[name]))
    return articles


def _item(number: int, record: DatasetRecord, articles: _Articles) -> Item:
    answer = normalise(record.required("answer"))
    answerable = record.required("question_type") != NULL
    facts = record.parts("evidence_list", "evidence") if answerable else []
    if answerable and not facts:
        raise DatasetError(f"{record.where}: evidence_list is empty: the evidence is not known")
    # An article is None where the corpus does not have it.
    held = [articles.get(fact.text("url")) or articles.get(fact.required("title")) for fact in facts]
    texts = dict.fromkeys(
        (article, normalise(fact.required("fact"))) for article, fact in zip(held, facts, strict=True) if article
    )
    places = [(name, *found) for (name, document), fact in texts if (found := place_of(fact, document.text))]
    return Item(
        id=str(number),
        question=record.required("query"),
        group=str(number),
        answers=(GoldAnswer(answer),) if answerable else (),
        answerable=answerable,
        relevant={article[0]: 1 for article in held if article},
        slices=record.named("question_type"),
        places=(tuple(places),) if all(held) and len(places) == len(texts) and places else (),
    )
