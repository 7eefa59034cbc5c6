"""The chat without a browser: the replies to a question, the limits of requests, and the server's address."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from commands import run_alone
from starlette.applications import Starlette
from starlette.testclient import TestClient

from index.passage import Scope
from index.store import StoreError
from qa.answer import Answer, Draft, Statement
from qa.assistant import QuestionError, Stage
from qa.serving import server
from qa.serving.access.admission import Anyone
from qa.serving.access.asker import CONVERSATION
from qa.serving.access.gate import Gate
from qa.serving.answering.queue import FairQueue
from qa.serving.chat import replies as module
from qa.serving.chat import routes
from qa.serving.chat.replies import AskRequest
from qa.serving.html.messages import words_of
from qa.serving.http.guard import MAX_BODY, Body, Guard
from qa.serving.uploads.uploads import owner_of
from qa.understand.conversation import Turn

ROOT = Path(__file__).parents[1]


class Scripted:
    """Yields each step of its script, and raises those that are exceptions."""

    def __init__(self, *script: Stage | Draft | Answer | Exception) -> None:
        self.script = script
        self.asked: list[str] = []

    def answering(
        self,
        question: str,
        scope: Scope | None = None,  # noqa: ARG002
        history: Sequence[Turn] = (),  # noqa: ARG002
        as_typed: bool = False,  # noqa: ARG002
    ) -> Iterator[Stage | Draft | Answer]:
        self.asked.append(question)
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            yield step


DONE = Answer("notice", "q", "q", 1.0, message="Done.")


def replies(assistant: Scripted, question: str = "What?") -> list[str]:
    return [reply.html for reply in module.replies(assistant, AskRequest("1", question))]


def test_stages_come_before_the_answer() -> None:
    said = replies(Scripted(Stage("search", 3), Stage("read"), DONE))
    assert ["working" in reply for reply in said] == [True, True, False]
    assert "Searching 3 passages…" in said[0]
    assert "Reading them for the answer…" in said[1]
    assert "Done." in said[2]


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage("search", 1), "Searching 1 passage…"),
        (Stage("search", 1234), "Searching 1,234 passages…"),
        (Stage("search", 2, "Who built it?"), "Searching 2 passages for “Who built it?”…"),
        (Stage("rank", 15), "Ranking the best 15…"),
        (Stage("read"), "Reading them for the answer…"),
        (Stage("write"), "Writing, and checking each sentence…"),
    ],
)
def test_each_stage_is_described_in_a_few_words(stage: Stage, words: str) -> None:
    assert module.wording(stage, words_of()) == words


def test_a_draft_is_shown_as_work_that_goes_on() -> None:
    sentence = Statement("Half <b>of it</b>.", (), 0.9, "supported")
    first, second = replies(Scripted(Draft(Answer("answer", "q", "q", 0.9, statements=(sentence,))), DONE))
    assert 'data-state="working"' in first
    assert "Half &lt;b&gt;of it&lt;/b&gt;." in first
    assert "Done." in second


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([["What?", "That it is.", "That"]], [Turn("What?", "That it is.", "That")]),
        ([["old", "", ""]] * 5 + [["q", "a", ""]] * 6, [Turn("q", "a")] * 6),
        ([["q" * 3000, "a\ud800", "a"]], [Turn("q" * 2000, "a", "a")]),
        ([["q", "a", "s", ["d" * 200, 1, 9]]], [Turn("q", "a", "s", ("d" * 100, 1, 9))]),
        (
            [["q", "a", "s", None], ["q", "a", "s", ["d", 1]], ["q", "a", "s", ["d", "1", {}]]],
            [Turn("q", "a", "s")] * 3,
        ),
        ([["only one"], "text", 3, None, ["q", {"a": 1}, []]], [Turn("q", "")]),
        ("no list", []),
        (None, []),
    ],
)
def test_the_history_of_a_request_is_limited_and_may_be_malformed(data: object, expected: list[Turn]) -> None:
    assert AskRequest.from_json({"history": data}).history == tuple(expected)
    assert AskRequest.from_json(data).history == ()


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 2001])
def test_an_empty_or_long_question_gets_a_notice_and_is_not_asked(question: str) -> None:
    assistant = Scripted(DONE)
    (only,) = replies(assistant, question)
    assert 'data-state="notice"' in only
    assert assistant.asked == []


def test_a_damaged_index_gets_a_general_notice_and_one_log_line(caplog: pytest.LogCaptureFixture) -> None:
    (said,) = replies(Scripted(StoreError("the index in /home/me is damaged")))
    assert "cannot be searched just now" in said
    assert "/home/me" not in said
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [
        ("the index in /home/me is damaged", None)
    ]


def test_lone_surrogates_are_left_out() -> None:
    assert AskRequest.from_json({"turn": "1\ud800", "question": "What\udfff?"}) == AskRequest("1", "What?")


def test_a_question_error_is_shown_to_the_visitor() -> None:
    assert "too vague" in replies(Scripted(QuestionError("too vague")))[-1]


@pytest.mark.parametrize("script", [(Stage("search", 3), RuntimeError("/secret/path")), (Stage("search", 3),), ()])
def test_any_other_failure_is_one_friendly_line_and_a_log_entry(
    script: tuple[Stage | Exception, ...], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        last = replies(Scripted(*script))[-1]
    assert words_of()("reply-failed") in last
    assert "secret" not in last
    assert caplog.records


@pytest.mark.parametrize("data", [None, [], "text", {}, {"turn": 3, "question": ["x"]}, {"question": {"a": 1}}])
def test_a_malformed_request_is_an_empty_question(data: object) -> None:
    assert AskRequest.from_json(data) == AskRequest("", "")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_taken_port_is_a_one_line_error(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(server.PortInUseError, match=rf"^port {port} is taken; choose another with --port$"):
            server.check_port(host, port)
    server.check_port("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("no such host", 7860), ("192.0.2.1", 7860), ("127.0.0.1", 70_000)])
def test_an_impossible_address_is_a_one_line_error(host: str, port: int) -> None:
    with pytest.raises(server.PortInUseError, match=r"^cannot listen on [^\n]+$"):
        server.check_port(host, port)


def test_a_response_does_not_wait_until_the_one_before_is_acknowledged() -> None:
    async def option() -> int:
        accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
        with server.listen("127.0.0.1", 0) as listener:
            async with await asyncio.start_server(lambda _, writer: accepted.set_result(writer), sock=listener):
                _, client = await asyncio.open_connection(*listener.getsockname())
                own = await accepted
                found = own.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                for writer in (client, own):
                    writer.close()
        return int(found)

    assert run_alone(option())


def test_importing_what_is_served_imports_neither_gradio_nor_mcp() -> None:
    code = "import sys, qa.serving.server, qa.serving.api.app; print({'gradio', 'mcp'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "set()"


def test_the_page_holds_nothing_that_gradio_would_evaluate() -> None:
    template = (ROOT / "qa" / "serving" / "chat" / "web" / "chat.html").read_text("utf-8")
    assert not [sign for sign in ("${", "{{", "`", "\\") if sign in template]


@pytest.mark.parametrize("said", [None, b"100"])
def test_bodies_are_limited_whatever_length_the_client_declares(said: bytes | None) -> None:
    received: list[int] = []

    async def app(scope: object, receive: Any, send: object) -> None:  # noqa: ARG001
        while (message := await receive())["type"] == "http.request":
            received.append(len(message["body"]))

    async def client() -> dict[str, object]:
        return {"type": "http.request", "body": b"x" * 10_000, "more_body": True}

    async def nothing(message: object) -> None: ...

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/ask",
        "headers": [(b"host", b"localhost"), (b"content-length", said) if said else (b"transfer-encoding", b"chunked")],
    }

    def run(scope: dict[str, object]) -> None:
        """Runs in a thread of its own: the browser tests leave a running loop in this one."""
        coroutine = Guard(app, bodies={"/uploads": Body(1_000_000, streamed=True)})(scope, client, nothing)  # type: ignore[arg-type]
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, coroutine).result()

    run(scope)
    assert sum(received) <= MAX_BODY
    received.clear()
    run({**scope, "path": "/uploads"})
    assert MAX_BODY < sum(received) <= 1_000_000


def test_a_question_is_asked_for_the_conversation_it_comes_from() -> None:
    asked: list[Scope | None] = []

    class Noting(Scripted):
        def answering(
            self, question: str, scope: Scope | None = None, history: Sequence[Turn] = (), as_typed: bool = False
        ) -> Iterator[Stage | Draft | Answer]:
            asked.append(scope)
            return super().answering(question, scope, history, as_typed)

    secret = "0123456789abcdef" * 2
    app = Starlette(routes=routes.routes(Noting(DONE), FairQueue(1)))
    app.add_middleware(Gate, access=Anyone())
    with TestClient(app) as client:
        for headers in ({CONVERSATION: secret}, {CONVERSATION: "short"}, {}):
            assert client.post("/ask", json={"turn": "1", "question": "What?"}, headers=headers).status_code == 200
    assert asked == [Scope(owner=owner_of(secret)), Scope(), Scope()]
    assert owner_of(secret)
