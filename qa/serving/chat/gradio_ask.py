"""One function in Gradio's own convention, ``ask``, for ``gradio_client`` and what is made with it.

Gradio's queue stays closed (``docs/security.md``): these are routes of our own that say what its queue would say. A
question is posted first, and answered in the stream that the client opens for its session, in its turn among all.

The client takes its stream for open until it has read that it closes, and opens none for a question posted meanwhile,
which would never be answered. So a stream that closes stays until the client has left, and no question is taken until
then.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from documents.errors import RefdeskError
from qa.answer import Answer
from qa.assistant import QuestionError, checked
from qa.serving.access.asker import Asker, asker_of, note_question
from qa.serving.answering.answerer import Answerer
from qa.serving.answering.queue import FairQueue, QueueFullError
from qa.serving.answering.work import Work
from qa.serving.html.messages import words_of
from qa.serving.http.paths import GRADIO, GRADIO_CONFIG, GRADIO_DATA, GRADIO_INFO, GRADIO_JOIN
from qa.serving.http.shutdown import ENDING, ShutdownStream

WAITING = 1000  # questions of all that no stream has taken yet; beyond them the oldest is forgotten …
PATIENCE = 60.0  # … as is one after so many seconds
OF_SESSION, OF_ADDRESS = 20, 100
CLOSING = 1.0  # seconds that a stream that closes waits for its client to leave
NO_STORE = {"cache-control": "no-store"}
MANY = "Your earlier questions are still waiting: open their stream first."
NO_QUESTION = 'a question is sent as {"data": ["…"], "session_hash": "…"}'
NO_FUNCTION = "there is one function, ask, with fn_index 0"

_SESSION = re.compile(r"[\w-]{8,64}", re.ASCII)  # made up by the client; an empty one would be everybody's

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Posted:
    """A question that waits for its stream: whose, and since when."""

    session: tuple[str, str, str]
    question: str
    since: float


class GradioRoutes:
    """The routes of the function."""

    def __init__(
        self,
        answerer: Answerer,
        queue: FairQueue,
        clock: Callable[[], float] = time.monotonic,
        closing: float = CLOSING,
    ) -> None:
        self._answerer = answerer
        self._queue = queue
        self._clock = clock
        self._closing = closing
        self._posted = OrderedDict[str, Posted]()
        self._left = dict[tuple[str, str, str], asyncio.Event]()  # of sessions whose stream closes: its client has left

    def routes(self) -> list[Route]:
        return [
            Route(GRADIO_CONFIG, self.config, methods=["GET"]),
            Route(GRADIO_INFO, self.info, methods=["GET"]),
            Route(GRADIO_JOIN, self.join, methods=["POST"]),
            Route(GRADIO_DATA, self.stream, methods=["GET"]),
        ]

    async def config(self, request: Request) -> Response:  # noqa: ARG002 - every handler takes it
        """What there is to call."""
        return JSONResponse(_config())

    async def info(self, request: Request) -> Response:  # noqa: ARG002
        """What the function takes and returns."""
        return JSONResponse(_INFO)

    async def join(self, request: Request) -> Response:
        """Takes a question; its number among the messages of the stream."""
        try:
            given = json.loads(await request.body())
            (question,), name, function = given["data"], given["session_hash"], given.get("fn_index", 0)
            session = _session(asker_of(request), name)
            question = checked(question)
        except QuestionError as error:
            return _wrong(str(error))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return _wrong(NO_QUESTION)
        if function != 0 or not isinstance(function, int) or isinstance(function, bool):
            return _wrong(NO_FUNCTION)
        note_question(request, question)
        if left := self._left.get(session):
            await left.wait()
        self._forget()
        waiting = [own.session for own in self._posted.values()]
        of_address = sum(address == session[1] for _, address, _ in waiting)
        if waiting.count(session) >= OF_SESSION or of_address >= OF_ADDRESS:
            return JSONResponse({"detail": MANY}, 429, {**NO_STORE, "retry-after": "5"})
        event = secrets.token_hex(16)
        self._posted[event] = Posted(session, question, self._clock())
        return JSONResponse({"event_id": event})

    async def stream(self, request: Request) -> Response:
        """Answers the questions of a session, one after the other."""
        try:
            session = _session(asker_of(request), request.query_params.get("session_hash"))
        except ValueError:
            return _wrong(NO_QUESTION)
        begun: list[str] = []

        def on_shutdown() -> str:
            left = (*begun, *self._waiting(session))
            failed = [_completed(event, {"error": ENDING}, success=False) for event in left]
            return "".join([*failed, _message("close_stream")])

        return ShutdownStream(self._messages(asker_of(request), session, begun), on_shutdown, "text/event-stream")

    async def _messages(self, asker: Asker, session: tuple[str, str, str], begun: list[str]) -> AsyncIterator[str]:
        """What is told of the session's questions; the event of the one whose answer has ``begun`` is there."""
        self._forget()
        while event := next(iter(self._waiting(session)), None):
            question = self._posted.pop(event).question
            begun.append(event)
            yield _message("process_starts", event_id=event)
            async for message in self._answered(asker, event, question):
                yield message
            begun.clear()
        left = self._left[session] = asyncio.Event()
        try:
            yield _message("close_stream")
            await asyncio.sleep(self._closing)  # cut off where the client leaves
        finally:
            left.set()
            if self._left.get(session) is left:
                del self._left[session]

    def _waiting(self, session: tuple[str, str, str]) -> list[str]:
        """The events of the session's questions that wait for their stream."""
        return [event for event, own in self._posted.items() if own.session == session]

    async def _answered(self, asker: Asker, event: str, question: str) -> AsyncIterator[str]:
        def steps() -> Generator[Any, None, None]:
            yield from self._answerer.answering(question, asker.scope)

        try:
            work = Work(self._queue, self._queue.join(asker.program), steps)
        except QueueFullError as error:
            yield _completed(event, {"error": str(error)}, success=False)
            return
        try:
            async for step in work.steps():
                if step is None:
                    yield _message("heartbeat")
                elif isinstance(step, Answer):
                    yield _completed(event, {"data": [step.to_dict()], "is_generating": False}, success=True)
        except RefdeskError as error:
            logger.error("%s", error)
            yield _completed(event, {"error": words_of()("reply-failed")}, success=False)
        except Exception as error:
            logger.error("a question could not be answered", exc_info=error)
            yield _completed(event, {"error": words_of()("reply-failed")}, success=False)
        finally:
            work.leave()

    def _forget(self) -> None:
        """Forgets questions whose stream has not come, and the oldest where there are too many."""
        now = self._clock()
        for event, own in list(self._posted.items()):
            if now - own.since <= PATIENCE and len(self._posted) < WAITING:
                return
            del self._posted[event]


