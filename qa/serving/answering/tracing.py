"""Spans of answers for OpenTelemetry, where a collector is configured: nothing of it is loaded otherwise.

A question is the span ``answer`` with a span for each stage: ``search``, ``rank``, ``read`` and, with a language model,
``write``. They hold times, the kind of answer, the milliseconds of its parts (``refdesk.retrieve_ms``,
``refdesk.verify_ms``) and the request's id; no text of questions or documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from documents.errors import RefdeskError
from index.passage import Scope
from qa.answer import Answer, Draft
from qa.assistant import Stage
from qa.serving.answering.answerer import Answerer
from qa.serving.http.request_id import request_id
from qa.understand.conversation import Turn

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


class TelemetryError(RefdeskError):
    """Spans cannot be sent. The message is one line that says what to do."""


class Traced:
    """An answerer whose answers and their stages are spans of ``tracer``."""

    def __init__(self, answerer: Answerer, tracer: Tracer) -> None:
        self._answerer = answerer
        self._tracer = tracer

    def answering(
        self,
        question: str,
        scope: Scope = Scope(),  # noqa: B008 - frozen
        history: Sequence[Turn] = (),
        as_typed: bool = False,
    ) -> Iterator[Stage | Draft | Answer]:
        """As the answerer does; a question that fails has the kind of its error, and no more of it."""
        whole = self._tracer.start_span("answer", attributes={"refdesk.request_id": request_id() or ""})
        stage: Span | None = None
        try:
            for step in self._answerer.answering(question, scope, history, as_typed):
                if isinstance(step, Stage):
                    if stage:
                        stage.end()
                    stage = self._stage(step, whole)
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

    def _stage(self, stage: Stage, whole: Span) -> Span:
        from opentelemetry.trace import set_span_in_context

        return self._tracer.start_span(
            stage.name, set_span_in_context(whole), attributes={"refdesk.passages": stage.passages}
        )


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
