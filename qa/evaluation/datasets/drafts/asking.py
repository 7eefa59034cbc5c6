"""How drafts ask, in the languages of ``questions.json``; about documents in any other they ask in English."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from documents.document import Document
from documents.language import detect

ENGLISH = "en"
_BEGINNING = 20_000  # characters that tell
_LEAD = 5  # function words that another language must have more than English: tables have few


@dataclass(frozen=True, slots=True)
class Asking:
    """The questions of one language."""

    language: str
    questions: Mapping[str, Any]

    @property
    def is_english(self) -> bool:
        return self.language == ENGLISH

    def ask(self, kind: str, **names: str) -> str:
        """The question of a kind, about what is named."""
        return str(self.questions[kind].format(**names))

    def unsaid(self, kind: str, text: str, **names: str) -> list[str]:
        """The questions of a kind that the text is silent on, as far as their words tell."""
        rows: Sequence[tuple[str, Sequence[str]]] = self.questions[kind]
        small = text.casefold()
        return [question.format(**names) for question, words in rows if not any(word in small for word in words)]


def asking_of(document: Document) -> Asking:
    """How the document is asked about: in its language, else in English."""
    return _asking(_language(document))


def asking_of_most(documents: Iterable[Document]) -> Asking:
    """How a folder is asked about: in the language of most of its documents, else in English."""
    ((language, _),) = Counter(_language(document) for document in documents).most_common(1)
    return _asking(language)


def not_asked_in(documents: Iterable[Document]) -> list[str]:
    """The languages of documents that are asked about in English, by their codes."""
    return sorted({_language(document) for document in documents} - _all().keys())


def _language(document: Document) -> str:
    return detect([document.text[:_BEGINNING]], lead=_LEAD)


def _asking(language: str) -> Asking:
    known = language if language in _all() else ENGLISH
    return Asking(known, _all()[known])


@cache
def _all() -> Mapping[str, Mapping[str, Any]]:
    text = files("qa.evaluation.datasets.drafts").joinpath("questions.json").read_text("utf-8")
    return dict(json.loads(text))
