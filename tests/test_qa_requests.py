"""Request ids, the log as JSON, and spans: each line says which request it is about, and none what was asked."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from access_desk import PASSWORD, KnownDesk, log_in
from api_server import Scripted, api_over, app_of
from fakes import Desk, filled
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from index.store import StoreError
from qa.answer import Answer
from qa.assistant import Stage
from qa.serving.answering.tracing import TelemetryError, traced, tracer_to
from qa.serving.http import request_id
from qa.serving.http.logs import JsonHandler, NameRequest, OnceAMinute, write_json
from qa.serving.http.request_id import RequestIds

GIVEN = "ticket-4711.a_b"
LOCAL: Any = {"base_url": "http://localhost", "client": ("127.0.0.1", 1), "raise_server_exceptions": False}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return filled(tmp_path_factory.mktemp("requests"))


@pytest.fixture(scope="module")
def client(desk: Desk) -> TestClient:
    return TestClient(RequestIds(app_of(api_over(desk))), **LOCAL)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What this process logs as JSON, with a line for each request."""
    root, served, stream = logging.getLogger(), logging.getLogger(request_id.__name__), io.StringIO()
    before = list(root.handlers)
    write_json(stream)
    yield stream
    root.handlers[:] = before
    served.setLevel(logging.NOTSET)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_every_response_has_the_id_of_its_request(client: TestClient) -> None:
    responses = [
        client.get("/healthz"),
        client.get("/nowhere"),  # the guard's
        client.get("/api/v1/nowhere"),
        client.get("/healthz", headers={"host": "evil.example"}),
        client.post("/api/v1/ask", json={}),
        client.post("/v1/chat/completions", json={}),
    ]
    assert [response.status_code for response in responses] == [200, 404, 404, 421, 422, 422]
    ids = [response.headers["x-request-id"] for response in responses]
    assert len(set(ids)) == len(ids)
    assert all(len(one) == 32 for one in ids)


def test_an_id_that_is_given_is_kept_if_it_is_one(client: TestClient) -> None:
    for given, is_kept in ((GIVEN, True), ("x" * 65, False), ("short", False), ("a\tb cdefgh", False), ("", False)):
        response = client.get("/healthz", headers={"x-request-id": given})
        assert (response.headers["x-request-id"] == given) is is_kept
        assert len(response.headers.get_list("x-request-id")) == 1


def test_a_problem_names_the_request(client: TestClient) -> None:
    response = client.get("/api/v1/documents/none", headers={"x-request-id": GIVEN})
    assert response.json()["request_id"] == response.headers["x-request-id"] == GIVEN


def test_every_line_of_a_request_has_its_id_also_those_of_threads(desk: Desk, log: io.StringIO) -> None:
    for error, status in ((StoreError("the disk is full"), 503), (RuntimeError("odd"), 500)):
        api = api_over(desk, answerer=Scripted(Stage("search"), error))
        failing = TestClient(RequestIds(app_of(api)), **LOCAL)
        asked = {"question": "What does Alpha pump?"}
        assert failing.post("/api/v1/ask", json=asked, headers={"x-request-id": GIVEN}).status_code == status
        failing.post("/api/v1/ask", json=asked, headers={"x-request-id": GIVEN, "accept": "text/event-stream"})
    told = lines(log)
    assert {line["request_id"] for line in told} == {GIVEN}
    served = [line for line in told if line["event"] == "served"]
    assert [(line["method"], line["route"], line["status"]) for line in served] == [
        ("POST", "/api/v1/ask", status) for status in (503, 200, 500, 200)
    ]
    assert any("the disk is full" in line["event"] for line in told)
    assert any("RuntimeError: odd" in line.get("exception", "") for line in told)


