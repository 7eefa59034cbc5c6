"""What is right for an item: the gold answers, the documents that contain them, and the characters that prove them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from documents.document import Document
from documents.sentences import sentences
from qa.evaluation.datasets.dataset import Dataset, GoldAnswer, Item, Nugget
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.metrics.yes_no import is_polar

# Characters of gold evidence that a record keeps.
MAX_EVIDENCE = 600


@dataclass(frozen=True, slots=True)
class Gold:
    """What is right for an item.

    - ``answers``: each alone is right, unless all are wanted;
    - ``wanted``: the answers that are all wanted, each with its wordings; empty where one is enough;
    - ``documents``: the ids of the documents that contain the answers;
    - ``places``: alternative sets of spans; each set alone is complete evidence;
    - ``nuggets``: the facts that a good answer says, in place of ``answers``;
    - ``is_marked``: whether the dataset says so, and not only where an answer stands.
    """

    answers: tuple[str, ...]
    answerable: bool
    documents: tuple[str, ...]
    places: tuple[tuple[TextSpan, ...], ...]
    evidence: str
    wanted: tuple[tuple[str, ...], ...] = ()
    is_marked: bool = False
    nuggets: tuple[Nugget, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The gold as a record keeps it."""
        return {
            "answers": list(self.answers),
            "answerable": self.answerable,
            "documents": list(self.documents),
            "evidence": self.evidence,
            **({"nuggets": [asdict(nugget) for nugget in self.nuggets]} if self.nuggets else {}),
            **({"all": [list(wordings) for wordings in self.wanted]} if self.wanted else {}),
        }

    @property
    def texts(self) -> tuple[str, ...]:
        """What a right answer may say: each of the answers or, where all are wanted, these in a row."""
        return (", ".join(wordings[0] for wordings in self.wanted),) if self.wanted else self.answers


class GoldStandard:
    """The gold of every item of a dataset; ``documents`` are the dataset's, by id."""

    def __init__(self, dataset: Dataset) -> None:
        self._documents = dataset.documents
        self._exact = offsets_are_exact(dataset)
        self.documents = {document.id: document for document in dataset.documents.values()}

    def of(self, item: Item) -> Gold:
        """The item's gold."""
        names = dict.fromkeys([*(answer.document for answer in item.answers if answer.document), *item.relevant])
        held = {name: self._documents[name] for name in names if name in self._documents}
        evidence = [_find(text, held) for text in item.evidence]
        places: list[tuple[TextSpan, ...]]
        if item.places:
            places = [tuple((held[name].id, start, end) for name, start, end in spans) for spans in item.places]
        elif evidence and all(evidence):
            places = [tuple(span for span in evidence if span)]
        else:
            places = [(place,) for answer in item.answers if (place := self._place(answer, held))]
        texts = {document.id: document.text for document in held.values()}
        shown = " … ".join(item.evidence) or " ".join(
            texts[document][start:end] for place in places[:1] for document, start, end in place
        )
        return Gold(
            tuple(answer.text for answer in item.answers),
            bool(item.answerable),
            tuple(document.id for document in held.values()),
            tuple(dict.fromkeys(places)),
            shown[:MAX_EVIDENCE],
            item.wanted,
            bool(item.places) or (bool(evidence) and all(evidence)),
            item.nuggets,
        )

    def _place(self, answer: GoldAnswer, documents: Mapping[str, Document]) -> TextSpan | None:
        """The sentences that contain the answer; None where it is not certain which they are.

        Unless people marked its offsets, that is where its words stand once: in its own document or, where it names
        none, in the item's ``documents``. Yes and no stand in any text.
        """
        named = answer.document or ""
        own = {named: self._documents[named]} if named in self._documents else documents
        if not answer.text or is_polar(answer.text):
            return None
        starts = [(named, answer.start)] if named in own and answer.start is not None else []
        if not starts or not self._exact:
            starts = [(name, start) for name, document in own.items() for start in _whole(answer.text, document.text)]
        if len(starts) != 1:
            return None
        name, start = starts[0]
        document, end = own[name], start + len(answer.text)
        held = [(first, last) for first, last in sentences_of(document) if first < end and start < last]
        return (document.id, held[0][0], held[-1][1]) if held else None


def offsets_are_exact(dataset: Dataset) -> bool:
    """Whether people marked the answers' offsets.

    Offsets that were looked up afterwards all are the first occurrence of their text; one at a later occurrence shows
    that people marked them.
    """
    return any(
        answer.start is not None
        and answer.document is not None
        and answer.document in dataset.documents
        and dataset.documents[answer.document].text.find(answer.text) != answer.start
        for item in dataset.items
        for answer in item.answers
    )


def _whole(text: str, within: str) -> list[int]:
    """Where the text stands in another, not as a part of a word."""
    return [match.start() for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", within)]


def _find(text: str, documents: Mapping[str, Document]) -> TextSpan | None:
    for document in documents.values():
        start = document.text.find(text)
        if start >= 0:
            return document.id, start, start + len(text)
    return None


def gold_shown(record: Mapping[str, Any]) -> str:
    """What is right for a record's question, for people to read in a line."""
    gold = record["gold"]
    if "label" in gold:
        return str(gold["label"])
    if "nuggets" in gold:
        return "; ".join(nugget["text"] for nugget in gold["nuggets"])
    found = gold.get("answers") or gold.get("head") or list(gold.get("relevant", ()))
    if not found:
        return f"({' or '.join(gold.get('kind', ['no answer']))})"  # of visitors' questions, the kind that is right
    return (", " if gold.get("all") else " / ").join(dict.fromkeys(found))


@lru_cache(maxsize=256)
def sentences_of(document: Document) -> list[tuple[int, int]]:
    """The document's sentences, as offsets."""
    return list(sentences(document.text))
