"""A desk under load for as long as it takes to trust it: 20 clients, files that come and go, workers that are killed.

``SOAK_MINUTES`` says for how long (15).
"""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from serving import Served, serving
from test_qa_uploads import until
from test_qa_workers import chat, children, is_running, keeper_of

SECONDS = 60 * float(os.environ.get("SOAK_MINUTES", "15"))
VISITORS, PROGRAMS = 15, 5
KILLS = 15.0  # seconds between two
SAMPLES = 1.0  # seconds between two measurements of memory
FIRST = 10_007  # of the numbers of visitors
SETTLED = 600.0  # seconds after which all that is kept in memory is full: before, nothing is asserted of it
GROWTH = 1.05  # of the last third over the second
SAMPLE = "How many 5G base stations does Beijing have?"


class Soak:
    """Clients of ``desk``, each of which has answers of its own. A visitor's number is told to no other client."""

    def __init__(self, desk: Served) -> None:
        self._desk = desk
        self.keeper = keeper_of(desk)
        self._end = time.monotonic() + SECONDS
        self._numbers = itertools.count(FIRST, 13)
        self._trees = itertools.cycle(range(1009, FIRST, 7))
        self._failed = threading.Event()
        self.done = Counter[str]()

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self._end and not self._failed.is_set()

    def run(self, client: Callable[[int], None], own: int) -> None:
        try:
            while self.goes_on:
                client(own)
        except BaseException:
            self._failed.set()  # there is nothing to wait for any more
            raise

    def visitor(self, own: int) -> None:
        """Brings a file, asks about it in the chat, and takes it away."""
        number = next(self._numbers)
        with httpx.Client(
            base_url=self._desk.url, timeout=300, headers={"x-refdesk-conversation": f"{number:032x}"}
        ) as page:

            def uploads() -> list[dict[str, Any]]:
                return list(page.get("/uploads").json()["uploads"])

            text = f"The badge number of visitor {own} is {number}.\n\nVisitors return their badges in the evening.\n"
            assert self._tried(lambda: page.post("/uploads", params={"name": "badge.txt"}, content=text)).is_success
            while uploads()[0]["state"] != "ready":
                assert uploads()[0]["state"] != "failed"
                time.sleep(0.2)
            question = f"What is the badge number of visitor {own}?"
            assert self._numbers_in(answer := chat(page, question)) == {str(number)}, answer
            assert page.delete(f"/uploads/{uploads()[0]['number']}").json() == {"uploads": []}
            assert self._numbers_in(answer := chat(page, question)) == set(), answer
            assert page.delete("/uploads").is_success
        self.done["visits"] += 1

    def program(self, own: int) -> None:
        """Adds a document for everyone, asks about it and about another, and deletes it."""
        trees = next(self._trees)
        with httpx.Client(base_url=f"{self._desk.url}/api/v1", timeout=300) as desk:

            def ask(question: str) -> str:
                return str(self._tried(lambda: desk.post("/ask", json={"question": question})).json()["text"])

            text = f"The garden of program {own} has {trees} trees.\n\nGardens are watered in the morning.\n"
            added = self._tried(lambda: desk.post("/documents", params={"name": f"p{own}.txt"}, content=text))
            assert added.status_code == 201, added.text
            (row,) = added.json()["documents"]
            assert f" {trees} trees" in (answer := ask(f"How many trees does the garden of program {own} have?")), (
                answer
            )
            assert "140,000" in ask(SAMPLE)
            assert self._tried(lambda: desk.delete(f"/documents/{row['document']}")).is_success
        self.done["programs"] += 1

    def killer(self) -> None:
        """Kills a worker now and then."""
        chosen = random.Random(7)
        while self.goes_on:
            time.sleep(min(KILLS, SECONDS / 5))
            if workers := children(self.keeper):
                os.kill(chosen.choice(workers), signal.SIGKILL)
                self.done["kills"] += 1

    def memory(self) -> Iterator[float]:
        """Megabytes of server, keeper and workers together, each shared page counted once."""
        while self.goes_on:
            yield sum(map(megabytes, (self._desk.pid, self.keeper, *children(self.keeper))))
            time.sleep(SAMPLES)

    def _tried(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """The response, where the server was too busy to serve it at once after the time that it asks for."""
        while (response := send()).status_code in (429, 503):
            self.done["later"] += 1
            time.sleep(float(response.headers.get("retry-after", 1)))
        return response

    def _numbers_in(self, answer: str) -> set[str]:
        """The numbers of visitors that an answer tells."""
        return {number for number in re.findall(r"(?<![\d,])\d{5,}", answer) if int(number) >= FIRST}


def megabytes(process: int) -> float:
    """The process's share of the memory that it uses (PSS); 0 where it has died."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers need Linux")
def test_no_answer_is_lost_or_anothers_and_memory_stays_flat(tmp_path: Path) -> None:
    command = ["-m", "qa", "serve", "--workers", "2", "--index", str(tmp_path / "index"), "--port"]
    with serving(command, tmp_path / "log") as desk, ThreadPoolExecutor(VISITORS + PROGRAMS + 1) as pool:
        soak = Soak(desk)
        clients = [pool.submit(soak.run, soak.visitor, own) for own in range(VISITORS)]
        clients += [pool.submit(soak.run, soak.program, own) for own in range(PROGRAMS)]
        killer = pool.submit(soak.killer)
        memory = list(soak.memory())
        for client in (*clients, killer):
            client.result()
        processes = [desk.pid, soak.keeper, *children(soak.keeper)]
        assert desk.end(signal.SIGTERM) in (0, -signal.SIGTERM)
        until(lambda: not any(map(is_running, processes)))
    third = len(memory) // 3
    before, after = statistics.mean(memory[third : 2 * third]), statistics.mean(memory[2 * third :])
    print(f"{dict(soak.done)}; memory {before:.0f} MB, then {after:.0f} MB")
    assert min(soak.done["visits"], soak.done["programs"], soak.done["kills"]) > 0
    assert SECONDS < SETTLED or after <= GROWTH * before, (before, after)
    assert "Traceback" not in (tmp_path / "log").read_text()
