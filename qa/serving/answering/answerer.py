"""What answers questions, as everything that serves answers sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from index.passage import Scope
from qa.answer import Answer, Draft
from qa.assistant import Stage
from qa.understand.conversation import Turn

REMEMBERED = 6  # earlier turns that a question may refer to

Steps = Iterator[Stage | Draft | Answer]


class Answerer(Protocol):
    """Answers a question: yields stages and drafts while it works, and the Answer last.

    ``as_typed``: it is searched for as it is, whatever was said before and however its words are spelt.
    """

    def answering(
        self, question: str, scope: Scope = ..., history: Sequence[Turn] = ..., as_typed: bool = ...
    ) -> Steps: ...


class Watched:
    """An answerer whose steps pass through each of ``watches``, which count or trace them, the first one innermost."""

    def __init__(self, answerer: Answerer, *watches: Callable[[Steps], Steps]) -> None:
        self._answerer = answerer
        self._watches = watches

    def answering(
        self,
        question: str,
        scope: Scope = Scope(),  # noqa: B008 - frozen
        history: Sequence[Turn] = (),
        as_typed: bool = False,
    ) -> Steps:
        """As the answerer does."""
        steps = self._answerer.answering(question, scope, history, as_typed)
        for watch in self._watches:
            steps = watch(steps)
        return steps
