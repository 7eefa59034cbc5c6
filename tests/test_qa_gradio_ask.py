"""Gradio's own convention for asking: whose questions and streams are whose, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest
from api_server import listening
from starlette.applications import Starlette
from starlette.testclient import TestClient

from index.passage import Scope
from qa.answer import Answer
from qa.serving.access.admission import Anyone
from qa.serving.access.gate import Gate
from qa.serving.answering.queue import WAITING_OF_ADDRESS, FairQueue, Visitor
from qa.serving.chat import gradio_ask
from qa.serving.chat.gradio_ask import OF_SESSION, PATIENCE, GradioRoutes
from qa.serving.http.paths import GRADIO_DATA, GRADIO_JOIN
from qa.understand.conversation import Turn

MINE, OTHER = "mine-1234", "other-123"


class Echo:
    """Refuses each question, and repeats it."""

    def answering(
        self,
        question: str,
        scope: Scope = Scope(),  # noqa: ARG002, B008
        history: Sequence[Turn] = (),  # noqa: ARG002
        as_typed: bool = False,  # noqa: ARG002
    ) -> Iterator[Answer]:
        yield Answer("refusal", question, question, 0.1, message=f"Nothing of {question}")


class Served:
    """The routes, with a clock of their own; a stream that closes waits ``closing`` seconds for its client to leave."""

    def __init__(self, closing: float = 0.0) -> None:
        self.now = 0.0
        self.queue = FairQueue(1)
        self.routes = GradioRoutes(Echo(), self.queue, lambda: self.now, closing)
        app = Starlette(routes=self.routes.routes())
        app.add_middleware(Gate, access=Anyone())
        self.app = app

    def client(self, address: str = "192.0.2.1") -> TestClient:
        return TestClient(self.app, base_url="http://localhost", client=(address, 1))


@pytest.fixture
def served() -> Served:
    return Served()


def join(client: TestClient, question: Any = "What?", session: Any = MINE) -> Any:
    return client.post(GRADIO_JOIN, json={"data": [question], "session_hash": session, "fn_index": 0})


def streamed(client: TestClient, session: str = MINE) -> list[dict[str, Any]]:
    lines = client.get(GRADIO_DATA, params={"session_hash": session}).text.split("\n\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line]


def test_the_questions_of_a_session_are_answered_in_its_stream(served: Served) -> None:
    client = served.client()
    events = [join(client, question).json()["event_id"] for question in ("One?", "Two?")]
    told = streamed(client)
    assert [one["msg"] for one in told] == ["process_starts", "process_completed"] * 2 + ["close_stream"]
    assert [one["event_id"] for one in told[1:4:2]] == events
    assert [one["output"]["data"][0]["text"] for one in told[1:4:2]] == ["Nothing of One?", "Nothing of Two?"]
    assert streamed(client) == [{"msg": "close_stream"}]
    assert (served.queue.running, served.queue.waiting) == (0, 0)


def test_a_question_posted_while_a_client_has_not_read_that_its_stream_closes_waits_for_a_stream_of_its_own() -> None:
    """``gradio_client`` would lose it: it opens a stream only for a question that is taken after it left the last."""
    with listening(Served(closing=600).app) as url, ThreadPoolExecutor(1) as pool:
        posted, streams = f"{url}{GRADIO_JOIN}", f"{url}{GRADIO_DATA}"
        mine = {"session_hash": MINE}
        assert httpx.post(posted, json={"data": ["One?"], **mine}).status_code == 200
        with httpx.stream("GET", streams, params=mine, timeout=60) as late:
            lines = late.iter_lines()  # kept: the stream is left where it goes
            assert any("close_stream" in line for line in lines)
            second = pool.submit(httpx.post, posted, json={"data": ["Two?"], **mine}, timeout=60)
            # Others are not kept waiting.
            assert httpx.post(posted, json={"data": ["Other?"], "session_hash": OTHER}).status_code == 200
            assert not second.done()
        assert second.result().status_code == 200
        with httpx.stream("GET", streams, params=mine, timeout=60) as own:
            assert any("Nothing of Two?" in line for line in own.iter_lines())


def test_a_stream_of_another_session_or_address_gets_nothing_of_it(served: Served) -> None:
    client = served.client()
    join(client)
    assert streamed(client, OTHER) == streamed(served.client("192.0.2.2")) == [{"msg": "close_stream"}]
    assert len(streamed(client)) == 3


@pytest.mark.parametrize("session", ["", "short", "x" * 65, "a b c d e f", "ä" * 10, None, 7, ["12345678"]])
def test_what_is_no_session_is_refused(served: Served, session: Any) -> None:
    assert join(served.client(), session=session).status_code == 422
    if isinstance(session, str):
        assert served.client().get(GRADIO_DATA, params={"session_hash": session}).status_code == 422


@pytest.mark.parametrize("question", ["", " ? ", "x" * 3000, None, 7, ["What?"], {"text": "What?"}])
def test_what_is_no_question_is_refused(served: Served, question: Any) -> None:
    assert join(served.client(), question).status_code == 422


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 50_000, b"{}", b'{"data": []}', b'{"data": "What?"}', b"\xff"])
def test_what_is_no_call_is_refused(served: Served, body: bytes) -> None:
    assert served.client().post(GRADIO_JOIN, content=body).status_code == 422


def test_questions_that_nobody_comes_for_are_few_and_forgotten(served: Served) -> None:
    client = served.client()
    assert {join(client).status_code for _ in range(OF_SESSION)} == {200}
    full = join(client)
    assert (full.status_code, full.headers["retry-after"]) == (429, "5")
    served.now = PATIENCE + 1
    assert join(client).status_code == 200
    assert len(streamed(client)) == 3
    for number in range(gradio_ask.WAITING + 5):
        served.routes._posted[str(number)] = gradio_ask.Posted(("", f"192.0.2.{number}", "x"), "What?", served.now)
    join(client)
    assert len(served.routes._posted) == gradio_ask.WAITING


def test_one_address_does_not_push_out_the_questions_of_others(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradio_ask, "WAITING", gradio_ask.OF_ADDRESS + 20)  # of all, so few that one could fill it
    other = gradio_ask.Posted(("", "192.0.2.9", "of another"), "What?", served.now)
    served.routes._posted["other"] = other
    client = served.client()
    told = {join(client, session=f"session-{number:04}").status_code for number in range(gradio_ask.WAITING + 5)}
    assert told == {200, 429}
    assert served.routes._posted["other"] == other
    assert len(served.routes._posted) == gradio_ask.OF_ADDRESS + 1


@pytest.mark.parametrize("function", [99, -1, "x", {}, None, False, 0.5])
def test_a_call_of_another_function_is_refused(served: Served, function: Any) -> None:
    body = {"data": ["What?"], "session_hash": "session-0001", "fn_index": function}
    refused = served.client().post(GRADIO_JOIN, json=body)
    assert (refused.status_code, gradio_ask.NO_FUNCTION in refused.text) == (422, True)


def test_a_question_beyond_the_queue_is_told_so(served: Served) -> None:
    for number in range(WAITING_OF_ADDRESS + 1):
        served.queue.join(Visitor("192.0.2.1", str(number)))
    client = served.client()
    join(client)
    (failed,) = [one for one in streamed(client) if one["msg"] == "process_completed"]
    assert (failed["success"], "ask again" in failed["output"]["error"]) == (False, True)
