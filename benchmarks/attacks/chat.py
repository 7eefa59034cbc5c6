"""Attacks over the network on ``refdesk chat``; an attack succeeds if an honest visitor notices it."""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from benchmarks.attacks import Tried

ROOT = Path(__file__).parents[2]
QUESTION, SAID = "How many 5G base stations does Beijing have?", "140,000"
PATIENCE = 8.0  # seconds that an honest visitor waits for an answer that takes about one
ROUTES = ("", "ask", "uploads", "evidence?document=x&start=0&end=1", "theme.css", "health")


@dataclass(frozen=True)
class Server:
    """The chat under attack, and its log."""

    port: int
    log: Path
    index: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def harm(self) -> str:
        """What is wrong for an honest visitor now; "" if nothing is."""
        began = time.monotonic()
        try:
            response = httpx.post(f"{self.url}/ask", json={"turn": "1", "question": QUESTION}, timeout=60)
        except httpx.HTTPError as error:
            return f"an honest visitor gets {type(error).__name__}"
        waited = time.monotonic() - began
        if SAID not in response.text:
            return f"an honest visitor gets {response.status_code} {response.text[:60]!r}"
        if waited > PATIENCE:
            return f"an honest visitor waits {waited:.1f} s"
        log = self.log.read_text(errors="replace")
        return f"{len(log):,} characters of log" if len(log) > 20_000 or "Traceback" in log else ""


def attack(folder: Path) -> Iterator[Tried]:
    """Start the chat in ``folder`` and attack it, one kind of attack after another."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    try:
        with served(folder) as server:
            for kind in (queue, hosts, origins, questions, half_open, trickles, floods, announcements, names, ending):
                yield kind(server)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def served(folder: Path, *command: str, **variables: str) -> Iterator[Server]:
    """``refdesk chat``, or another command that serves, over the index in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, index = folder / "log", folder / "index"
    arguments = [sys.executable, "-m", "qa", *(command or ("chat",)), "--index", str(index), "--port", str(port)]
    environment = {**os.environ, **variables}
    with log.open("wb") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 120
        while "listening" not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the chat did not start: {log.read_text(errors='replace')}")
            time.sleep(0.2)
        yield Server(port, log, index, process)
    finally:
        process.kill()
        process.wait()


def tried(what: str, cases: Iterable[tuple[str, Callable[[], str]]], server: Server) -> Tried:
    """Try each case, by name; its function returns what went wrong. Then check the harm to an honest visitor."""
    found, count = [], 0
    for name, act in cases:
        count += 1
        if wrong := act():
            found.append(f"{name}: {wrong}")
    if harm := server.harm():
        found.append(f"after all of them: {harm}")
    return Tried(what, count, tuple(found))


def status_is(expected: set[int], method: str, url: str, **more: Any) -> Callable[[], str]:
    """A request whose response must have one of the codes, and must not be shared with other origins."""

    def act() -> str:
        response = httpx.request(method, url, timeout=30, **more)
        shared = [name for name in response.headers if name.startswith("access-control-")]
        return "" if response.status_code in expected and not shared else f"{response.status_code} {shared}"

    return act


def queue(server: Server) -> Tried:
    sessions = ("", "x", "a" * 5000, "../x", "\u0000", *(f"fresh{number}" for number in range(30)))
    cases = []
    for session, function in itertools.product(sessions, (0, 1, 99, -1)):
        body = {"data": [], "fn_index": function, "session_hash": session, "event_data": {"question": QUESTION}}
        act = status_is({422}, "POST", f"{server.url}/gradio_api/queue/join", json=body)
        cases.append((f"join {session[:10]!r} {function}", act))
    with ThreadPoolExecutor(16) as pool:  # also at the same time
        list(pool.map(lambda case: case[1](), cases))
    return tried("requests to Gradio's queue, one by one and together", cases, server)


def hosts(server: Server) -> Tried:
    names = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1", "0.0.0.0", "127.1"]
    names += ["[::ffff:1.2.3.4]", "a@localhost", "localhost,evil.example", "localhost/x", "2130706433", "\u0131", ""]
    cases = []
    for name, route in itertools.product(names, ROUTES):
        headers = {"host": name.encode("latin-1", "replace"), "origin": f"http://{name}".encode("latin-1", "replace")}
        for more in ({}, {"x-forwarded-host": "127.0.0.1"}):
            act = status_is({400, 421}, "GET", f"{server.url}/{route}", headers={**headers, **more})
            cases.append((f"Host {name!r} /{route}", act))
    return tried("requests for hosts that are not served (DNS rebinding)", cases, server)


def origins(server: Server) -> Tried:
    port = server.port
    said = ["http://evil.example", "null", "http://localhost", f"http://127.0.0.1:{port + 1}", "http://[::1", ""]
    said += [f"http://127.0.0.1.evil:{port}", f"http://127.0.0.1:{port}@evil", f"file://127.0.0.1:{port}"]
    cases = []
    for origin, route, method in itertools.product(said, ROUTES, ("GET", "POST", "OPTIONS")):
        act = status_is({403}, method, f"{server.url}/{route}", headers={"origin": origin})
        cases.append((f"Origin {origin!r} {method} /{route}", act))
    return tried("requests of pages of other origins", cases, server)


def questions(server: Server) -> Tried:
    chance = random.Random(11)
    whole = json.dumps({"turn": "1", "question": QUESTION, "history": [["a", "b", "c"]]}).encode()
    bodies = [
        b"[" * 60_000,
        b"{}",
        b"null",
        b"1e999",
        b'{"question": "\\ud800"}',
        b'{"history": [[{}, [], null]]}',
        b"\x00" * 100,
    ]
    for _ in range(120):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        bodies.append(bytes(body))
    cases = [(repr(body[:60]), status_is({200, 400}, "POST", f"{server.url}/ask", content=body)) for body in bodies]
    cases.append(("too large", status_is({413}, "POST", f"{server.url}/ask", content=b"x" * 200_000)))
    return tried("questions that are damaged", cases, server)


