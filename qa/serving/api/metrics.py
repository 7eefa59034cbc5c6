"""What is counted of requests and questions, as Prometheus reads it."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from index.store import Store
from qa.answer import Answer
from qa.serving.answering.answerer import Steps
from qa.serving.answering.queue import FairQueue
from qa.serving.http.request_id import ROUTE
from qa.serving.http.status import SeenStatus

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # anyone can make up others


class Metrics:
    """The counts of one server: of its questions, its requests, its ``queue`` and its ``store``."""

    def __init__(self, queue: FairQueue, store: Store) -> None:
        self._store = store
        self._registry = CollectorRegistry()
        given: dict[str, Any] = {"registry": self._registry}
        self.requests = Counter("refdesk_requests", "Requests.", ("method", "route", "status"), **given)
        self.seconds = Histogram("refdesk_request_seconds", "Until the response ended.", buckets=SECONDS, **given)
        self.answers = Counter("refdesk_answers", "Questions, by what came of them.", ("kind",), **given)
        self.answer_seconds = Histogram("refdesk_answer_seconds", "Of making an answer.", buckets=SECONDS, **given)
        Gauge("refdesk_questions_running", "Being answered.", **given).set_function(lambda: queue.running)
        Gauge("refdesk_questions_waiting", "Waiting.", **given).set_function(lambda: queue.waiting)
        self._held = {
            table: Gauge(f"refdesk_{name}", f"{name.capitalize()} in the index.", **given)
            for name, table in {"sources": "sources", "documents": "documents", "passages": "chunks"}.items()
        }
        self._generation = Gauge("refdesk_index_generation", "Raised by every change of the index.", **given)

    def text(self) -> bytes:
        """All of them in Prometheus' text format.

        Raises:
            StoreError: the index cannot be read.
        """
        with self._store.snapshot() as snapshot:
            self._generation.set(snapshot.generation)
            for table, gauge in self._held.items():
                gauge.set(snapshot.count(table))
        return generate_latest(self._registry)

    def counted(self, steps: Steps) -> Steps:
        """The steps of a question, which is counted; one that fails, or whose client leaves, counts as such."""
        began, kind = time.perf_counter(), "left"
        try:
            for step in steps:
                if isinstance(step, Answer):
                    kind = step.kind
                yield step
        except Exception:
            kind = "failed"
            raise
        finally:
            self.answers.labels(kind).inc()
            self.answer_seconds.observe(time.perf_counter() - began)


class Measured:
    """Counts the requests of an app, by the path of their route: no visitor can make up another label."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, seen = time.perf_counter(), SeenStatus(send, 500)
        try:
            await self.app(scope, receive, seen)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "other")
            scope.get(ROUTE, []).append(route)
            self._metrics.requests.labels(method, route, seen.status).inc()
            self._metrics.seconds.observe(time.perf_counter() - began)
