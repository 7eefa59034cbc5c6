"""Two servers over one database, one of them killed: whoever asks again, once, is answered."""

from __future__ import annotations

import itertools
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import Queue
from threading import Event

import httpx2 as httpx
import psycopg
import pytest
from commands import Run
from serving import Served, serving

CLIENTS = 4


def ask(servers: tuple[Served, Served], number: int) -> tuple[str, int]:
    """The answer of the first of the servers that gives one, in turns, and how many did not."""
    for failed in range(2):
        try:
            answer = httpx.post(
                f"{servers[(number + failed) % 2].url}/api/v1/ask",
                json={"question": "How many berths does the harbour have?"}, timeout=60,
            )  # fmt: skip
        except httpx.TransportError:
            continue
        assert answer.status_code == 200, answer.text
        return answer.json()["text"], failed
    raise AssertionError("neither server answers")


@pytest.mark.slow
def test_of_two_servers_one_may_be_killed_under_load(postgres: str, run: Run, tmp_path: Path) -> None:
    with closing(psycopg.connect(postgres, autocommit=True)) as db:
        db.execute("CREATE DATABASE served")
    url = postgres.replace("/postgres?", "/served?")
    (tmp_path / "harbour.txt").write_text("The harbour lies in the north of the town. It has twelve berths.", "utf-8")
    assert run("index", tmp_path / "harbour.txt", "--index", url).code == 0
    command = ["-m", "qa", "serve", "--index", url, "--port"]
    answers, end = Queue[tuple[str, int]](), Event()
    with serving(command, tmp_path / "one") as one, serving(command, tmp_path / "two") as two:

        def client(first: int) -> None:
            for number in itertools.count(first):
                if end.is_set():
                    return
                answers.put(ask((one, two), number))

        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(client, first) for first in range(CLIENTS)]
            try:
                found = [answers.get(timeout=60) for _ in range(10)]
                one.end(signal.SIGKILL)
                found += [answers.get(timeout=60) for _ in range(20)]
            finally:
                end.set()
            for each in clients:
                each.result()
        (tmp_path / "quay.txt").write_text("The quay is of granite.", "utf-8")
        assert run("index", tmp_path / "quay.txt", "--index", url).code == 0
        answer = httpx.post(f"{two.url}/api/v1/ask", json={"question": "Of what is the quay?"}, timeout=60).json()
        assert "granite" in answer["text"]
    assert {text for text, _ in found} == {found[0][0]}
    assert "twelve berths" in found[0][0]
    assert set(Counter(failed for _, failed in found)) == {0, 1}
