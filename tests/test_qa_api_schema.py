"""The API keeps to its OpenAPI description, whatever is sent: requests are generated from it, right and wrong ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from api_server import api_over, app_of, listening
from fakes import Desk, filled
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from documents.document import Document

BETA = "Beta stores grain."
# What a description cannot say: which documents, models and formats there are, and what is a question.
REAL: dict[str, Any] = {
    "document": Document(BETA).id, "model": "refdesk", "q": "What does Beta store?", "question": "And what is stored?",
    "name": "b.txt", "collection": "default", "start": 0, "end": 5, "messages": [{"role": "user", "content": "Beta?"}],
    "input": "What does Beta store?", "source": "b.txt", "type": "txt", "since": "2020-01-31",
}  # fmt: skip
REAL_QUERY = {name: REAL[name] for name in ("q", "name", "start", "end")}
# What fits each operation for certain; what is generated fits some only by chance.
RIGHT = {
    "/api/v1/ask": {"json": {"question": REAL["q"]}}, "/api/v1/documents": {"content": b"Delta weaves wool."},
    "/api/v1/feedback": {"json": {"verdict": "up", "question": REAL["q"]}},
    "/v1/chat/completions": {"json": {"model": "refdesk", "messages": REAL["messages"]}},
    "/v1/responses": {"json": {"model": "refdesk", "input": REAL["input"]}},
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with listening(app_of(api_over(desk))) as url:
        yield url


@pytest.mark.slow
def test_whatever_is_sent_is_answered_as_described(url: str) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason='for want of schemathesis: pip install "refdesk[dev]"')
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(max_examples=10, phases=[Phase.generate], derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def sent(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(modes))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode is GenerationMode.POSITIVE:
            if operation.path.endswith("/verify") and data.draw(st.booleans()):
                case.body = answer
            for part in (case.path_parameters, case.query, case.body):
                for name in [name for name in part if name in REAL] if isinstance(part, dict) else ():
                    part[name] = REAL[name] if data.draw(st.booleans()) else part[name]
        response = case.call(base_url=url, timeout=300)
        # 4xx for what fits is right where there is no such document: see REAL.
        case.validate_response(response, excluded_checks=[positive_data_acceptance])
        failed.update({operation.label} if response.status_code >= 500 else ())

    failed: set[str] = set()
    answer = httpx.post(f"{url}/api/v1/ask", json={"question": REAL["q"]}).json()
    described = [found.ok() for found in schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations()]
    for operation in sorted(described, key=lambda own: own.method == "delete"):
        body = {"json": answer} if operation.path.endswith("/verify") else RIGHT.get(operation.path, {})
        right: dict[str, Any] = {"params": REAL_QUERY, **(body if operation.method == "post" else {})}
        served = httpx.request(operation.method, url + operation.path.format(**REAL), timeout=300, **right)
        assert served.is_success, (operation.label, served.text)
        modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if operation.query or operation.body else [])]
        sent()
    assert failed == set()


def test_all_that_is_refused_is_described_as_it_is_said(desk: Desk) -> None:
    with TestClient(app_of(api_over(desk)), base_url="http://localhost", client=("192.0.2.1", 1)) as client:
        described = client.get("/openapi.json").json()["paths"]
        for method, path, more in [
            ("post", "/api/v1/ask", {"content": b"x" * 2**21}), ("post", "/api/v1/ask", {"content": b"x"}),
            ("get", "/api/v1/search", {}), ("get", "/v1/models", {"headers": {"host": "evil.example"}}),
            ("post", "/v1/responses", {"headers": {"origin": "http://evil.example"}}),
            ("get", "/v1/models/{model}", {}), ("post", "/v1/chat/completions", {"json": {}}), ("get", "/metrics", {}),
            ("get", "/healthz", {"headers": {"host": "evil.example"}}),
            ("post", "/api/v1/documents", {"params": {"name": "a.exe"}, "content": b"x"}),
        ]:  # fmt: skip
            response = client.request(method, path, **more)
            content = described[path][method]["responses"][str(response.status_code)]["content"]
            assert list(content) == [response.headers["content-type"]], (path, response.status_code)
            said = json.loads(response.text)
            assert said.get("status", response.status_code) == response.status_code
            assert "\n" not in (said["error"]["message"] if "error" in said else said["detail"])
