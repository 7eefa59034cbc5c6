"""What workers and the API cost and bring: questions a second, how long clients wait, and what a request takes besides.

    python -m benchmarks.throughput [--workers 2] [--clients 4] [--questions 60]

Over an index of the sample documents, servers with one worker and with several answer the same distinct questions in
turns, so that what else this machine does weighs on both: read the ratios, not the seconds. The fair wait of a client
is clients / throughput, for then nobody waits for more than the questions before its own.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from documents.load import load, sample_paths
from index.onnx import cores
from qa import Client, open_assistant, read_settings

ROUNDS = 3  # in each of which every server answers a part of the questions


def refdesk(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "qa", *arguments]


def distinct_questions(
    count: int, wording: str = "How is {} described?", texts: Iterable[str] | None = None
) -> list[str]:
    """Questions about the words of ``texts``, by default the sample documents, each about another one."""
    read = (load(path).text for path in sample_paths()) if texts is None else texts
    words = dict.fromkeys(re.findall(r"\b[A-Za-z]{6,}\b", " ".join(read)))
    return [wording.format(word) for word in words][:count]


@contextmanager
def serving(index: str, workers: int) -> Iterator[str]:
    """A server of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = refdesk("serve", "--index", index, "--port", port, "--workers", str(workers))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            if "listening" not in server.stdout.readline():
                raise SystemExit("refdesk serve did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def waits(url: str, questions: list[str], clients: int) -> tuple[float, list[float]]:
    """The seconds until ``clients`` at a time have asked all, and those that each question took."""

    def ask(question: str) -> float:
        began = time.perf_counter()
        with Client(url, timeout=600) as desk:
            desk.ask(question)
        return time.perf_counter() - began

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        took = list(pool.map(ask, questions))
    return time.perf_counter() - began, took


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def besides(wall: float, timings: Mapping[str, float]) -> float:
    """Milliseconds of a question beyond the stages that its answer tells; a notice tells none."""
    return 1000 * wall - timings.get("total", 0.0)


def asking(index: str, urls: list[str], questions: list[str]) -> list[float]:
    """Milliseconds beyond the stages, medians: of the assistant in this process, then of each server."""
    assistant = open_assistant(read_settings(index=index))
    with ExitStack() as stack:
        desks = [stack.enter_context(Client(url, timeout=600)) for url in urls]
        ways: list[Callable[[str], Mapping[str, float]]] = [lambda question: assistant.ask(question).timings_ms]
        ways += [lambda question, desk=desk: desk.ask(question).timings_ms for desk in desks]  # type: ignore[misc]
        spent: list[list[float]] = [[] for _ in ways]
        for question in questions:
            for way, found in zip(ways, spent, strict=True):
                began = time.perf_counter()
                timings = way(question)
                found.append(besides(time.perf_counter() - began, timings))
    return [statistics.median(found) for found in spent]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    os.chdir(Path(__file__).parent.parent)
    questions = distinct_questions(options.questions + options.clients)
    warm, asked = questions[: options.clients], questions[options.clients :]
    parts = [asked[part::ROUNDS] for part in range(ROUNDS)]
    with tempfile.TemporaryDirectory() as index, ExitStack() as stack:
        subprocess.run(refdesk("index", "documents/samples", "--index", index), check=True, stdout=subprocess.DEVNULL)
        urls = {workers: stack.enter_context(serving(index, workers)) for workers in (1, options.workers)}
        for url in urls.values():
            waits(url, warm, options.clients)
        seconds, took = dict.fromkeys(urls, 0.0), {workers: list[float]() for workers in urls}
        for part in parts:
            for workers, url in urls.items():
                whole, each = waits(url, part, options.clients)
                seconds[workers] += whole
                took[workers] += each
        alone, *served = asking(index, list(urls.values()), parts[0])
    rate = {workers: len(asked) / whole for workers, whole in seconds.items()}
    print(f"{len(asked)} distinct questions, {options.clients} clients, {cores()} cores, {platform.machine()}")
    for (workers, own), server in zip(rate.items(), served, strict=True):
        longest = p95(took[workers])
        print(f"workers: {workers}; {own:.2f} questions a second, {own / rate[1]:.2f} times those of one worker")
        print(f"  p95 {longest:.2f} s, {longest * own / options.clients:.2f} times clients / throughput")
        print(f"  the API adds {server - alone:.1f} ms to a question")


if __name__ == "__main__":
    main()
