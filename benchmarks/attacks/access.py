"""Attacks on what only some may see: who guesses at it, asks with too small a right, or finds the users gone."""

from __future__ import annotations

import random
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx

from benchmarks.attacks import Tried
from benchmarks.attacks.chat import ROOT, Server, served
from index.store import Store

PUBLIC = ("serve", "--public")
NO_RATES = {"REFDESK_RATE_OF_ADDRESS": "0", "REFDESK_RATE_OF_USER": "0"}
GUESSES = 50  # half of them right
SURE = 0.8  # how often a right guess must take less, or more, time than a wrong one to be told from it
LISTING = "Which documents are there?"


def attack(folder: Path) -> Iterator[Tried]:
    """Attack a desk in ``folder`` that is open to the public, and has a collection that only ann may see."""
    token = _made(folder)
    with served(folder, *PUBLIC, **NO_RATES) as server:
        yield _asking_only(server, token)
        yield _guessing(server)
        yield _without_users(server)
    yield Tried("private collections at a start without users", 1, _shown_at_start(folder))


def _made(folder: Path) -> str:
    """Make the desk; the secret of a token that may ask in the private collection."""
    for name, text in {"open": "Alpha pumps water.", "secret": "Beta hides treasure."}.items():
        (folder / f"{name}.html").write_text(f"<h1>The {name} report</h1><p>{text}</p>")
    _refdesk(folder, "index", str(folder / "open.html"))
    _refdesk(folder, "index", str(folder / "secret.html"), "--collection", "board")
    _refdesk(folder, "users", "add", "ann", given="correct horse\n")
    _refdesk(folder, "users", "allow", "ann", "board")
    return _refdesk(folder, "tokens", "new", "asks", "--scope", "ask", "--collection", "board").strip()


def _refdesk(folder: Path, *arguments: str, given: str = "") -> str:
    command = [sys.executable, "-m", "qa", *arguments, "--index", str(folder / "index")]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=True).stdout


def _asking_only(server: Server, token: str) -> Tried:
    """A token that may only ask, on every way to a whole document or the list of them."""
    with Store(server.index).snapshot() as snapshot:
        (document,) = {source.document_id for source in snapshot.sources() if source.collection == "board"}
    place = "start=0&end=5"
    ways: list[tuple[str, str, dict[str, object] | None]] = [
        *(("GET", f"/d/{document}{more}", None) for more in ("", "?at=0", "/file")),
        *(("GET", f"/evidence{more}document={document}&{place}", None) for more in ("?", "/beside?", "/original?")),
        *(("GET", f"/api/v1/documents{more}", None) for more in ("", f"/{document}", f"/{document}/original?{place}")),
        *(("GET", path, None) for path in ("/library", "/library/overviews")),
        ("POST", "/api/v1/ask", {"question": LISTING}),
        ("POST", "/ask", {"turn": "1", "question": LISTING}),
        ("POST", "/v1/chat/completions", {"model": "refdesk", "messages": [{"role": "user", "content": LISTING}]}),
        ("POST", "/v1/responses", {"model": "refdesk", "input": LISTING}),
    ]
    told = []
    for method, path, body in ways:
        headers = {"authorization": f"Bearer {token}"}
        response = httpx.request(method, server.url + path, json=body, headers=headers, timeout=60)
        if response.status_code < 300 and "secret" in response.text:
            told.append(f"{method} {path.replace(document, 'ID')}: {response.status_code}")
    return Tried("whole documents and their list for a token that may only ask", len(ways), tuple(told))


def _guessing(server: Server) -> Tried:
    """A visitor brings guesses at what another has brought: is a right one told from a wrong one, or by its time?"""
    chance = random.Random(7)
    words = [f"w{chance.randrange(10_000)}" for _ in range(720)]
    with _visitor(server) as victim:
        _bring(victim, _text(words))
        while _pending(victim):
            time.sleep(0.2)
        seconds: dict[bool, list[float]] = {True: [], False: []}
        found = []
        for number, is_right in enumerate(chance.sample([True, False] * (GUESSES // 2), GUESSES)):
            guess = words if is_right else chance.sample(words, len(words))  # as long to read as the right one
            with _visitor(server) as visitor:
                seconds[is_right].append(_bring(visitor, _text(guess)))
                if _pending(visitor) == 0:
                    found.append(f"guess {number}: it has been read already")
                visitor.delete("/uploads")
    sooner = statistics.fmean(one < other for one in seconds[True] for other in seconds[False])
    if max(sooner, 1 - sooner) >= SURE:
        found.append(f"by time: a right guess is ready before a wrong one in {sooner:.0%}")
    return Tried("guesses at another visitor's document", GUESSES, tuple(found))


def _text(words: list[str]) -> str:
    """The words in some paragraphs."""
    return "\n\n".join(" ".join(words[start : start + 60]) + "." for start in range(0, len(words), 60))


def _visitor(server: Server) -> httpx.Client:
    """A visitor with a conversation."""
    return httpx.Client(base_url=server.url, headers={"x-refdesk-conversation": secrets.token_hex(16)}, timeout=60)


def _bring(visitor: httpx.Client, text: str) -> float:
    """Bring a text; the seconds until it is ready."""
    began = time.perf_counter()
    visitor.post("/uploads?name=guess.txt", content=text.encode())
    while (state := visitor.get("/uploads").json()["uploads"][0]["state"]) != "ready":
        if state == "failed":
            raise RuntimeError("the guess could not be read")
        time.sleep(0.005)
    return time.perf_counter() - began


def _pending(visitor: httpx.Client) -> int:
    """How many of the documents that the visitor is told of first are still to be read."""
    told: int = visitor.get("/library/overviews").json()["pending"]
    return told


def _without_users(server: Server) -> Tried:
    """The users' file is emptied, then deleted, while the desk is open: what everyone sees, and whether it is said."""
    users, shown = server.index / "access.sqlite3", []
    for lose in (lambda: users.write_bytes(b""), users.unlink):
        lose()
        shown += _shown(server)
    if "board: private by the index" not in server.log.read_text(errors="replace"):
        shown.append("the log says nothing of it")
    return Tried("private collections without users", 2 * len(_WAYS), tuple(shown))


_WAYS = ("/library", "/api/v1/documents", "/api/v1/collections", "/v1/models", "/api/v1/search?q=treasure&limit=50")


def _shown(server: Server) -> list[str]:
    told = {path: httpx.get(server.url + path, timeout=60).text for path in _WAYS}
    return [path for path, text in told.items() if "secret" in text or "board" in text]


def _shown_at_start(folder: Path) -> tuple[str, ...]:
    with served(folder, *PUBLIC, **NO_RATES) as server:
        return tuple(_shown(server))
