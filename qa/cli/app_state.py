"""What the API and the Model Context Protocol serve, put together from an assistant."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from qa.settings import Settings


def app_state_of(
    settings: Settings, assistant: Any, queue: Any, originals: Any, library: Any = None, answerer: Any = None
) -> Any:
    """The state over the assistant, its questions counted; without a ``library`` nobody changes the documents.

    ``answerer`` answers in the assistant's place.
    """
    from qa.assistant.compose import load_verifier
    from qa.serving.answering.feedback import Feedback
    from qa.serving.api.app_state import AppState, nothing
    from qa.serving.api.metrics import Counted, Metrics

    metrics, answerer, end = Metrics(queue, assistant.index.store), answerer or assistant, nothing
    if settings.otlp_endpoint:
        from qa.serving.answering.tracing import Traced, tracer_to

        tracer, end = tracer_to(settings.otlp_endpoint)
        answerer = Traced(answerer, tracer)
    return AppState(
        answerer=Counted(answerer, metrics),
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
