"""What answers questions, as everything that serves answers sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from index.passage import Scope
from qa.answer import Answer, Draft
from qa.assistant import Stage
from qa.understand.conversation import Turn

REMEMBERED = 6  # earlier turns that a question may refer to


class Answerer(Protocol):
    """Answers a question: yields stages and drafts while it works, and the Answer last.

    ``as_typed``: it is searched for as it is, whatever was said before and however its words are spelt.
    """

    def answering(
        self, question: str, scope: Scope = ..., history: Sequence[Turn] = ..., as_typed: bool = ...
    ) -> Iterator[Stage | Draft | Answer]: ...
