"""A question as the page sends it, and the replies to it as HTML."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from index.passage import Scope
from index.store import StoreError
from qa.answer import Answer, Draft
from qa.assistant import MAX_QUESTION, QuestionError, Stage
from qa.conversation import Turn
from qa.serving import render

REMEMBERED = 6  # turns that a question may refer to
SORRY = "Something went wrong while answering. Please try again."

logger = logging.getLogger(__name__)


class Answerer(Protocol):
    """What the chat asks: stages and drafts while it works, and lastly the Answer."""

    def answering(
        self, question: str, scope: Scope = ..., history: Sequence[Turn] = ...
    ) -> Iterator[Stage | Draft | Answer]: ...


def replies(
    answerer: Answerer,
    turn: str,
    question: str,
    scope: Scope = Scope(),  # noqa: B008 - frozen
    history: Sequence[Turn] = (),
) -> Iterator[str]:
    """One question's replies as HTML: each stage, drafts, then the answer. It never raises."""
    question = question.strip()
    if not question:
        yield render.notice(turn, "Please type a question.")
        return
    if len(question) > MAX_QUESTION:
        yield render.notice(turn, f"Please ask in at most {MAX_QUESTION:,} characters.")
        return
    try:
        for step in answerer.answering(question, scope, history):
            if isinstance(step, Answer):
                yield render.answer(turn, step)
                return
            yield render.draft(turn, step.answer) if isinstance(step, Draft) else render.working(turn, wording(step))
        raise RuntimeError("the assistant ended without an answer")
    except QuestionError as error:
        yield render.notice(turn, str(error))
    except StoreError as error:
        logger.error("%s", error)
        yield render.notice(turn, "The documents cannot be searched just now. Please try again later.")
    except Exception:
        # The visitor gets one friendly line; what happened, and where, is for the server's log.
        logger.exception("a question could not be answered")
        yield render.notice(turn, SORRY)


def wording(stage: Stage) -> str:
    """The stage as a visitor reads it."""
    match stage.name:
        case "search":
            passages = f"{stage.passages:,} passage{'' if stage.passages == 1 else 's'}"
            question = f" for “{stage.standalone_question}”" if stage.standalone_question else ""
            return f"Searching {passages}{question}…"
        case "rank":
            return f"Ranking the best {stage.passages}…"
        case "read":
            return "Reading them for the answer…"
        case "write":
            return "Writing, and checking each sentence…"


def asked(data: Any) -> tuple[str, str]:
    """Turn and question as the page sent them; anyone can send anything, so both become plain strings."""
    given = data if isinstance(data, dict) else {}
    turn, question = given.get("turn"), given.get("question")
    return _text(turn)[:40], _text(question)


def history(data: Any) -> list[Turn]:
    """What was asked and said before, as the page tells it: the latest few, and no more than that of each."""
    given = data.get("history") if isinstance(data, dict) else None
    turns = [turn for turn in given if isinstance(turn, list) and len(turn) == 3] if isinstance(given, list) else []
    return [Turn(*(_text(part)[:MAX_QUESTION] for part in turn)) for turn in turns[-REMEMBERED:]]


def _text(value: object) -> str:
    """The value if it is a text; half of a surrogate pair, which no reply can hold, is left out."""
    return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else ""
