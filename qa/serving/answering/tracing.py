"""Spans of answers for OpenTelemetry, where a collector is configured: nothing of it is loaded otherwise.

A question is the span ``answer`` with a span for each stage: ``search``, ``rank``, ``read`` and, with a language model,
``write``. They hold times, the kind of answer, the milliseconds of its parts (``refdesk.retrieve_ms``,
``refdesk.verify_ms``) and the request's id; no text of questions or documents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from documents.errors import RefdeskError
from qa.answer import Answer
from qa.assistant import Stage
from qa.serving.answering.answerer import Steps
from qa.serving.http.request_id import request_id

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


class TelemetryError(RefdeskError):
    """Spans cannot be sent. The message is one line that says what to do."""


def traced(tracer: Tracer, steps: Steps) -> Steps:
    """The steps of a question, which is a span of ``tracer``; one that fails has the kind of its error, and no more."""
    whole = tracer.start_span("answer", attributes={"refdesk.request_id": request_id() or ""})
    stage: Span | None = None
    try:
        for step in steps:
            if isinstance(step, Stage):
                if stage:
                    stage.end()
                stage = _span_of(step, whole, tracer)
            elif isinstance(step, Answer):
                whole.set_attribute("refdesk.kind", step.kind)
                whole.set_attributes({f"refdesk.{name}_ms": spent for name, spent in step.timings_ms.items()})
            yield step
    except Exception as error:
        whole.set_attribute("refdesk.failed", type(error).__name__)
        raise
    finally:
        for span in filter(None, (stage, whole)):
            span.end()


def _span_of(stage: Stage, whole: Span, tracer: Tracer) -> Span:
    from opentelemetry.trace import set_span_in_context

    told = {"refdesk.passages": stage.passages}
    return tracer.start_span(stage.name, set_span_in_context(whole), attributes=told)


def tracer_to(endpoint: str) -> tuple[Tracer, Callable[[], None]]:
    """A tracer that sends to ``endpoint``, such as http://localhost:4318/v1/traces, in the background.

    The function that comes with it sends what is left; it is called when the process ends.

    Raises:
        TelemetryError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise TelemetryError(
            'REFDESK_OTLP_ENDPOINT needs OpenTelemetry: pip install "refdesk[telemetry]", or unset it'
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "refdesk"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider.get_tracer("refdesk"), provider.shutdown
