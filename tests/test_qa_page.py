"""What the page offers beside answers: opinions, one collection, its look, and the sites that may embed it."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import Desk, QuoteTheBest, filled, in_a_loop
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.serving.access.admission import Anyone
from qa.serving.access.asker import COLLECTION
from qa.serving.access.gate import Gate
from qa.serving.answering.feedback import Feedback
from qa.serving.answering.queue import FairQueue, Visitor
from qa.serving.answering.work import Work, WorkStream
from qa.serving.chat.branding import Branding, BrandingError, branding_of
from qa.serving.chat.routes import Extras, routes
from qa.serving.http.guard import Guard
from qa.serving.library.shelf import Shelf
from qa.settings import SettingsError, read

PNG = b"\x89PNG\r\n\x1a\n and more"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    assistant = Assistant(desk.index, QuoteTheBest())  # type: ignore[arg-type]
    extras = Extras(shelf=Shelf(desk.store), feedback=Feedback(desk.store.folder))
    app = Starlette(routes=routes(assistant, FairQueue(1), extras))
    app.add_middleware(Gate, access=Anyone())
    app.add_middleware(Guard, framed_by=("https://intranet.example",))
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


def asked(client: TestClient, question: str, **headers: str) -> dict[str, Any]:
    """The Answer to the question, as the page gets it."""
    lines = client.post("/ask", json={"question": question}, headers=headers).text.splitlines()
    answer: dict[str, Any] = json.loads(lines[-1])["answer"]
    return answer


def test_an_opinion_is_kept_with_its_reason(desk: Desk, client: TestClient) -> None:
    answer = asked(client, "What does Beta store?")
    sent = client.post("/feedback", json={"verdict": "down", "reason": "It is iron.", "answer": answer})
    assert (sent.status_code, sent.json()) == (201, {"number": 1})
    (kept,) = Feedback(desk.store.folder).listed()
    assert (kept.verdict, kept.question, kept.reason) == ("down", "What does Beta store?", "It is iron.")


@pytest.mark.parametrize(
    "changed",
    [{"verdict": "x"}, {"answer": None}, {"answer": []}, {"reason": 3}, {"reason": "x" * 3000}, {"reason": "\ud800"}],
)
def test_what_is_no_opinion_is_not_kept(desk: Desk, client: TestClient, changed: dict[str, object]) -> None:
    opinion = {"verdict": "up", "answer": asked(client, "What does Beta store?"), **changed}
    sent = client.post("/feedback", content=json.dumps(opinion), headers={"content-type": "application/json"})
    assert sent.status_code == 400
    assert client.post("/feedback", content=b"[" * 5000).status_code == 400
    assert Feedback(desk.store.folder).listed() == []


def test_a_page_of_one_collection_sees_nothing_else(client: TestClient) -> None:
    assert len(asked(client, "What does Beta store?", **{COLLECTION: "default"})["passages"]) == 3
    other = {COLLECTION: "%E4%BA%BA"}
    assert client.get("/library", headers=other).json()["total"] == 0
    assert asked(client, "Beta?", **other)["passages"] == []


def test_the_part_for_other_pages_is_of_one_collection(client: TestClient) -> None:
    response = client.get("/embed", params={"collection": "a b"})
    assert response.headers["location"] == "./?collection=a+b&embedded=true"
    assert response.headers["content-security-policy"].endswith("frame-ancestors 'self' https://intranet.example")


def test_a_visitor_who_waits_is_told_how_many_come_first() -> None:
    queue = FairQueue(1)

    def steps() -> Generator[str, None, None]:
        yield "done"

    async def parts() -> list[str]:
        queue.join(Visitor("a"))
        before = [queue.join(Visitor(address)) for address in "bc"]
        work = Work(queue, queue.join(Visitor("d")), steps)
        stream = WorkStream(work, str, "beat", "text/plain", on_shutdown=str, waiting=lambda count: f"{count} before")
        told = [str(part) async for part in _first(stream.body_iterator, 1)]
        assert [queue.before(ticket) for ticket in before] == [0, 1]
        work.leave()
        return told

    assert in_a_loop(parts) == ["2 before"]


async def _first(parts: Any, count: int) -> Any:
    for _ in range(count):
        yield await anext(parts)


def test_the_look_is_what_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logo").write_bytes(PNG)
    shown = branding_of(
        read(chat_title="Our desk", chat_welcome="Hello", chat_colour="#123456", chat_logo=Path("logo"))
    )
    assert (shown.title, shown.welcome, shown.colour) == ("Our desk", "Hello", "#123456")
    assert shown.logo.startswith("data:image/png;base64,iVBOR")
    assert branding_of(read()) == Branding()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"chat_colour": "red"}, "is no colour"),
        ({"chat_colour": "#ffee00"}, "too light"),
        ({"chat_logo": Path("none")}, "cannot be read"),
        ({"chat_logo": Path("secret")}, "is no PNG"),
    ],
)
def test_a_look_that_cannot_be_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret").write_text("a key")
    with pytest.raises(BrandingError, match=reason) as error:
        branding_of(read(**given))
    assert "\n" not in str(error.value)


def test_only_sites_may_embed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_EMBED_IN", "https://a.example, http://b.example:8080")
    assert read().embed_in == ("https://a.example", "http://b.example:8080")
    with pytest.raises(SettingsError, match="is no site"):
        read(embed_in="https://a.example; script-src *")
