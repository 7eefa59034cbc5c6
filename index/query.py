"""What is searched for."""

from __future__ import annotations

from dataclasses import dataclass

from documents.language import Language, identify


@dataclass(frozen=True, slots=True)
class Query:
    """A question, or any other text that passages are searched for, and its language."""

    text: str
    language: Language

    @classmethod
    def of(cls, text: str) -> Query:
        """The query of ``text``, whose language is identified."""
        return Query(text, identify(text))
