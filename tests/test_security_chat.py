"""Attacks on a running chat harm nobody but the attacker.

The server is a process of its own with a scripted assistant, and may have 256 files open.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import gradio_client
import gradio_client.exceptions
import httpx2 as httpx
import pytest
import uvicorn
from commands import Run, fails
from fakes import in_a_loop
from serving import serving
from test_documents_workers import children
from test_qa_uploads import until
from test_security_files import is_running

from qa.serving import server
from qa.serving.answering.queue import WAITING_OF_CONVERSATION
from qa.serving.html.messages import words_of
from qa.serving.http.connections import ConnectionLimits, Connections, limited
from qa.serving.http.guard import Guard
from qa.serving.http.hosts import Hosts, is_among, is_loopback, is_same_origin, network_of
from qa.serving.http.logs import OnceAMinute

SECRET = {"x-refdesk-conversation": "0123456789abcdef" * 2}
OPEN_FILES = 256


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacked") / "log"


# The server's program: it may have few files open.
PROGRAM = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({OPEN_FILES}, {OPEN_FILES}))
runpy.run_path({str(Path(__file__).parent / "browser" / "fake_chat.py")!r}, run_name="__main__")
"""


@pytest.fixture(scope="module")
def url(log: Path) -> Iterator[str]:
    program = log.with_name("program.py")
    program.write_text(PROGRAM)
    with serving([str(program)], log) as served:
        yield served.url


def ask(url: str, question: str = "What?", **more: Any) -> httpx.Response:
    return httpx.post(f"{url}/ask", json={"turn": "1", "question": question}, timeout=30, **more)


def is_answered(url: str) -> bool:
    return "140,000" in ask(url).text


def at(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


@contextmanager
def half_open(url: str, count: int, begun: bytes = b"") -> Iterator[None]:
    """Opens ``count`` connections on which no request is completed."""
    with ExitStack() as stack:
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(at(url), timeout=10))
            one.sendall(begun)
        yield


# ---- Gradio's queue


def test_requests_that_stop_gradios_queue_are_refused(url: str) -> None:
    def join(session: str, function: object) -> int:
        body = {"data": ["slow"], "fn_index": function, "session_hash": session, "event_data": {"question": "slow"}}
        return httpx.post(f"{url}/gradio_api/queue/join", json=body, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        tried = [*[("", 0)] * 2, *((f"fresh-{number:04}", 1 + number % 5) for number in range(40))]
        tried += [("fresh-9999", function) for function in (99, -1, "x", {}, None)]
        assert set(pool.map(lambda one: join(*one), tried)) == {422}  # by our own route: Gradio's is closed
    assert is_answered(url)


def test_gradios_own_client_asks_one_function(url: str) -> None:
    client = gradio_client.Client(url, verbose=False, analytics_enabled=False)
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/ask"]
    jobs = [client.submit(question, api_name="/ask") for question in ("How many 5G base stations?", "What share?")]
    assert ["140,000" in job.result(timeout=60)["text"] for job in jobs] == [True, True]
    with pytest.raises(gradio_client.exceptions.AppError, match="went wrong"):
        client.predict("break it", api_name="/ask")
    with pytest.raises(gradio_client.exceptions.ValidationError, match="more than the 2,000 allowed"):
        client.predict("x" * 3000, api_name="/ask")
    client.close()


CLOSED = """config/ config/x info monitoring gradio_api/heartbeat/x gradio_api/queue/data/ gradio_api/cancel
gradio_api/reset gradio_api/call/ask gradio_api/run/predict gradio_api/api/predict gradio_api/queue/status
gradio_api/startup-events gradio_api/queue/join/ gradio_api/queue/join/x //gradio_api/queue/join"""
OURS = (
    ("GET", "config"),
    ("GET", "gradio_api/info"),
    ("POST", "gradio_api/queue/join"),
    ("GET", "gradio_api/queue/data"),
)


@pytest.mark.parametrize("path", CLOSED.split())
def test_of_gradios_routes_only_the_page_and_its_files_are_open(url: str, path: str) -> None:
    assert httpx.get(f"{url}/{path}").status_code == 404
    assert httpx.post(f"{url}/{path}", json={}).status_code == 404


@pytest.mark.parametrize(("own", "path"), OURS)
def test_other_methods_of_our_own_routes_do_not_reach_gradio(url: str, own: str, path: str) -> None:
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} - {own}:
        assert httpx.request(method, f"{url}/{path}").status_code == 404, method


