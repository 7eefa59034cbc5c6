"""KILT (Petroni et al. 2021): questions of Natural Questions, HotpotQA, TriviaQA and ELI5 about one state of Wikipedia.

JSON Lines, a record a question (``nq-dev-kilt.jsonl``, ``hotpotqa-dev-kilt.jsonl``, ``eli5-dev-kilt.jsonl``, and
``triviaqa-dev_id-kilt.jsonl`` once its questions are filled in), and, named as corpus, pages of
``kilt_knowledgesource.json``, a line each::

    {"id", "input", "output": [{"answer", "provenance": [{"wikipedia_id", "title", "start_paragraph_id",
     "start_character", "end_paragraph_id", "end_character"}]}]}
    {"wikipedia_id", "wikipedia_title", "text": ["a paragraph", …]}

The documents are the pages of the corpus, known by their id. Every ``answer`` is right; the provenance of one output is
complete evidence, and its pages are relevant. Not read: ``meta``, ``section``, ``bleu_score``; of pages ``anchors``,
``categories``, ``history``, ``wikidata_info``. Fact checking, slot filling and entity linking are refused: their inputs
are no questions.

Questions whose pages the corpus lacks are told. Provenance without characters (or with -1) names only a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item, Place
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, json_lines, read
from qa.evaluation.datasets.offsets import moved
from qa.evaluation.datasets.pool import Pool

_BETWEEN = "\n\n"
# What the inputs of slot filling and entity linking have, and the answers of fact checking.
_MARKS = ("[SEP]", "[START_ENT]")
_VERDICTS = ("SUPPORTS", "REFUTES")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: its name among the documents, its text as in the file, and where each of its paragraphs begins."""

    name: str
    text: str
    starts: Sequence[int]


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of this format."""
    return {"id", "input"} <= fields.keys() and isinstance(fields.get("output"), list) and "passages" not in fields


def load(file: DatasetFile) -> Dataset:
    """The dataset of the questions, about the pages of the corpus, if one is named.

    Raises:
        DatasetError: a record breaks the format.
    """
    data = read(file.corpus) if file.corpus else b""
    pool = Pool("kilt/1")
    pages = _pages(data, file.corpus.name, pool) if file.corpus else {}
    language = file.language("input")
    items = tuple(_item(record, pages) for record in file.records)
    missing = [item.id for item in items if not item.relevant] if file.corpus else []
    of = f"{len(missing)} of {len(items)} questions"
    notes = [f"the corpus has none of the pages that answer {of}, such as {missing[0]}"] if missing else ()
    return file.dataset("open", pool.documents, items, language, notes, also=filter(None, [data]))


def _pages(data: bytes, file_name: str, pool: Pool) -> dict[str, _Page]:
    """The pages by id."""
    pages: dict[str, _Page] = {}
    for record in json_lines(data, file_name):
        identity, title = record.required("wikipedia_id"), record.required("wikipedia_title")
        paragraphs = [paragraph.rstrip() for paragraph in record.texts("text")]
        text = _BETWEEN.join(paragraphs)
        starts = accumulate((len(paragraph) + len(_BETWEEN) for paragraph in paragraphs), initial=0)
        pages[identity] = _Page(pool.add(title, text), text, list(starts)[:-1])
    return pages


def _item(record: DatasetRecord, pages: Mapping[str, _Page]) -> Item:
    identity, question = record.required("id"), record.required("input")
    outputs = record.parts("output", "output")
    answers = list(dict.fromkeys(text for output in outputs if (text := normalise(output.text("answer")))))
    if not answers:
        raise DatasetError(f"{record.where}: output has no answer")
    if any(mark in question for mark in _MARKS) or any(answer in _VERDICTS for answer in answers):
        raise DatasetError(
            f"{record.where}: input is no question: of KILT, fact checking, slots and entities are not read"
        )
    known = [output for output in outputs if output.fields.get("provenance") is not None]
    sets = [own for output in known if (own := output.parts("provenance", "provenance"))]
    # A page is None where the corpus does not have it.
    named = [[(pages.get(own.required("wikipedia_id")), _span(own)) for own in provenance] for provenance in sets]
    evidence = [tuple(place for page, span in own if (place := _place(page, span))) for own in named]
    return Item(
        id=identity,
        question=question,
        group=identity,
        answers=tuple(map(GoldAnswer, answers)),
        answerable=True,
        relevant={page.name: 1 for own in named for page, _ in own if page},
        places=tuple(places for places, own in zip(evidence, named, strict=True) if len(places) == len(own)),
    )


def _span(provenance: DatasetRecord) -> tuple[int, int, int, int] | None:
    """Paragraph and character where the evidence begins and ends; None where only the page is known.

    Raises:
        DatasetError: one of them is no number.
    """
    names = ("start_paragraph_id", "start_character", "end_paragraph_id", "end_character")
    found = [-1 if provenance.fields.get(name) is None else provenance.whole(name) for name in names]
    start, first, end, last = found
    return (start, first, end, last) if min(found) >= 0 else None


def _place(page: _Page | None, span: tuple[int, int, int, int] | None) -> Place | None:
    """The span in the page's document; None where the page is missing, or does not reach so far."""
    if page is None or span is None or max(span[0], span[2]) >= len(page.starts):
        return None
    start, end = page.starts[span[0]] + span[1], page.starts[span[2]] + span[3]
    new = moved(page.text, {start, end})
    return (page.name, new[start], new[end]) if start < end and {start, end} <= new.keys() else None
