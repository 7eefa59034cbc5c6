"""Nothing that was begun is lost: when the server ends, and when the index becomes another one under it."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import socket
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from access_desk import served as served_by
from api_server import Slow, api_over, app_of
from commands import run_alone
from fakes import Desk, filled
from sse_starlette.sse import AppStatus
from starlette.testclient import TestClient

from index.passage import Scope
from index.vectors import VectorIndex
from qa import settings
from qa.answer import Answer, Draft
from qa.assistant import Stage
from qa.serving import server
from qa.serving.access.access_control import EVERYONE
from qa.serving.answering.answerer import Answerer
from qa.serving.answering.queue import FairQueue, Visitor
from qa.serving.answering.work import Work
from qa.serving.chat.routes import NO_EXTRAS
from qa.serving.http.paths import GRADIO_DATA, GRADIO_JOIN
from qa.serving.http.shutdown import ENDING
from qa.understand.conversation import Turn

ASKED = {"question": "What does Alpha pump?"}


class Held:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.begun, self.let = threading.Event(), threading.Event()

    def answering(
        self,
        question: str,
        scope: Scope = Scope(),  # noqa: ARG002, B008
        history: Sequence[Turn] = (),  # noqa: ARG002
        as_typed: bool = False,  # noqa: ARG002
    ) -> Iterator[Stage | Draft | Answer]:
        self.begun.set()
        yield Stage("read")
        self.let.wait()
        yield Answer("refusal", question, question, 0.1, message="Not here.")


@contextmanager
def running(desk: Desk, answerer: Answerer, finish: int) -> Iterator[tuple[uvicorn.Server, threading.Thread, int]]:
    """A server whose questions ``answerer`` answers, its thread and its port."""
    app = served_by(api_over(desk, answerer=answerer), EVERYONE, NO_EXTRAS)
    served = uvicorn.Server(server.configure(app, server.Address(), finish))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=served.run, args=([listener],))
    thread.start()
    try:
        yield served, thread, listener.getsockname()[1]
    finally:
        served.should_exit = True
        thread.join()


def is_taken(port: int) -> bool:
    with socket.socket() as other:
        return other.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return filled(tmp_path_factory.mktemp("stopping"))


def test_a_running_answer_is_finished_after_the_signal_to_end(desk: Desk) -> None:
    held = Held()
    with running(desk, held, 60) as (served, thread, port), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.post, f"http://127.0.0.1:{port}/api/v1/ask", json=ASKED, timeout=60)
        assert held.begun.wait(60)
        served.should_exit = True  # what uvicorn's handler of signals does
        while is_taken(port):  # then no more connections are taken
            time.sleep(0.01)
        assert not answer.done()
        held.let.set()
        assert answer.result().status_code == 200
        assert answer.result().json()["kind"] == "refusal"
        thread.join()


def test_by_default_the_server_has_ended_five_seconds_after_the_signal() -> None:
    assert settings.read().stop_seconds + server.END <= 5
    assert settings.read().stop_seconds == server.FINISH


def test_an_answer_that_takes_longer_than_the_bound_is_cut(desk: Desk) -> None:
    slow = Slow()
    with running(desk, slow, 0) as (served, thread, port), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.post, f"http://127.0.0.1:{port}/api/v1/ask", json=ASKED, timeout=60)
        assert slow.begun.wait(60)
        served.should_exit = True
        thread.join()
        assert answer.result().status_code == 503
        assert answer.result().headers["retry-after"] == "10"
        assert answer.result().json()["detail"].startswith("Refdesk is being stopped")
    assert slow.closed.wait(60)


STREAMED = {"model": "refdesk", "stream": True}
SAID = {"role": "user", "content": "What?"}
STREAMS = {  # what is sent where, and what its last line holds
    "events": ("/api/v1/ask", ASKED, '"status": 503'),
    "completion": ("/v1/chat/completions", {**STREAMED, "messages": [SAID]}, '"type": "server_error"'),
    "response": ("/v1/responses", {**STREAMED, "input": "What?"}, '"type": "error"'),
    "chat": ("/ask", {"turn": "1", **ASKED}, 'data-state=\\"notice\\"'),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_is_cut_ends_with_a_line_that_says_so(desk: Desk, name: str) -> None:
    path, sent, last = STREAMS[name]
    slow = Slow()
    with running(desk, slow, 0) as (served, thread, port):
        accepted = {"accept": "text/event-stream"}
        with httpx.stream("POST", f"http://127.0.0.1:{port}{path}", json=sent, headers=accepted) as answer:
            lines = answer.iter_lines()
            next(lines)
            assert slow.begun.wait(60)
            served.should_exit = True
            ended = [line for line in lines if line]
        thread.join()
    assert ENDING in ended[-1]
    assert last in ended[-1]


CALL = {"name": "ask", "arguments": ASKED, "_meta": {"progressToken": 1}}
CALLING: dict[str, Any] = {
    "json": {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": CALL},
    "headers": {"accept": "application/json, text/event-stream"},
    "timeout": 60,
}


def told_of(lines: Iterable[str]) -> Any:
    """The last message of a call's events."""
    return json.loads([line for line in lines if line][-1].removeprefix("data: "))