def _session(asker: Asker, name: object) -> tuple[str, str, str]:
    """What questions and streams of one client alone share; raises ValueError where its name for it is none."""
    if not isinstance(name, str) or not _SESSION.fullmatch(name):
        raise ValueError("no session")
    return asker.name, asker.address, name


def _message(kind: str, **more: Any) -> str:
    return f"data: {json.dumps({'msg': kind, **more})}\n\n"


def _completed(event: str, output: dict[str, Any], *, success: bool) -> str:
    return _message("process_completed", event_id=event, output=output, success=success)


def _wrong(reason: str) -> Response:
    """What is sent is no question, in the shape whose message ``gradio_client`` tells."""
    said = {"__type__": "validate", "is_valid": False, "parameter_name": "question", "message": reason}
    return JSONResponse({"detail": [said]}, 422, NO_STORE)


@cache
def _config() -> dict[str, Any]:
    """As far as ``gradio_client`` reads it."""
    shown = {"props": {}, "skip_api": False}
    function = {
        "id": 0, "api_name": "ask", "api_visibility": "public", "inputs": [1], "outputs": [2], "targets": [],
        "backend_fn": True, "queue": True, "cancels": [], "types": {"generator": False, "cancel": False},
    }  # fmt: skip
    return {
        "version": version("gradio"),
        "protocol": "sse_v3",
        "api_prefix": GRADIO,
        "connect_heartbeat": False,
        "mode": "blocks",
        "title": "Refdesk",
        "space_id": None,
        "components": [
            {"id": 1, "type": "textbox", "api_info": {"type": "string"}, **shown},
            {"id": 2, "type": "json", "api_info": {"type": "object"}, **shown},
        ],
        "dependencies": [function],
    }


_INFO = {
    "named_endpoints": {
        "/ask": {
            "description": "Answer a question with cited statements, or refuse it.",
            "parameters": [
                {
                    "label": "question",
                    "parameter_name": "question",
                    "parameter_has_default": False,
                    "parameter_default": None,
                    "type": {"type": "string"},
                    "python_type": {"type": "str", "description": "in plain words"},
                    "component": "Textbox",
                    "example_input": "Who pumps water?",
                }
            ],
            "returns": [
                {
                    "label": "answer",
                    "type": {"type": "object"},
                    "python_type": {"type": "dict", "description": "the Answer, as refdesk ask --json prints it"},
                    "component": "JSON",
                }
            ],
            "api_visibility": "public",
        }
    },
    "unnamed_endpoints": {},
}
