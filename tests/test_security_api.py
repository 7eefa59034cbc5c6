"""Attacks on the API: other websites, other conversations' files, floods, clients that go away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from api_server import Slow, api_over, app_of, listening
from commands import Run, fails
from fakes import Desk, filled
from starlette.testclient import TestClient

from documents.document import Document
from qa.serving.access.asker import CONVERSATION
from qa.serving.answering.queue import FairQueue, Visitor
from qa.serving.api.library import PENDING, Library
from qa.serving.api.problems import RequestError
from qa.serving.api.routes.verify import LARGEST
from qa.serving.http.guard import MAX_BODY
from qa.serving.uploads.uploads import owner_of

LOCAL = {"base_url": "http://localhost", "client": ("127.0.0.1", 1)}
SECRET = "0123456789abcdef" * 2


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with TestClient(app_of(api_over(desk)), **LOCAL) as client:
        yield client


PATHS = ("/api/v1/ask", "/api/v1/documents?name=a.txt", "/api/v1/search?q=x", "/v1/models", "/v1/chat/completions",
         "/mcp", "/d/sha256:x", "/metrics", "/openapi.json", "/docs", "/healthz")  # fmt: skip


FOREIGN: list[tuple[dict[str, str], int]] = [
    ({"host": "evil.example"}, 421),
    ({"host": "evil.example", "x-forwarded-host": "localhost"}, 421),
    ({"origin": "http://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, 403),
]


def test_pages_of_other_sites_can_neither_read_nor_send(client: TestClient) -> None:
    for path in PATHS:
        for headers, status in FOREIGN:
            for method in ("GET", "POST", "OPTIONS", "DELETE"):
                response = client.request(method, path, headers=headers)
                assert response.status_code == status, (path, headers)
                assert not [name for name in response.headers if name.startswith("access-control-")]


def test_files_of_a_conversation_do_not_exist_for_others(desk: Desk, client: TestClient) -> None:
    secret_text = "Omega hides treasure."
    desk.write(o=secret_text)
    desk.ingest.update([desk.files / "o.txt"], owner=owner_of(SECRET), collection="hidden")
    document = Document(secret_text, owner=str(owner_of(SECRET))).id
    mine = {CONVERSATION: SECRET}
    answer = client.post("/api/v1/ask", json={"question": "What does Omega hide?"}, headers=mine).json()
    assert "treasure" in answer["text"]

    def told() -> Iterator[Any]:
        yield client.get("/api/v1/documents")
        yield client.get(f"/api/v1/documents/{document}")
        yield client.get(f"/api/v1/documents/{document}/original?start=0&end=5")
        yield client.get(f"/d/{document}?start=0&end=5")
        yield client.get("/api/v1/search", params={"q": "Omega hides"})
        yield client.post("/api/v1/ask", json={"question": "What does Omega hide?"})
        yield client.post("/api/v1/ask", json={"question": "What is hidden?", "collection": "hidden"})
        chat = {"model": "refdesk/hidden", "messages": [{"role": "user", "content": "x?"}]}
        yield client.post("/v1/chat/completions", json=chat)
        yield client.delete(f"/api/v1/documents/{document}")
        yield client.post(f"/api/v1/documents/{document}/reindex")

    for response in told():
        assert not any(word in response.text for word in ("treasure", "o.txt", document)), response.url
    listings = [client.get(path).text for path in ("/api/v1/documents", "/api/v1/collections", "/v1/models")]
    assert "hidden" not in "".join(listings)
    checked = client.post("/api/v1/verify", json=answer).json()["problems"]
    assert "is not in the index" in json.dumps(checked)
    assert client.get(f"/api/v1/documents/{document}", headers=mine).json()["text"] == secret_text


def test_bodies_are_limited(desk: Desk) -> None:
    with listening(app_of(api_over(desk))) as url:
        for path, most in [("/api/v1/search", MAX_BODY), ("/api/v1/ask", 1024 * 1024), ("/api/v1/verify", LARGEST)]:
            response = httpx.post(url + path, content=b" " * (most + 1))
            assert response.status_code == 413, path


def test_a_question_whose_client_left_ends_and_frees_its_place(desk: Desk) -> None:
    slow, queue = Slow(), FairQueue(1)
    with listening(app_of(api_over(desk, answerer=slow, queue=queue))) as url:
        events = {"accept": "text/event-stream"}
        with httpx.stream("POST", f"{url}/api/v1/ask", json={"question": "What?"}, headers=events) as response:
            next(response.iter_lines())
            assert slow.begun.wait(30)
        assert slow.closed.wait(30)
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_programs_take_turns_with_the_chat_and_leave_it_a_place() -> None:
    queue = FairQueue(4)
    program, chat, other = Visitor("::1", is_program=True), Visitor("::1", "ann"), Visitor("192.0.2.1", "bob")
    first = [queue.join(program) for _ in range(3 + program.may_wait)]
    assert [ticket.started.is_set() for ticket in first[:4]] == [True, True, True, False]
    asked = queue.join(chat)
    assert queue.join(other).started.is_set()
    queue.leave(first[0])
    assert asked.started.is_set()
    assert not first[3].started.is_set()


def test_changes_beyond_a_few_are_refused_until_these_are_made(desk: Desk) -> None:
    class Blocked(Library):
        def __init__(self) -> None:
            super().__init__(desk.store, desk.ingest, 1000)
            self.held = [self._changing() for _ in range(PENDING)]

    library = Blocked()
    with library.held[0]:
        waiting = [threading.Thread(target=enter, args=(one,)) for one in library.held[1:]]
        for thread in waiting:
            thread.start()
        while library._pending._value:  # type: ignore[attr-defined]
            pass
        with pytest.raises(RequestError, match="other changes are being made") as caught:
            library.remove([])
        assert (caught.value.status, caught.value.retry_after) == (503, 5)
    for thread in waiting:
        thread.join()
    assert library.remove([]) == []


def enter(context: Any) -> None:
    with context:
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_a_host_that_others_reach_needs_the_public_option(run: Run, host: str) -> None:
    fails(run("serve", "--host", host), "--public")
