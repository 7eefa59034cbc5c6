"""The API over a small index with models that count words: as an app, and on a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from evaluation_data import word_models
from fakes import Desk, WordVerifier
from fastapi import FastAPI
from starlette.applications import Starlette

import qa
from index.passage import Scope
from qa.answer import Answer, Draft
from qa.assistant import Stage
from qa.assistant.compose import assistant_over
from qa.serving import server
from qa.serving.access.access_control import EVERYONE, AccessControl
from qa.serving.access.gate import Gate
from qa.serving.answering.answerer import Answerer, Watched
from qa.serving.answering.feedback import Feedback
from qa.serving.answering.queue import FairQueue
from qa.serving.api.app import Api
from qa.serving.api.app_state import AppState
from qa.serving.api.changes import Changes
from qa.serving.api.library import Library
from qa.serving.api.metrics import Metrics
from qa.serving.http.guard import Guard
from qa.serving.library.originals import Originals
from qa.understand.conversation import Turn

THRESHOLD = 0.15  # what the words of a document answer is answered, and nothing else


class Scripted:
    """Yields each step of its script, and raises those that are exceptions; remembers the histories it was given."""

    def __init__(self, *script: Stage | Draft | Answer | Exception) -> None:
        self.script = script
        self.histories: list[Sequence[Turn]] = []

    def answering(
        self,
        question: str,  # noqa: ARG002
        scope: Scope = Scope(),  # noqa: ARG002, B008
        history: Sequence[Turn] = (),
        as_typed: bool = False,  # noqa: ARG002
    ) -> Iterator[Stage | Draft | Answer]:
        self.histories.append(history)
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            yield step


class Slow:
    """Never answers: a stage begins after each ``pause``, in seconds, until nobody asks any more."""

    def __init__(self, pause: float = 0.02) -> None:
        self.pause = pause
        self.begun, self.closed = threading.Event(), threading.Event()

    def answering(
        self,
        question: str,  # noqa: ARG002
        scope: Scope = Scope(),  # noqa: ARG002, B008
        history: Sequence[Turn] = (),  # noqa: ARG002
        as_typed: bool = False,  # noqa: ARG002
    ) -> Iterator[Stage | Answer]:
        try:
            self.begun.set()
            while True:
                yield Stage("read")
                time.sleep(self.pause)
        finally:
            self.closed.set()


def api_over(
    desk: Desk, *, answerer: Answerer | None = None, public: bool = False, queue: FairQueue | None = None
) -> Api:
    """The API over the desk's index; ``answerer`` takes the assistant's place."""
    assistant = assistant_over(desk.index, word_models(THRESHOLD), qa.read_settings(index=desk.store.folder))
    queue = queue or FairQueue(4)
    metrics = Metrics(queue, desk.store)
    library = None if public else Library(desk.store, desk.ingest, 10_000)
    counted = Watched(answerer or assistant, metrics.counted)
    feedback = Feedback(desk.store.folder)
    return Api(AppState(counted, assistant, queue, Originals(desk.store), WordVerifier, metrics, feedback, library))


def app_of(api: Api | Changes, access: AccessControl = EVERYONE) -> FastAPI:
    """The app that serves it, behind the server's gate and guard."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    api.add_to(app)
    if access.login:
        app.router.routes.extend(access.login.routes())
    app.add_middleware(Gate, access=access.admission, audit=access.audit, rates=access.rates)
    app.add_middleware(Guard, paths=(*api.paths, *access.paths), bodies=api.bodies)
    return app


@contextmanager
def listening(app: Starlette) -> Iterator[str]:
    """The app on a free port, as the server runs it; its address."""
    served = uvicorn.Server(server.configure(app, server.Address()))
    with server.listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=served.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            served.should_exit = True
            thread.join()
