"""What is told while a question is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qa.answer.answer import Answer


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that begins.

    - ``passages``: how many are searched or ranked, or how many documents are noted; 0 for the other stages;
    - ``standalone_question``: what is searched for, if that is not the question as it was asked.
    """

    name: Literal["search", "rank", "read"] | Literal["note", "write"]  # of the search; of a language model
    passages: int = 0
    standalone_question: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that is still being written: what is verified so far."""

    answer: Answer