def test_a_call_of_a_tool_that_is_cut_ends_with_an_error_of_its_number(desk: Desk) -> None:
    slow = Slow()
    with running(desk, slow, 0) as (served, thread, port):
        with httpx.stream("POST", f"http://127.0.0.1:{port}/mcp", **CALLING) as answer:
            lines = answer.iter_lines()
            next(lines)
            assert slow.begun.wait(60)
            served.should_exit = True
            told = told_of(lines)
        thread.join()
    assert (told["id"], told["error"]["message"]) == (7, ENDING)


def test_what_is_cut_has_told_its_clients_before_the_process_may_end(desk: Desk) -> None:
    slow, left = Slow(), list[int]()
    app = served_by(api_over(desk, answerer=slow), EVERYONE, NO_EXTRAS)

    async def end() -> None:
        """Nothing of its own is to be ended."""

    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = server.server_of(server.configure(app, server.Address(), 0), listener, "127.0.0.1", 0, end)
        shut_down = served.shutdown

        async def seen(sockets: list[socket.socket] | None = None) -> None:
            await shut_down(sockets)
            left.append(len(served.server_state.tasks))  # here uvicorn raises the signal that it has caught

        served.shutdown = seen  # type: ignore[method-assign]
        thread = threading.Thread(target=served.run, args=([listener],))
        thread.start()
        with httpx.stream("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", **CALLING) as answer:
            lines = answer.iter_lines()
            next(lines)
            assert slow.begun.wait(60)
            served.should_exit = True
            assert told_of(lines)["error"]["message"] == ENDING
        thread.join()
    assert left == [0]


def test_a_call_of_a_tool_is_finished_after_the_signal_to_end(desk: Desk) -> None:
    held = Held()
    with running(desk, held, 60) as (served, thread, port), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.post, f"http://127.0.0.1:{port}/mcp", **CALLING)
        assert held.begun.wait(60)
        served.handle_exit(signal.SIGTERM, None)
        ends_by_itself, AppStatus.should_exit = AppStatus.should_exit, False  # which would end all later servers, too
        assert not ends_by_itself
        held.let.set()
        assert told_of(answer.result().text.splitlines())["result"]["structuredContent"]["kind"] == "refusal"
        thread.join()


def test_work_that_is_cut_just_when_it_has_made_a_step_is_cut() -> None:
    async def cut() -> None:
        loop, queue, both = asyncio.get_running_loop(), FairQueue(1), threading.Event()

        def steps() -> Generator[str, None, None]:
            yield "first"
            loop.call_soon_threadsafe(both.wait)  # what comes from here on comes at the same time
            yield "second"
            loop.call_soon_threadsafe(working.cancel)
            both.set()
            yield from itertools.repeat("more", 3)

        async def work() -> None:
            async for _ in Work(queue, queue.join(Visitor("a")), steps).steps():
                pass

        working = asyncio.create_task(work())
        with pytest.raises(asyncio.CancelledError):
            await working

    run_alone(cut())


def test_questions_in_gradios_convention_that_are_cut_are_told_to_have_failed(desk: Desk) -> None:
    slow = Slow()
    with running(desk, slow, 0) as (served, thread, port):
        url, session = f"http://127.0.0.1:{port}", {"session_hash": "mine-1234"}
        sent = {"data": ["What?"], "fn_index": 0, **session}
        events = [httpx.post(url + GRADIO_JOIN, json=sent).json()["event_id"] for _ in range(2)]
        with httpx.stream("GET", url + GRADIO_DATA, params=session) as answer:
            lines = answer.iter_lines()
            next(lines)
            assert slow.begun.wait(60)
            served.should_exit = True
            *failed, closed = [json.loads(line.removeprefix("data: ")) for line in lines if line][-3:]
        thread.join()
    assert [(one["event_id"], one["output"], one["success"]) for one in failed] == [
        (event, {"error": ENDING}, False) for event in events
    ]
    assert closed == {"msg": "close_stream"}


def test_no_question_is_lost_while_generations_of_the_index_change(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    ended = threading.Event()
    versions = [f"Alpha pumps water number {number}." for number in range(8)]

    def ask() -> Iterator[str]:
        with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
            while not ended.is_set():
                response = client.post("/api/v1/ask", json=ASKED)
                assert response.status_code == 200, response.text
                (cited,) = response.json()["citations"]
                yield cited["quote"]

    app = app_of(api_over(desk))
    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(list, ask()) for _ in range(2)]
        try:
            for version in versions:
                desk.write(a=version)
                desk.ingest.update([desk.files])
                with desk.store.snapshot() as snapshot:  # a new base takes the place of the one that is searched
                    VectorIndex.build(snapshot).save(desk.store.folder)
        finally:
            ended.set()
        quoted = [one.result() for one in asking]
    assert set(itertools.chain(*quoted)) <= {"Alpha pumps water.", *versions}
    order = ["Alpha pumps water.", *versions]
    for quotes in quoted:  # nobody is answered from an earlier generation than before
        places = [order.index(quote) for quote in quotes]
        assert places == sorted(places)
        assert places
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        assert client.post("/api/v1/ask", json=ASKED).json()["citations"][0]["quote"] == versions[-1]
