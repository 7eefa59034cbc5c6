"""CRAG (Yang et al. 2024, KDD Cup): questions with the web pages that a search found for each.

JSON Lines, mostly packed with bzip2 (``crag_task_1_and_2_dev_v4.jsonl.bz2``), a record a question::

    {"interaction_id", "query_time", "domain", "question_type", "static_or_dynamic", "popularity", "split", "query",
     "answer", "alt_ans": [], "search_results": [{"page_name", "page_url", "page_snippet", "page_result": "<html>…",
     "page_last_modified"}]}

The documents are the pages, each once over the whole file, as Refdesk reads HTML; each question is asked of its own.
Whether a page answers is not known, so none is relevant, and no evidence marked. ``answer`` and ``alt_ans`` are the
acceptable answers. "invalid question" among them says that the question is built on a false premise: it cannot be
answered, and a refusal is right. ``domain``, ``question_type``, ``static_or_dynamic``, ``popularity`` and ``split`` are
slices. Not read: ``query_time`` (a system is not told when it is asked), ``page_snippet``, ``page_last_modified``.

Pages without text that can be read are left out, and so are questions without any other; a note says how many.
"""

from __future__ import annotations

from dataclasses import replace

from documents.document import DocumentError
from documents.formats import html
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.pool import Pool

INVALID = "invalid question"


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    language = file.language("query")
    pool, unread = Pool(html.PARSER), list[str]()
    items = [item for record in file.records if (item := _item(record, pool, unread))]
    notes = []
    if unread:
        notes.append(f"{len(unread)} pages without text are left out, such as {shown(unread[0])}")
    if len(items) < len(file.records):
        notes.append(f"{len(file.records) - len(items)} questions are left out, as they have no page")
    return file.dataset("open", pool.documents, items, language, notes)


def _item(record: DatasetRecord, pool: Pool, unread: list[str]) -> Item | None:
    """The question, or None without any page; its pages are added to ``pool``, or their addresses to ``unread``."""
    identity = record.required("interaction_id")
    question = record.required("query")
    answers = _answers(record)
    pages = [_page(page, pool, unread) for page in record.parts("search_results", "page")]
    names = tuple(dict.fromkeys(name for name in pages if name))
    if not names:
        return None
    return Item(
        id=identity,
        question=question,
        group=identity,
        answers=tuple(GoldAnswer(text) for text in answers),
        answerable=bool(answers),
        slices=record.named("domain", "question_type", "static_or_dynamic", "popularity", "split"),
        among=names,
    )


def _answers(record: DatasetRecord) -> list[str]:
    """The acceptable answers, each once; none where the question is invalid."""
    others = record.texts("alt_ans") if record.fields.get("alt_ans") is not None else []
    texts = [record.required("answer"), *others]
    found = dict.fromkeys(text for answer in texts if (text := normalise(answer)))
    return [] if any(text.casefold() == INVALID for text in found) else list(found)


def _page(page: DatasetRecord, pool: Pool, unread: list[str]) -> str | None:
    """The page's name in the pool, which is its address; None where it has no text that can be read."""
    markup = page.fields.get("page_result")
    if not isinstance(markup, str | None):
        raise DatasetError(f"{page.where}: page_result must be a text, not {shown(markup)}")
    address = page.required("page_url")
    try:
        document = html.parse_markup(markup or "", address, html.PARSER)
    except DocumentError:
        unread.append(address)
        return None
    return pool.put(address, document if document.title else replace(document, title=page.text("page_name")))
