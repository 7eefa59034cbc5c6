"""Server-sent events: a response whose parts are named, or in OpenAI's manner only given as data."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from documents.errors import RefdeskError
from qa.serving.answering.work import Work, WorkStream
from qa.serving.api.problems import EVENTS, problem_of
from qa.serving.http.shutdown import ENDING

T = TypeVar("T")
logger = logging.getLogger(__name__)


def event(data: Any, name: str | None = None) -> str:
    """One event with JSON data: in ASCII, as some clients take U+2028 or U+0085 for the end of a line."""
    text = json.dumps(data)
    return f"event: {name}\ndata: {text}\n\n" if name else f"data: {text}\n\n"


def stream(work: Work[T], encode: Callable[[T], str], failed: Callable[[int, str | None], str]) -> WorkStream[T]:
    """The steps of ``work`` as events; ``failed`` writes the last one of work that failed, by status and reason.

    That the server ends is such a failure.
    """

    def end(error: Exception) -> str:
        if isinstance(error, RefdeskError):
            return failed(*problem_of(error)[:2])
        logger.error("a question could not be answered", exc_info=error)
        return failed(500, None)

    def on_shutdown() -> str:
        return failed(503, ENDING)

    return WorkStream(work, encode, ": still there\n\n", EVENTS, on_shutdown, failed=end)
