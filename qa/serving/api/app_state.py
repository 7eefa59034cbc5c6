"""What the API's routes serve, and who is asking: the parameters that most of them have."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from index.search import Index
from qa.assistant import Assistant
from qa.assistant.compose import load_verifier
from qa.serving.access.asker import Asker, asker_of
from qa.serving.answering.answerer import Answerer, Steps, Watched
from qa.serving.answering.feedback import Feedback
from qa.serving.answering.queue import FairQueue
from qa.serving.answering.tracing import traced, tracer_to
from qa.serving.answering.work import Work
from qa.serving.api.library import Library
from qa.serving.api.metrics import Metrics
from qa.serving.library.originals import Originals
from qa.settings import Settings
from qa.write.grounds import Verifier

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AppState:
    """What is served: answers, documents, and changes to them.

    - ``answerer``: answers questions, and counts them; ``assistant`` is what it asks;
    - ``queue``: what takes a model's time waits there for its turn, with the questions of the chat;
    - ``verifier``: verifies again what a language model wrote;
    - ``feedback``: what is said of answers;
    - ``library``: changes the documents; None where nobody may, as the desk is open to the public;
    - ``open_webui``: whether streamed completions tell sources by Open WebUI's own events;
    - ``end``: what is left to do when the server ends (None: nothing).
    """

    answerer: Answerer
    assistant: Assistant
    queue: FairQueue
    originals: Originals
    verifier: Callable[[], Verifier]
    metrics: Metrics
    feedback: Feedback
    library: Library | None = None
    open_webui: bool = False
    end: Callable[[], None] | None = None

    @classmethod
    def over(
        cls,
        assistant: Assistant,
        settings: Settings,
        queue: FairQueue,
        originals: Originals,
        library: Library | None = None,
        answerer: Answerer | None = None,
    ) -> AppState:
        """The state over the assistant, its questions counted and traced; ``answerer`` answers in its place.

        Raises:
            TelemetryError: they are to be traced, and OpenTelemetry is not installed.
        """
        metrics = Metrics(queue, assistant.index.store)
        watches: list[Callable[[Steps], Steps]] = [metrics.counted]
        end: Callable[[], None] | None = None
        if settings.otlp_endpoint:
            tracer, end = tracer_to(settings.otlp_endpoint)
            watches.insert(0, partial(traced, tracer))
        return cls(
            answerer=Watched(answerer or assistant, *watches),
            assistant=assistant,
            queue=queue,
            originals=originals,
            verifier=cache(partial(load_verifier, settings)),
            metrics=metrics,
            feedback=Feedback(settings.folder),
            library=library,
            open_webui=settings.open_webui,
            end=end,
        )

    @property
    def index(self) -> Index:
        """The index that the assistant asks."""
        return self.assistant.index

    def work(self, asker: Asker, steps: Callable[[], Generator[T, None, None]]) -> Work[T]:
        """The ``steps``, in the asker's turn.

        Raises:
            QueueFullError: too many wait already.
        """
        return Work(self.queue, self.queue.join(asker.program), steps)


def once(function: Callable[[], T]) -> Callable[[], Generator[T, None, None]]:
    """A function as work of one step."""

    def steps() -> Generator[T, None, None]:
        yield function()

    return steps


# Coroutines, for which FastAPI starts no threads.
async def _current_state(request: Request) -> Any:
    return request.app.state.served


async def _current_asker(request: Request) -> Asker:
    return asker_of(request)


CurrentState = Annotated[AppState, Depends(_current_state)]
CurrentAsker = Annotated[Asker, Depends(_current_asker)]