@contextmanager
def connections(server: Server, count: int, begun: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        made = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 20)) for _ in range(count)]
        for connection in made:
            connection.sendall(begun)
        yield made


BEGUN = {
    "nothing": b"",
    "half a header": b"POST /ask HTTP/1.1\r\nHost: localhost\r\nX: ",
    "half a body": b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\n{",
    "no HTTP": b"\x16\x03\x01\x02\x00",
}


def half_open(server: Server) -> Tried:
    """1,100 open connections each, from the honest visitor's own address."""

    def act(begun: bytes, count: int) -> str:
        with connections(server, count, begun):
            return server.harm()

    cases = [(name, lambda begun=begun: act(begun, 1100)) for name, begun in BEGUN.items()]
    return tried("1,100 connections on which nothing whole comes", cases, server)


def trickles(server: Server) -> Tried:
    """Connections that send byte after byte, but never a complete request."""
    with connections(server, 90, b"GET / HTTP/1.1\r\nHost: localhost\r\n") as made:
        closed, began = 0, time.monotonic()
        harm = server.harm()
        while time.monotonic() - began < 14:
            for connection in list(made):
                try:
                    connection.sendall(b"x: y\r\n")
                except OSError:
                    closed += 1
                    made.remove(connection)
            time.sleep(0.5)
    found = ([f"during it: {harm}"] if harm else []) + (
        [f"{90 - closed} of 90 are open after 14 s"] if closed < 90 else []
    )
    return Tried("connections on which headers trickle", 90, tuple(found))


def floods(server: Server) -> Tried:
    """90 questions at once, from one conversation and from 90; an honest visitor must still be answered."""

    def flood(secrets: list[str]) -> str:
        def one(secret: str) -> int:
            headers = {"x-refdesk-conversation": secret}
            return httpx.post(
                f"{server.url}/ask", json={"question": QUESTION}, headers=headers, timeout=120
            ).status_code

        with ThreadPoolExecutor(90) as pool:
            sent = [pool.submit(one, secret) for secret in secrets]
            time.sleep(0.5)
            harm = (
                server.harm() if len(set(secrets)) == 1 else ""
            )  # of the same address, 90 conversations fill its places
            codes = {future.result() for future in sent}
        return harm or ("" if codes <= {200, 429} else f"codes {codes}")

    cases = [
        ("one conversation", lambda: flood(["0" * 32] * 90)),
        ("90 conversations", lambda: flood([f"{number:032x}" for number in range(90)])),
    ]
    return tried("floods of 90 questions", cases, server)


def announcements(server: Server) -> Tried:
    """64 uploads of 64 MB are announced and never sent; then an honest visitor's file must be accepted."""
    head = "POST /uploads?name=a.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 67108864\r\n"
    head += "X-Refdesk-Conversation: {:032x}\r\n\r\n"
    with ExitStack() as stack:
        for number in range(64):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 20))
            one.sendall(head.format(number).encode() + b"x")
        time.sleep(1)
        room = sum(file.stat().st_size for file in (server.index / ".uploads").rglob("*") if file.is_file())
        found = [f"{room:,} bytes are held"] if room > 1_000_000 else []
    response = upload(server, "honest.txt")
    found += [] if response.status_code == 200 else [f"an honest file gets {response.status_code} {response.text[:80]}"]
    return Tried("files of 64 MB that are announced and do not come", 64, tuple(found))


def upload(server: Server, name: str) -> httpx.Response:
    headers = {"x-refdesk-conversation": "f" * 32}
    return httpx.post(
        f"{server.url}/uploads", params={"name": name}, content=b"Delta weaves wool.", headers=headers, timeout=30
    )


def names(server: Server) -> Tried:
    bad = [
        "../../x.txt",
        "/etc/x.txt",
        "..\\..\\x.txt",
        ".txt",
        "..txt",
        "CON.txt",
        "a/../../b.txt",
        "~/x.txt",
        "x.php",
    ]
    bad += [
        "$HOME.txt",
        "file:x.txt",
        "x.txt/",
        "%2e%2e/x.txt",
        "\u202etxt.exe",
        "a\x00.txt",
        "a\n.txt",
        "x.txt\x1b[2J",
    ]
    before = {path for path in server.index.parent.rglob("*") if ".uploads" not in path.parts}

    def act(name: str) -> str:
        response = upload(server, name)
        conversation = {"x-refdesk-conversation": "f" * 32}
        httpx.delete(f"{server.url}/uploads", headers=conversation, timeout=30)
        after = {
            path for path in server.index.parent.rglob("*") if ".uploads" not in path.parts and path.suffix == ".txt"
        }
        return "" if response.status_code < 500 and after <= before else f"{response.status_code} {after - before}"

    return tried(
        "names of files that lead elsewhere", [(repr(name)[:40], lambda name=name: act(name)) for name in bad], server
    )


def ending(server: Server) -> Tried:
    """A signal to stop while questions are answered, connections are open and a file is uploaded."""
    with connections(server, 40, BEGUN["half a body"]), ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(httpx.post, f"{server.url}/ask", json={"question": QUESTION}, timeout=30)
        time.sleep(0.3)
        began = time.monotonic()
        server.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(30)
        waited = time.monotonic() - began
    return Tried("the server ends within 5 s of a signal", 1, () if waited < 5 else (f"it takes {waited:.1f} s",))