def test_no_question_token_or_password_is_logged(tmp_path: Path, log: io.StringIO) -> None:
    known = KnownDesk(filled(tmp_path))
    known.users.add("ann", PASSWORD)
    token = known.tokens.new("ci", ["ask"], 10, None)
    app = RequestIds(known.app)
    secret = {"token": token, "password": PASSWORD, "wrong": "wrong-password", "question": "Whither xyzzy plugh?"}
    program = TestClient(app, headers={"authorization": f"Bearer {token}"}, **LOCAL)
    asked = {"question": secret["question"], "collection": "xyzzy"}
    program.post("/api/v1/ask", json=asked)
    program.post("/api/v1/ask", json={"question": secret["question"]})
    program.post("/api/v1/ask", json={"question": [secret["question"]]})
    program.get("/api/v1/search", params={"q": secret["question"]})
    program.post("/v1/chat/completions", json={"model": "xyzzy", "messages": [{"role": "user", "content": "xyzzy"}]})
    program.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"question": "xyzzy"}})
    program.get(f"/v1/models/{token}")
    program.get(f"/{token}")
    program.post("/ask", content=json.dumps({"question": secret["question"]}))
    TestClient(app, headers={"authorization": f"Bearer {token}x"}, **LOCAL).get("/v1/models")
    browser = TestClient(app, follow_redirects=False, **LOCAL)
    log_in(browser, "ann", secret["wrong"])
    log_in(browser, "ann", PASSWORD)
    text = log.getvalue()
    assert len(lines(log)) >= 14
    assert not [name for name, one in secret.items() if one in text]
    assert "xyzzy" not in text
    assert token[:20] not in text


def test_lines_for_people_name_the_request_too() -> None:
    def shown(record: logging.LogRecord) -> str:
        assert NameRequest().filter(record)
        return record.getMessage()

    record = logging.LogRecord("desk", logging.ERROR, __file__, 1, "lost %s%%", ("1",), None)
    assert shown(record) == "lost 1%"
    request_id.bind_contextvars(request_id=GIVEN)
    try:
        assert shown(record) == f"lost 1% (request {GIVEN})"
    finally:
        request_id.clear_contextvars()


def test_the_line_of_each_request_is_not_limited_and_all_others_are() -> None:
    stream = io.StringIO()
    handler = JsonHandler(stream)
    handler.addFilter(OnceAMinute(lambda: 0.0))
    for name in (request_id.__name__, "elsewhere"):
        for _ in range(3):
            record = logging.LogRecord(name, logging.INFO, __file__, 1, "served\n", (), None)
            handler.handle(record)
    assert [line["logger"] for line in lines(stream)].count(request_id.__name__) == 3
    assert len(stream.getvalue().splitlines()) == 4


def test_an_answer_and_its_stages_are_spans_without_texts() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    answer = Answer("refusal", "Whither xyzzy?", "Whither xyzzy?", 0.1, message="xyzzy", timings_ms={"read": 2.0})
    steps = (Stage("search", 7), Stage("read"), answer)
    tracer = provider.get_tracer("test")
    assert tuple(traced(tracer, iter(steps))) == steps
    search, read, whole = exporter.get_finished_spans()
    assert [span.name for span in (search, read, whole)] == ["search", "read", "answer"]
    assert {span.parent.span_id for span in (search, read) if span.parent} == {whole.context.span_id}
    assert dict(whole.attributes or {}) == {
        "refdesk.request_id": "", "refdesk.kind": "refusal", "refdesk.read_ms": 2.0
    }  # fmt: skip
    assert search.end_time <= read.start_time
    assert "xyzzy" not in "".join(span.to_json() for span in (search, read, whole))

    exporter.clear()
    failing = Scripted(Stage("search"), ValueError("xyzzy"))
    with pytest.raises(ValueError, match="xyzzy"):
        list(traced(tracer, failing.answering("Whither xyzzy?")))
    search, whole = exporter.get_finished_spans()
    assert (whole.attributes or {})["refdesk.failed"] == "ValueError"
    assert "xyzzy" not in search.to_json() + whole.to_json()


class Collector(BaseHTTPRequestHandler):
    """Takes what is sent to it."""

    taken: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_spans_are_sent_to_the_collector_at_the_latest_when_the_process_ends() -> None:
    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        thread = threading.Thread(target=collector.handle_request)
        thread.start()
        tracer, end = tracer_to(f"http://127.0.0.1:{collector.server_address[1]}/v1/traces")
        tracer.start_span("answer").end()
        end()
        thread.join()
    ((path, body),) = Collector.taken
    assert path == "/v1/traces"
    assert b"answer" in body


def test_spans_without_opentelemetry_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(TelemetryError, match="pip install"):
        tracer_to("http://localhost:4318/v1/traces")
