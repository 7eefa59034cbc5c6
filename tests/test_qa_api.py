"""The REST API: answers as the command line prints them, their making as events, problems, pages, health and counts."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from access_desk import extras_of, served
from api_server import Scripted, api_over, app_of
from fakes import Desk, filled
from fastapi import FastAPI
from starlette.testclient import TestClient

from documents.document import Chunk, Document, Source
from index.passage import Passage
from index.store import READING, Store, StoreError
from qa.answer import Answer, Citation, Draft, Statement
from qa.assistant import Stage
from qa.serving.access.access_control import EVERYONE
from qa.serving.answering.queue import STUCK, FairQueue, Visitor
from qa.serving.api import problems, schemas
from qa.serving.api.asking import statement_by_statement

GRAIN = "What does Beta store?"
LOCAL = {"base_url": "http://localhost", "client": ("127.0.0.1", 1)}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with TestClient(app_of(api_over(desk)), **LOCAL) as client:
        yield client


def ask(client: TestClient, question: str = GRAIN, **more: Any) -> Any:
    return client.post("/api/v1/ask", json={"question": question, **more})


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "timings_ms": {}}


def test_an_answer_is_the_object_of_the_command_line_and_as_described(desk: Desk, client: TestClient) -> None:
    told = ask(client).json()
    asked = api_over(desk).state.assistant.ask(GRAIN)
    assert untimed(told) == untimed(asked.to_dict())
    assert list(told) == list(asked.to_dict())
    described = schemas.Answer.model_validate(told).model_dump(by_alias=True, exclude_unset=True)
    assert described == told


def test_an_answer_can_be_given_addresses_and_citations_in_anthropics_shape(desk: Desk, client: TestClient) -> None:
    answer = ask(client, render=["urls", "char_location"]).json()
    (cited,) = answer["citations"]
    page = client.get(cited["url"].removeprefix("http://localhost"))
    assert f'<mark id="quote">{cited["quote"]}</mark>' in page.text
    (block,) = answer["content"]
    assert block["text"] == "Beta stores grain."
    (location,) = block["citations"]
    text = desk.files.joinpath("b.txt").read_text()
    assert location == {
        "type": "char_location", "cited_text": text, "document_index": 0, "document_title": "b.txt",
        "start_char_index": 0, "end_char_index": len(text), "file_id": None,
    }  # fmt: skip
    refused = ask(client, "Who is the king of cheese?", render=["char_location"]).json()
    assert refused["content"] == [{"type": "text", "text": refused["text"], "citations": []}]


def test_the_making_of_an_answer_comes_as_events(client: TestClient) -> None:
    response = client.post("/api/v1/ask", json={"question": GRAIN}, headers={"accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [event.split("\ndata: ") for event in response.text.strip().split("\n\n")]
    assert [name for name, _ in events] == [f"event: {name}" for name in ("stage",) * 3 + ("statement", "answer")]
    statement, answer = (json.loads(data) for _, data in events[-2:])
    assert statement["text"] == "Beta stores grain."
    assert [own["quote"] for own in statement["citations"]] == ["Beta stores grain."]
    assert untimed(answer) == untimed(ask(client).json())


def test_each_statement_of_growing_drafts_is_told_once() -> None:
    document = Document("One. Two.")
    passage = Passage(Chunk(document, 0, 9), Source("a.txt", document.id), 1.0)
    cited = (Citation(1, passage, 0, 4), Citation(2, passage, 5, 9))
    said = (Statement("One.", (1,), 0.9, "quoted"), Statement("Invented.", (), 0.1, "unsupported"),
            Statement("Two.", (2,), 0.9, "quoted"))  # fmt: skip
    drafts = [Draft(Answer("answer", "q", "q", 0.9, statements=said[:n], citations=cited)) for n in (1, 2, 3)]
    answer = Answer("answer", "q", "q", 0.9, statements=said, citations=cited)
    steps = list(statement_by_statement([Stage("write"), *drafts, answer]))
    assert [getattr(step, "statement", step) for step in steps] == [Stage("write"), said[0], said[2], answer]


def test_a_follow_up_is_asked_after_earlier_answers(client: TestClient) -> None:
    first = ask(client).json()
    assert ask(client, "And Gamma?", after=[first]).json()["standalone_question"] != "And Gamma?"
    refused = ask(client, after=[{"question": "no answer"}])
    assert (refused.status_code, refused.json()["detail"][:5]) == (400, "after")


def test_a_question_can_be_narrowed(desk: Desk, client: TestClient) -> None:
    desk.write(d="Beta stores wool.")
    desk.ingest.update([desk.files / "d.txt"], collection="more")
    assert "wool" in ask(client, collection="more").json()["text"]
    assert ask(client, source="a.txt").json()["kind"] == "refusal"
    wool = ask(client, collection="more").json()["citations"][0]["document"]
    assert "wool" in ask(client, documents=[wool, "sha256:none"]).json()["text"]
    assert ask(client, documents=["x"] * 1001).status_code == 422
    for narrowed, reason in [
        ({"collection": "nope"}, "no collection 'nope'"),
        ({"type": "pdf"}, "no document"),
        ({"documents": ["sha256:none"]}, "no document"),
    ]:
        response = ask(client, **narrowed)
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
        assert reason in response.json()["detail"]
    assert client.get("/api/v1/collections").json() == {
        "collections": [{"name": "default", "sources": 3}, {"name": "more", "sources": 1}]
    }


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"question": " ? "}, 400, "the question is empty"),
        ({"question": "x" * 3000}, 400, "more than the 2,000 allowed"),
        ({"question": GRAIN, "collection": "\ud800"}, 422, "surrogate"),
        ({"question": GRAIN, "since": "soon"}, 400, "'soon' is no day"),
        ({"question": GRAIN, "nonsense": 1}, 422, "body.nonsense"),
        ({"question": GRAIN, "render": ["html"]}, 422, "body.render.0"),
        ([], 422, "body"),
        ("[" * 50_000, 400, ""),
    ],
)
def test_a_request_that_is_wrong_gets_one_line(client: TestClient, body: object, status: int, detail: str) -> None:
    data = body if isinstance(body, str) else json.dumps(body)
    response = client.post("/api/v1/ask", content=data, headers={"content-type": "application/json"})
    problem = response.json()
    assert response.status_code == problem["status"] == status
    assert detail in problem["detail"]
    assert "\n" not in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/api/v1/ask", 405), ("GET", "/api/v1/nonsense", 404), ("GET", "/v1/nonsense", 404),
     ("DELETE", "/api/v1/documents", 405)],
)  # fmt: skip
def test_what_is_not_served_is_said_so(client: TestClient, method: str, path: str, status: int) -> None:
    assert client.request(method, path).status_code == status


@pytest.mark.parametrize(
    ("error", "status"), [(StoreError("/home/me is damaged"), 503), (RuntimeError("/home/me"), 500)]
)
def test_a_failure_of_the_server_is_logged_and_not_told(
    desk: Desk, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    app = app_of(api_over(desk, answerer=Scripted(Stage("search", 3), error)))
    with TestClient(app, raise_server_exceptions=False, **LOCAL) as client, caplog.at_level(logging.ERROR):
        response = ask(client)
        events = client.post("/api/v1/ask", json={"question": GRAIN}, headers={"accept": "text/event-stream"}).text
    assert response.status_code == response.json()["status"] == status
    assert "/home/me" not in response.text + events
    assert f'"status": {status}' in events
    assert "event: problem" in events
    assert caplog.records


def test_where_the_last_document_is_gone_that_is_said_and_no_failure_of_the_server(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    for row in client.get("/api/v1/documents").json()["documents"]:
        assert client.delete(f"/api/v1/documents/{row['document']}").is_success
    response = ask(client)
    assert response.status_code == 404
    assert response.json()["detail"] == "there are no documents yet: add some with refdesk index PATH"
    assert client.get("/api/v1/search", params={"q": "grain"}).json()["passages"] == []
    assert not caplog.records


def test_too_many_questions_are_told_when_to_come_back(desk: Desk) -> None:
    queue = FairQueue(1)
    with TestClient(app_of(api_over(desk, queue=queue)), **LOCAL) as client:
        program = Visitor("127.0.0.1", is_program=True)
        for _ in range(1 + program.may_wait):
            queue.join(program)
        chat = {"model": "refdesk", "messages": [{"role": "user", "content": "x?"}]}
        for path, body in [("/api/v1/ask", {"question": GRAIN}), ("/v1/chat/completions", chat)]:
            response = client.post(path, json=body)
            assert (response.status_code, int(response.headers["retry-after"]) > 0) == (429, True)
        assert client.get("/api/v1/search", params={"q": "grain"}).status_code == 429
        assert queue.join(Visitor("127.0.0.1", "the chat on this machine"))


def test_a_search_gives_passages_with_addresses(client: TestClient) -> None:
    found = client.get("/api/v1/search", params={"q": "Who sells iron?", "limit": 2}).json()
    assert len(found["passages"]) == 2
    best = schemas.SearchResult.model_validate(found).passages[0]
    assert (best.text, best.start, best.end) == ("Gamma sells iron.", 0, 17)
    assert client.get(best.url.removeprefix("http://localhost")).status_code == 200


def test_answers_are_verified(client: TestClient) -> None:
    answer = ask(client).json()
    assert client.post("/api/v1/verify", json=answer).json()["problems"] == []
    answer["citations"][0]["quote"] = "Beta stores gold."
    checked = client.post("/api/v1/verify?quick=1", json=[answer]).json()
    assert checked["citations"] == 1
    assert "are not the quote" in json.dumps(checked["problems"])
    for bad in (b"", b"{}", b"\xff", b"[" * 5000, b'{"a": NaN}'):
        response = client.post("/api/v1/verify", content=bad)
        assert (response.status_code, response.json()["detail"].count("\n")) == (400, 0)


# ---- pages, health, counts


def test_the_page_of_a_citation_shows_a_hostile_document_as_text(desk: Desk) -> None:
    hostile = '\nFirst line.\r\nThen <script>alert(1)</script> & "more" {{ x }} </pre>. ' + "Long text. " * 20_000
    desk.write(d=hostile)
    desk.ingest.update([desk.files / "d.txt"])
    with TestClient(app_of(api_over(desk)), **LOCAL) as client:
        row = client.get("/api/v1/documents", params={"source": "d.txt"}).json()["documents"][0]
        text = client.get(f"/api/v1/documents/{row['document']}").json()["text"]
        start = text.index("<script>")
        page = client.get(f"/d/{row['document']}", params={"start": start, "end": start + 25})
        assert '<mark id="quote">&lt;script&gt;alert(1)&lt;/script&gt;</mark> &amp;' in page.text
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "Later text" in page.text
        assert "Earlier text" not in page.text
        later = client.get(f"/d/{row['document']}", params={"start": start, "end": start + 25, "at": 200_000})
        assert ("Earlier text" in later.text, "<mark" in later.text) == (True, False)
        for query in ("?start=5&end=4", "?start=-1&end=4", "?start=0&end=999999999", "?start=x", "?at=1e9", "x"):
            assert client.get(f"/d/{row['document']}{query}").status_code == 404
        assert client.get(f"/d/{row['document']}?start=²&end=3").status_code == 404


def test_health_and_readiness(desk: Desk) -> None:
    now = [0.0]
    queue = FairQueue(1, clock=lambda: now[0])
    with TestClient(app_of(api_over(desk, queue=queue)), **LOCAL) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json()["status"] == "ok"
        for _ in range(2):
            queue.join(Visitor("192.0.2.1"))
        now[0] = STUCK + 1
        assert client.get("/readyz").status_code == 503
        desk.store.path.rename(desk.store.path.with_name("gone"))
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").json() == {"status": "the index cannot be read"}


def test_the_description_is_told_without_changing_what_others_read_of_it(desk: Desk) -> None:
    app = FastAPI()
    api_over(desk).add_to(app)
    before = json.dumps(app.openapi())
    assert problems.described(app)["paths"]["/api/v1/ask"]
    assert json.dumps(app.openapi()) == before


def test_what_is_asked_of_a_locked_index_is_told_to_be_unavailable(tmp_path: Path) -> None:
    filled(tmp_path)
    desk = Desk(tmp_path, store=Store(tmp_path / "index", reading=0))
    app = served(api_over(desk), EVERYONE, extras_of(desk))
    with TestClient(app, **LOCAL) as client, closing(sqlite3.connect(desk.store.path)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        for path in ("/readyz", "/library", "/metrics", "/api/v1/documents"):
            assert client.get(path).status_code == 503, path
        assert client.get("/healthz").status_code == 200
    assert READING <= 5


def test_what_is_counted_is_for_this_machine_and_has_no_label_that_a_visitor_makes_up(desk: Desk) -> None:
    app = app_of(api_over(desk))
    with TestClient(app, **LOCAL) as client:
        ask(client)
        ask(client, "Who is the king of cheese?")
        client.request("BREW", "/v1/teapot")
        lines = client.get("/metrics").text.splitlines()
    for line in (
        'refdesk_answers_total{kind="answer"} 1.0',
        'refdesk_answers_total{kind="refusal"} 1.0',
        'refdesk_requests_total{method="POST",route="/api/v1/ask",status="200"} 2.0',
        "refdesk_questions_waiting 0.0",
        "refdesk_documents 3.0",
    ):
        assert line in lines
    assert not any("BREW" in line or "teapot" in line for line in lines)
    with TestClient(app, base_url="http://localhost", client=("192.0.2.1", 1)) as other:
        assert other.get("/metrics").status_code == 403


def test_everything_is_described(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    operations = {(path, method) for path, own in described["paths"].items() for method in own}
    assert {("/api/v1/ask", "post"), ("/api/v1/documents/{document}", "delete"), ("/v1/chat/completions", "post"),
            ("/v1/responses", "post"), ("/readyz", "get")} <= operations  # fmt: skip
    assert described["components"]["schemas"]["Answer"]["properties"]["schema"]["type"] == "integer"
    page = client.get("/docs")
    assert "POST /api/v1/ask" in page.text
    assert "<script" not in page.text
    assert all(f">{name}</h3>" in page.text for name in described["components"]["schemas"])
