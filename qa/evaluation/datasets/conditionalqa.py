"""ConditionalQA (Sun et al. 2022): questions of people in a situation about a long page, answered under conditions.

One JSON list, a record a question (``train.json``, ``dev.json``), and ``documents.json``, which lies beside it or is
named as corpus::

    {"id", "url", "scenario", "question", "not_answerable": false, "answers": [["yes", ["<p>a condition</p>"]]],
     "evidences": ["<p>…</p>"]}
    {"title", "url", "contents": ["<h1>…</h1>", "<p>…</p>"]}

The documents are the pages, known by address, as Refdesk reads HTML. The situation stands in front of the question. Of
several answers all are wanted, as by the authors' script; the evidences together are the evidence. Whether an answer
has conditions is a slice (``conditional``); which ones is not read. The test file, which has no answers, is refused.

Evidences that do not stand in their page are told: no evidence is marked there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from documents.document import Document, DocumentError
from documents.formats import html
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.dataset_file import DatasetFile, told
from qa.evaluation.datasets.json_files import DatasetRecord, listed, shown
from qa.evaluation.datasets.offsets import place_of

CORPUS = "documents.json"


def load(file: DatasetFile) -> Dataset:
    """The dataset of the questions.

    Raises:
        DatasetError: a record breaks the format, or there is no file of pages.
    """
    data, name = file.beside(CORPUS)
    pages, language = _pages(data, name), file.language("question")
    items = tuple(_item(record, pages) for record in file.records)
    unmarked = [item.id for item in items if item.answerable and not item.places]
    what = "questions have no evidence, or some that is not in their page, such as"
    notes = told(unmarked, len(items), what, ": none is marked for them")
    return file.dataset("reading", pages, items, language, notes, also=[data])


def _pages(data: bytes, file_name: str) -> dict[str, Document]:
    """The pages by address."""
    pages: dict[str, Document] = {}
    for record in listed(data, file_name, "page"):
        address, markup = record.required("url"), "\n".join(map(_as_block, record.texts("contents")))
        try:
            page = html.parse_markup(markup, address, html.PARSER)
        except DocumentError as error:
            raise DatasetError(f"{record.where}: contents cannot be read ({error})") from error
        pages[address] = replace(page, title=normalise(record.text("title")) or page.title)
    return pages


def _item(record: DatasetRecord, pages: Mapping[str, Document]) -> Item:
    address = record.required("url")
    if address not in pages:
        raise DatasetError(f"{record.where}: url {shown(address)} is no page of {CORPUS}")
    answers, is_conditional = _answers(record)
    texts = list(dict.fromkeys(map(_plain, record.texts("evidences"))))
    found = [place_of(text, pages[address].text) if text else None for text in texts]
    places = tuple((address, *place) for place in found if place)
    return Item(
        id=record.required("id"),
        question=f"{record.text('scenario')} {record.required('question')}".strip(),
        group=address,
        answers=tuple(map(GoldAnswer, answers)),
        answerable=bool(answers),
        relevant={address: 1},
        wanted=tuple((answer,) for answer in answers) if len(answers) > 1 else (),
        slices={"conditional": is_conditional} if answers else {},
        places=(places,) if answers and places and all(found) else (),
    )


def _answers(record: DatasetRecord) -> tuple[list[str], str]:
    """The answers, each once, and whether one of them has conditions, as a text; none where it is not answerable.

    Raises:
        DatasetError: they are no pairs of an answer and its conditions, or the record contradicts itself.
    """
    is_silent, given = record.flag("not_answerable"), record.fields.get("answers")
    if not isinstance(given, list) or not all(map(_is_answer, given)):
        raise DatasetError(f"{record.where}: answers must be pairs of an answer and its conditions, not {shown(given)}")
    if bool(given) is is_silent:
        raise DatasetError(f"{record.where}: answers and not_answerable contradict each other; correct one of the two")
    is_conditional = any(conditions for _, conditions in given)
    return list(dict.fromkeys(normalise(answer) for answer, _ in given)), "yes" if is_conditional else "no"


def _is_answer(value: object) -> bool:
    """Whether the value is an answer that is not empty, with a list of conditions."""
    return (
        isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and bool(value[0].strip())
        and isinstance(value[1], list)
    )  # fmt: skip


def _as_block(markup: str) -> str:
    """A piece of a page; a row of a table, which has neither the table nor cells around it, as a paragraph."""
    return markup.replace("<tr>", "<p>").replace("</tr>", "</p>")


@lru_cache(maxsize=4096)
def _plain(markup: str) -> str:
    """The text of a piece of a page, as its page has it; "" where it has none."""
    try:
        return html.parse_markup(_as_block(markup), CORPUS, html.PARSER).text
    except DocumentError:
        return ""
