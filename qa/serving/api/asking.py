"""A question of a program: its place in the queue, and what is told while it is answered."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass

from index.passage import Scope
from qa.answer import Answer, Draft, Statement
from qa.assistant import Stage, checked
from qa.serving.access.asker import Asker
from qa.serving.answering.work import Work
from qa.serving.api.app_state import AppState
from qa.understand.conversation import Turn


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement that is verified: no later step takes it back. ``answer`` is what there is of it so far."""

    statement: Statement
    answer: Answer


Step = Stage | Verified | Answer


def asking(
    state: AppState, asker: Asker, question: str, scope: Scope, history: Callable[[], Sequence[Turn]] = tuple
) -> Work[Step]:
    """The work of answering ``question`` after ``history``: its stages, each statement that is said, then the Answer.

    Raises:
        QuestionError: the question is empty or too long.
        QueueFullError: too many questions wait already.
    """
    checked(question)

    def steps() -> Generator[Step, None, None]:
        yield from statement_by_statement(state.answerer.answering(question, scope, history()))

    return state.work(asker, steps)


def statement_by_statement(steps: Iterable[Stage | Draft | Answer]) -> Generator[Step, None, None]:
    """The steps with each statement by itself, once, in place of drafts that grow."""
    count = 0
    for step in steps:
        if isinstance(step, Stage):
            yield step
            continue
        answer = step.answer if isinstance(step, Draft) else step
        for statement in answer.said[count:] if answer.answered else ():
            yield Verified(statement, answer)
            count += 1
        if isinstance(step, Answer):
            yield step