ODD_HISTORY = (
    b'{"turn": "1", "question": "And?", "history": [[1, 2, 3], [[], {}, null], "x", [1, 2, 3, ["", -9, 1e99]]]}'
)
ODD = (b"", b"{", b"[" * 50_000, b"null", b"3", b'"text"', b"\xff\xfe", b'{"turn": {}, "question": [1]}', ODD_HISTORY)


@pytest.mark.parametrize("body", ODD)
def test_a_malformed_question_is_answered_without_a_traceback(url: str, log: Path, body: bytes) -> None:
    before = len(log.read_text())
    response = httpx.post(f"{url}/ask", content=body, timeout=30)
    assert response.status_code in (200, 400)
    assert "Traceback" not in log.read_text()[before:]


def test_health_counts_questions(url: str) -> None:
    assert httpx.get(f"{url}/health").json() == {"status": "ok", "questions": {"answered_now": 0, "waiting": 0}}


# ---- other sites


@pytest.mark.parametrize(
    ("listening", "named", "host", "allowed"),
    [
        ("127.0.0.1", (), "127.0.0.1:7860", True),
        ("127.0.0.1", (), "localhost:7860", True),
        ("127.0.0.1", (), "[::1]:7860", True),
        ("127.0.0.1", (), "LOCALHOST", True),
        ("127.0.0.1", (), "localhost.", True),
        ("127.0.0.1", (), "evil.example", False),
        ("127.0.0.1", (), "localhost.evil.example", False),
        ("127.0.0.1", (), "127.0.0.1.evil.example:7860", False),
        ("127.0.0.1", (), "evil.example@localhost", False),
        ("127.0.0.1", (), "localhost/../evil", False),
        ("127.0.0.1", (), "192.0.2.1", False),
        ("127.0.0.1", (), "", False),
        ("127.0.0.1", (), ":7860", False),
        ("127.0.0.1", (), "localhost:99999", False),
        ("127.0.0.1", ("desk.example",), "desk.example:443", True),
        ("0.0.0.0", (), "192.0.2.1:7860", True),
        ("0.0.0.0", (), "[2001:db8::1]", True),
        ("0.0.0.0", (), "evil.example", False),
        ("::", (), "192.0.2.1", True),
        ("192.0.2.1", (), "192.0.2.1:80", True),
        ("192.0.2.1", (), "localhost", False),
        ("desk.lan", (), "desk.lan:7860", True),
    ],
)
def test_only_own_host_names_are_allowed(listening: str, named: tuple[str, ...], host: str, allowed: bool) -> None:
    assert Hosts(listening, named).allow(host) is allowed


