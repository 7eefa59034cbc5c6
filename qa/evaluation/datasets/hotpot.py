"""HotpotQA (Yang et al. 2018) in its distractor setting, and 2WikiMultihopQA (Ho et al. 2020): answers in two or more
of ten paragraphs.

One JSON list (or JSON Lines), a record a question::

    {"_id", "question", "answer", "type", "level", "supporting_facts": [["title", 0], …],
     "context": [["title", ["first sentence", …]], …]}

The hub's export is read too: ``id``, ``supporting_facts: {"title": [], "sent_id": []}`` and ``context: {"title": [],
"sentences": []}``. The documents are the paragraphs, each once over the whole file; each question is asked of its own.
The supporting sentences together are the evidence, and their paragraphs are relevant. ``type`` and ``level`` are
slices. Not read: 2WikiMultihopQA's ``evidences`` (triples), ``entity_ids``, ``evidences_id`` and ``answer_id``.

The questions of the test files have no answers, and the fullwiki setting need not have the supporting paragraphs: they
are refused. A few supporting facts name a sentence behind the last one: that is told, and no evidence is marked there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item, Place
from qa.evaluation.datasets.dataset_file import DatasetFile, told
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.offsets import moved
from qa.evaluation.datasets.paragraphs import places_of
from qa.evaluation.datasets.pool import Pool


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    language, pool = file.language("question"), Pool("hotpot/1")
    items = tuple(_item(record, pool) for record in file.records)
    unmarked = [item.id for item in items if not item.places]
    what = "questions have a supporting fact that is no sentence of its paragraph, such as"
    notes = told(unmarked, len(items), what, ": no evidence is marked for them")
    return file.dataset("open", pool.documents, items, language, notes)


def _item(record: DatasetRecord, pool: Pool) -> Item:
    own: dict[str, tuple[str, str, list[tuple[int, int]]]] = {}  # title -> name, text and spans of the sentences
    names: list[str] = []
    for title, sentences in _pairs(record, "context", ("title", "sentences")):
        if not isinstance(title, str) or not title.strip() or not _are_texts(sentences):
            raise DatasetError(f"{record.where}: context must hold titles and lists of sentences, not {shown(title)}")
        joined, spans = _joined(sentences)
        names.append(pool.add(title, joined))
        own.setdefault(title, (names[-1], joined, spans))
    given = _pairs(record, "supporting_facts", ("title", "sent_id"))
    if not given:
        raise DatasetError(f"{record.where}: supporting_facts is empty: the evidence is not known")
    facts = list(dict.fromkeys(_fact(record, fact, own) for fact in given))
    places: list[Place] = []
    for title in dict.fromkeys(title for title, _ in facts):
        name, text, spans = own[title]
        chosen = [spans[number] for known, number in facts if known == title and number < len(spans)]
        chosen = [span for span in chosen if span[0] < span[1]]
        places += places_of(chosen, name, moved(text, {edge for span in chosen for edge in span}))
    identity = record.required("_id", "id")
    return Item(
        id=identity,
        question=record.required("question"),
        group=identity,
        answers=(GoldAnswer(normalise(record.required("answer"))),),
        answerable=True,
        relevant={own[title][0]: 1 for title, _ in facts},
        slices=record.named("type", "level"),
        places=(tuple(places),) if len(places) == len(facts) else (),
        among=tuple(dict.fromkeys(names)),
    )


def _fact(record: DatasetRecord, fact: tuple[Any, Any], own: Mapping[str, object]) -> tuple[str, int]:
    title, number = fact
    if not isinstance(title, str) or not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise DatasetError(
            f"{record.where}: supporting_facts must hold titles and numbers of sentences, not {shown(fact)}"
        )
    if title not in own:
        raise DatasetError(
            f"{record.where}: supporting_facts names {shown(title)}, which is no paragraph of context (take the "
            "distractor setting, which has them all)"
        )
    return title, number


def _pairs(record: DatasetRecord, field: str, names: tuple[str, str]) -> list[tuple[Any, Any]]:
    """The pairs that a field holds: a list of them or, as the hub exports it, an object of two lists.

    Raises:
        DatasetError: it holds neither.
    """
    value = record.fields.get(field)
    if isinstance(value, dict):
        first, second = (value.get(name) for name in names)
        if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
            return list(zip(first, second, strict=True))
    elif isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return [(first, second) for first, second in value]
    raise DatasetError(f"{record.where}: {field} must be a list of pairs ({', '.join(names)}), not {shown(value)}")


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _joined(sentences: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The sentences as one text, and where each stands; HotpotQA's bring the space before them, 2Wiki's do not."""
    text, spans = "", []
    for sentence in sentences:
        if text and sentence and not text[-1].isspace() and not sentence[0].isspace():
            text += " "
        start = len(text) + len(sentence) - len(sentence.lstrip())
        spans.append((start, start + len(sentence.strip())))
        text += sentence
    return text, spans
