"""What the API and the Model Context Protocol serve, put together from an assistant."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from qa.settings import Settings


def desk_of(settings: Settings, assistant: Any, queue: Any, originals: Any, library: Any = None) -> Any:
    """The desk over the assistant, its questions counted; without a ``library`` nobody changes the documents."""
    from qa.compose import load_verifier
    from qa.serving.api.desk import Desk
    from qa.serving.api.metrics import Counted, Metrics
    from qa.serving.feedback import Feedback

    metrics, feedback = Metrics(queue, assistant.index.store), Feedback(settings.index)
    verifier = cache(partial(load_verifier, settings))
    answerer, more = assistant, dict[str, Any]()
    if settings.otlp_endpoint:
        from qa.serving.tracing import Traced, tracer_to

        tracer, more["end"] = tracer_to(settings.otlp_endpoint)
        answerer = Traced(assistant, tracer)
    parts = (Counted(answerer, metrics), assistant, queue, originals, verifier, metrics, feedback, library)
    return Desk(*parts, open_webui=settings.open_webui, **more)