@pytest.mark.parametrize(
    ("method", "headers", "same"),
    [
        ("POST", {}, True),  # no browser
        ("POST", {"origin": "http://localhost:7860"}, True),
        ("POST", {"origin": "https://localhost:7860"}, True),  # behind a proxy that encrypts
        ("POST", {"origin": "http://localhost:3000"}, False),
        ("POST", {"origin": "http://evil.example"}, False),
        ("POST", {"origin": "null"}, False),
        ("POST", {"origin": "http://localhost:7860.evil.example"}, False),
        ("POST", {"origin": "http://localhost:7860@evil.example"}, False),
        ("POST", {"origin": "file://localhost:7860"}, False),
        ("POST", {"origin": "http://[::1"}, False),
        ("GET", {"origin": "http://evil.example"}, False),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
        ("GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, False),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, True),  # a link to the chat
        ("POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),
        ("GET", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, True),
        ("GET", {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, True),
    ],
)
def test_only_requests_of_the_own_page_are_of_the_same_origin(method: str, headers: dict[str, str], same: bool) -> None:
    assert is_same_origin(method, {"host": "localhost:7860", **headers}) is same


@pytest.mark.parametrize(("origin", "host"), [("https://desk.example", "desk.example"), ("http://a:80", "a")])
def test_an_omitted_default_port_is_the_same_origin(origin: str, host: str) -> None:
    assert is_same_origin("POST", {"host": host, "origin": origin})


@pytest.mark.parametrize("path", ["", "ask", "uploads", "evidence?document=x&start=0&end=1", "theme.css", "health"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example", "origin": "http://evil.example"}, 421),
        ({"host": "evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, 403),
        ({"host": "evil.example", "x-forwarded-host": "127.0.0.1", "forwarded": "host=127.0.0.1"}, 421),
    ],
)
def test_pages_of_other_sites_can_neither_read_nor_send(
    url: str, path: str, headers: dict[str, str], status: int
) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        response = httpx.request(method, f"{url}/{path}", headers={**SECRET, **headers})
        assert response.status_code == status
        assert not [name for name in response.headers if name.startswith("access-control-")]


def test_forwarded_headers_of_an_unknown_proxy_are_ignored(url: str) -> None:
    forwarded = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "forwarded": "host=evil.example"}
    assert "evil.example" not in httpx.get(url, headers=forwarded).text


@pytest.mark.parametrize(
    ("client", "network"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"), ("unix", "unix")],
)
def test_all_addresses_of_an_ipv6_network_are_one_visitor(client: str, network: str) -> None:
    assert network_of(client) == network


def test_an_address_is_found_in_the_networks_of_proxies() -> None:
    assert is_among("10.1.2.3", "127.0.0.1/32,10.0.0.0/8")
    assert not is_among("11.1.2.3", "127.0.0.1/32,10.0.0.0/8")
    assert not is_among("2001:db8::/64", "10.0.0.0/8")
    assert not is_among("10.1.2.3", "")


@pytest.mark.parametrize(
    ("proxy", "peer", "client"),
    [
        ("", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1/32", "127.0.0.1", "198.51.100.7"),
        ("127.0.0.1/32", "127.0.0.2", "127.0.0.2"),
        ("10.0.0.0/8,127.0.0.1/32", "10.1.2.3", "198.51.100.7"),
    ],
)
def test_only_a_trusted_proxy_may_name_the_client(proxy: str, peer: str, client: str) -> None:
    seen: list[Any] = []

    async def app(scope: Any, *_: Any) -> None:
        seen.append(scope["client"][0])

    config = server.configure(app, server.Address(proxy=proxy))
    config.load()
    headers = [(b"x-forwarded-for", b"198.51.100.7"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "method": "GET", "headers": headers, "client": (peer, 1), "scheme": "http"}
    in_a_loop(lambda: config.loaded_app(scope, None, None))
    assert seen == [client]


# ---- everyone


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.lan", ""])
def test_a_host_that_others_reach_needs_the_public_option(run: Run, host: str) -> None:
    fails(run("chat", "--host", host), "--public")


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False),
     ("", False), ("192.0.2.1", False), ("localhost.example", False)],
)  # fmt: skip
def test_loopback_hosts_are_recognised(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


# ---- connections


def test_the_server_answers_despite_more_half_open_connections_than_it_may_have_files(url: str, log: Path) -> None:
    before = log.stat().st_size
    for begun in (b"", b"POST /ask HTTP/1.1\r\nHost: localhost\r\nX-Never: "):
        with half_open(url, OPEN_FILES + 50, begun):
            assert is_answered(url)
    assert log.stat().st_size - before < 2000


def test_the_server_answers_despite_many_requests_whose_bodies_never_come(url: str) -> None:
    with half_open(url, OPEN_FILES + 50, b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"):
        assert is_answered(url)


def test_invalid_requests_are_logged_once_a_minute(url: str, log: Path) -> None:
    for _ in range(50):
        with socket.create_connection(at(url), timeout=10) as one:
            one.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 400")
    assert log.read_text().count("Invalid HTTP request") <= 1


async def hello(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})


@contextmanager
def tiny_server(limits: ConnectionLimits, app: Any = hello) -> Iterator[tuple[str, int]]:
    """A server of ``app``, which answers "hello", within these limits."""
    config = uvicorn.Config(app, http=limited(Connections(limits)), ws="none", lifespan="off", log_config=None)
    tiny = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=tiny.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            tiny.should_exit = True
            thread.join()


def trickle(connection: socket.socket, what: bytes, seconds: float) -> None:
    """Sends ``what`` again and again for so many seconds."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        connection.sendall(what)
        time.sleep(0.05)


def wait_until_closed(connection: socket.socket) -> None:
    """Returns when the server has closed the connection; the socket's own timeout fails the test otherwise."""
    with suppress(ConnectionResetError):
        while connection.recv(65536):
            pass


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: ", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT"])
def test_a_connection_whose_headers_do_not_come_in_time_is_closed(begun: bytes) -> None:
    with (
        tiny_server(ConnectionLimits(header_seconds=0.3)) as place,
        socket.create_connection(place, timeout=10) as connection,
    ):
        connection.sendall(begun)
        wait_until_closed(connection)


def test_a_connection_whose_headers_trickle_is_closed() -> None:
    with (
        tiny_server(ConnectionLimits(header_seconds=0.5)) as place,
        socket.create_connection(place, timeout=10) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        with pytest.raises(OSError, match=r"reset|Broken"):
            trickle(connection, b"x: y\r\n", seconds=8)


def test_a_client_that_does_not_read_its_response_is_dropped() -> None:
    size, gone = 50_000_000, threading.Event()

    async def large(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": bytes(size), "more_body": True})
        await receive()  # until the connection is lost
        gone.set()

    limits = ConnectionLimits(header_seconds=0.2, stalled_seconds=0.5)
    with tiny_server(limits, large) as place, socket.create_connection(place, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert gone.wait(10)  # meanwhile nothing is read
        got = 0
        try:
            while chunk := connection.recv(1 << 20):
                got += len(chunk)
        except ConnectionResetError:
            pass
        assert got < size


EARLY = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n%s\r\nx"  # answered when the first byte has come


@pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"])
def test_a_client_reads_the_response_to_a_request_that_it_has_not_sent_whole(header: bytes) -> None:
    with tiny_server(ConnectionLimits()) as place, socket.create_connection(place, timeout=10) as connection:
        connection.sendall(EARLY % header)
        response = connection.recv(1)
        connection.sendall(b"y")  # a closed connection is reset by this
        while part := connection.recv(65536):
            response += part
        assert response.endswith(b"hello")


def test_a_client_that_goes_on_sending_what_nobody_reads_is_closed_all_the_same() -> None:
    limits = ConnectionLimits(linger_seconds=0.2)
    with tiny_server(limits) as place, socket.create_connection(place, timeout=10) as connection:
        connection.sendall(EARLY % b"")
        with pytest.raises(OSError, match=r"reset|Broken"):
            trickle(connection, b"y", seconds=8)


def test_of_too_many_connections_the_oldest_idle_one_is_closed() -> None:
    with tiny_server(ConnectionLimits(of_address=3)) as place, ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(place, timeout=10)) for _ in range(3)]
        assert httpx.get(f"http://127.0.0.1:{place[1]}/").text == "hello"
        wait_until_closed(idle[0])
        assert not select.select(idle[1:], [], [], 0)[0]  # the others stay


def test_a_proxy_may_have_more_connections_than_a_visitor() -> None:
    with tiny_server(ConnectionLimits(of_address=2, proxies="127.0.0.0/8")) as place, ExitStack() as stack:
        many = [stack.enter_context(socket.create_connection(place, timeout=10)) for _ in range(10)]
        assert httpx.get(f"http://127.0.0.1:{place[1]}/").text == "hello"
        assert not select.select(many, [], [], 0)[0]  # none was closed


def test_a_body_that_comes_too_slowly_is_refused() -> None:
    said: list[Any] = []

    async def never() -> Any:
        await asyncio.sleep(60)

    async def app(*_: Any) -> None:
        raise AssertionError("the app is called")

    async def note(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/ask"}
    headers = [(b"host", b"localhost"), (b"content-length", b"5"), (b"x-refdesk-language", b"zh")]
    scope["headers"] = headers  # type: ignore[assignment]
    in_a_loop(lambda: Guard(app, body_seconds=0.01)(scope, never, note))
    assert said[0]["status"] == 413
    assert json.loads(said[1]["body"]) == {"reason": words_of("zh")("told-refused-large")}


# ---- one client


def test_ninety_questions_of_one_visitor_do_not_delay_another(url: str) -> None:
    body = json.dumps({"question": "slow"}).encode()
    head = f"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n".encode()
    head += b"".join(f"{name}: {value}\r\n".encode() for name, value in SECRET.items())
    with ExitStack() as stack:
        flood = [stack.enter_context(socket.create_connection(at(url), timeout=10)) for _ in range(90)]
        for connection in flood:
            connection.sendall(head + b"\r\n" + body)
        answers = [connection.recv(4096) for connection in flood]
        assert is_answered(url)
        said = b"".join(connection.recv(65536) for connection in select.select(flood, [], [], 0)[0])
    refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 429")]
    assert len(refused) == 90 - 1 - WAITING_OF_CONVERSATION
    assert b"140,000" not in said  # the slow question of the flood is still running


def test_a_question_whose_client_left_ends_and_frees_its_place(url: str) -> None:
    for _ in range(2):
        with httpx.stream("POST", f"{url}/ask", json={"question": "slow"}, headers=SECRET) as response:
            next(response.iter_lines())
    assert is_answered(url)
    deadline = time.monotonic() + 10
    while httpx.get(f"{url}/health").json()["questions"] != {"answered_now": 0, "waiting": 0}:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_each_reply_is_one_line(url: str) -> None:
    lines = [json.loads(line) for line in ask(url).text.splitlines() if line]
    assert ["working" in line["html"] for line in lines] == [True, True, False]
    assert [line["answer"] is None for line in lines] == [True, True, False]


# ---- the log


def test_repeated_log_records_are_written_once_a_minute_with_their_number() -> None:
    now = [0.0]
    once = OnceAMinute(clock=lambda: now[0])

    def said(message: str, line: int = 1) -> str | None:
        record = logging.LogRecord("a", logging.WARNING, "x.py", line, "%s\nmore", (message,), None)
        return record.getMessage() if once.filter(record) else None

    assert said("first") == "first\nmore"
    assert [said(str(number)) for number in range(500)] == [None] * 500
    assert said("another", line=2) == "another\nmore"
    now[0] = 61
    assert said("again") == "again\nmore (500 more like it before)"
    now[0] = 122
    assert said("again") == "again\nmore"


# ---- its end


SERVER = """
import sqlite3, sys, threading, time
from pathlib import Path
from documents import workers
from fakes import Desk, QuoteTheBest, small_splitter
from documents.split import Splitter
from index.ingest import Ingest
from qa.assistant import Assistant
from qa.serving import server
from qa.serving.chat import routes
from qa.serving.chat.page import build
from qa.serving.uploads.conversations import UploadLimits
from qa.serving.uploads.uploads import Uploads, owner_of

class Sleepy:
    fingerprint = "words@1"
    def embed(self, texts, role):
        if texts == ["Delta weaves wool."]:
            time.sleep(60)
            print("embedded", flush=True)
        return desk.embedder.embed(texts, role)

started = threading.Event()

def read(paths, *, tick, **given):
    def ticked():
        started.set()
        tick()
    paths = list(paths)
    spins = any(path.read_text() == "spin" for path in paths)
    return workers.read(paths, tick=ticked, reader="hostile_reader" if spins else workers.READER, **given)

desk = Desk(Path(sys.argv[1]))
desk.write(a="Alpha pumps water.")
desk.ingest.update([desk.files])
made = Uploads(desk.store, Ingest(desk.store, Sleepy(), Splitter(), read), UploadLimits(passages=10**6))

def bring(letter, text):
    path = made.begin(owner_of(letter * 32), "f.txt", len(text))
    path.write_text(text)
    return made.add(owner_of(letter * 32), path)

done = bring("c", "Gamma sells iron.")
while done.state != "ready":
    time.sleep(0.01)
bring("a", "spin")  # is read until it is told to stop
bring("b", "Delta weaves wool.")
started.wait(30)
other = sqlite3.connect(desk.store.path)
other.execute("BEGIN IMMEDIATE")  # as a process that is writing to the index
page = build(examples=(), summary="", extras=routes.Extras(made))
server.launch(page, Assistant(desk.index, QuoteTheBest()), server.Address(port=int(sys.argv[2])), routes.Extras(made))
"""


@pytest.mark.skipif(os.name != "posix", reason="the limits of reading files are POSIX's")
def test_the_server_ends_at_once_whatever_its_files_are_at(tmp_path: Path) -> None:
    program, log = tmp_path / "program.py", tmp_path / "log"
    program.write_text(SERVER)
    with serving([str(program), str(tmp_path)], log) as server:
        until(lambda: bool(children(server.pid)))
        (reader,) = children(server.pid)
        server.end(signal.SIGTERM)
        until(lambda: not is_running(reader))
    assert "embedded" not in log.read_text()
    assert "Traceback" not in log.read_text()
